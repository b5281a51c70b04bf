<?xml version="1.0" encoding="utf-8"?>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>arc::AttentionList</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation><numerusform>and %n more</numerusform><numerusform>and %n more</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::CertificateActions</name>
    <message numerus="yes">
        <source>%n certificate(s) renewed</source>
        <translation><numerusform>%n certificate renewed</numerusform><numerusform>%n certificates renewed</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n certificate(s) renewed; imported ones are renewed where they came from</source>
        <translation><numerusform>%n certificate renewed; imported ones are renewed where they came from</numerusform><numerusform>%n certificates renewed; imported ones are renewed where they came from</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::CertificatesModel</name>
    <message numerus="yes">
        <source>%n day(s) ago</source>
        <translation><numerusform>%n day ago</numerusform><numerusform>%n days ago</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>in %n day(s)</source>
        <translation><numerusform>in %n day</numerusform><numerusform>in %n days</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n hour(s) ago</source>
        <translation><numerusform>%n hour ago</numerusform><numerusform>%n hours ago</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>in %n hour(s)</source>
        <translation><numerusform>in %n hour</numerusform><numerusform>in %n hours</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::CertificatesPage</name>
    <message numerus="yes">
        <source>Import %n file(s)</source>
        <translation><numerusform>Import %n file</numerusform><numerusform>Import %n files</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::HeaderBar</name>
    <message numerus="yes">
        <source>%n site(s)</source>
        <translation><numerusform>%n site</numerusform><numerusform>%n sites</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::HeatStrip</name>
    <message numerus="yes">
        <source>Load of %n cores, the busiest %1</source>
        <translation><numerusform>Load of %n cores, the busiest %1</numerusform><numerusform>Load of %n cores, the busiest %1</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::ImportDialog</name>
    <message numerus="yes">
        <source>%n certificate(s), from %1</source>
        <translation><numerusform>%n certificate, from %1</numerusform><numerusform>%n certificates, from %1</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::LineChart</name>
    <message numerus="yes">
        <source>−%n min</source>
        <translation><numerusform>−%n min</numerusform><numerusform>−%n min</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%1 %2 now, between %3 and %4 in %n minutes</source>
        <translation><numerusform>%1 %2 now, between %3 and %4 in %n minutes</numerusform><numerusform>%1 %2 now, between %3 and %4 in %n minutes</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::LogView</name>
    <message numerus="yes">
        <source>%n line(s) not shown: they came faster than the window reads</source>
        <translation><numerusform>%n line not shown: it came faster than the window reads</numerusform><numerusform>%n lines not shown: they came faster than the window reads</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>Jump to %n new line(s)</source>
        <translation><numerusform>Jump to %n new line</numerusform><numerusform>Jump to %n new lines</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n selected line(s)</source>
        <translation><numerusform>%n selected line</numerusform><numerusform>%n selected lines</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::LogsPage</name>
    <message numerus="yes">
        <source>Searching · %1 of %2 · %n found</source>
        <translation><numerusform>Searching · %1 of %2 · %n found</numerusform><numerusform>Searching · %1 of %2 · %n found</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n line(s) found in all files</source>
        <translation><numerusform>%n line found in all files</numerusform><numerusform>%n lines found in all files</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>The newest %n line(s) found in %1 of the files</source>
        <translation><numerusform>The newest line found in %1 of the files</numerusform><numerusform>The newest %n lines found in %1 of the files</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>Live · %n line(s)</source>
        <translation><numerusform>Live · %n line</numerusform><numerusform>Live · %n lines</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%1 in %n file(s) · rotated at %2, %3 older ones kept</source>
        <translation><numerusform>%1 in %n file · rotated at %2, %3 older ones kept</numerusform><numerusform>%1 in %n files · rotated at %2, %3 older ones kept</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::PoolCard</name>
    <message numerus="yes">
        <source>It serves %n request(s) now. It finishes them as long as its time to stop allows, and takes no new ones when another serves in its place.</source>
        <translation><numerusform>It serves %n request now. It finishes it as long as its time to stop allows, and takes no new ones when another serves in its place.</numerusform><numerusform>It serves %n requests now. It finishes them as long as its time to stop allows, and takes no new ones when another serves in its place.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>It serves %n request(s) now. Those that may be repeated go to another worker; the others get an error. The pool starts a new worker.</source>
        <translation><numerusform>It serves %n request now. Those that may be repeated go to another worker; the others get an error. The pool starts a new worker.</numerusform><numerusform>It serves %n requests now. Those that may be repeated go to another worker; the others get an error. The pool starts a new worker.</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::PoolTuner</name>
    <message numerus="yes">
        <source>Auto: %n process(es) now</source>
        <translation><numerusform>Auto: %n process now</numerusform><numerusform>Auto: %n processes now</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n process(es)</source>
        <translation><numerusform>%n process</numerusform><numerusform>%n processes</numerusform></translation>
    </message>
</context>
<context>
    <name>QObject</name>
    <message numerus="yes">
        <source>%n site(s) being served</source>
        <translation><numerusform>%n site being served</numerusform><numerusform>%n sites being served</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::ServeForm</name>
    <message numerus="yes">
        <source>%n projects are in this folder. Choose one:</source>
        <translation><numerusform>%n project is in this folder. Choose one:</numerusform><numerusform>%n projects are in this folder. Choose one:</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::ServeProgress</name>
    <message numerus="yes">
        <source>%1 of %n worker(s) ready</source>
        <translation><numerusform>%1 of %n worker ready</numerusform><numerusform>%1 of %n workers ready</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::SettingsPage</name>
    <message numerus="yes">
        <source>More than %n changes wait already; apply or discard them first</source>
        <translation><numerusform>More than %n change waits already; apply or discard it first</numerusform><numerusform>More than %n changes wait already; apply or discard them first</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::Shell</name>
    <message numerus="yes">
        <source>%n change(s) applied</source>
        <translation><numerusform>%n change applied</numerusform><numerusform>%n changes applied</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n change(s) discarded</source>
        <translation><numerusform>%n change discarded</numerusform><numerusform>%n changes discarded</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n command(s) run already; the output of the new one is not shown</source>
        <translation><numerusform>%n command runs already; the output of the new one is not shown</numerusform><numerusform>%n commands run already; the output of the new one is not shown</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n site(s) stay reachable while this window is closed.</source>
        <translation><numerusform>%n site stays reachable while this window is closed.</numerusform><numerusform>%n sites stay reachable while this window is closed.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>Serve %n folders, one after the other</source>
        <translation><numerusform>Serve %n folders, one after the other</numerusform><numerusform>Serve %n folders, one after the other</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::SummaryTab</name>
    <message numerus="yes">
        <source>%n listener(s)</source>
        <translation><numerusform>%n listener</numerusform><numerusform>%n listeners</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n worker(s)</source>
        <translation><numerusform>%n worker</numerusform><numerusform>%n workers</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::WorkerEndDetail</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation><numerusform>and %n more</numerusform><numerusform>and %n more</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::WorkersPage</name>
    <message numerus="yes">
        <source>%n core(s)</source>
        <translation><numerusform>%n core</numerusform><numerusform>%n cores</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::TrayControl</name>
    <message numerus="yes">
        <source>All %n sites…</source>
        <translation><numerusform>All %n sites…</numerusform><numerusform>All %n sites…</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::PendingBar</name>
    <message numerus="yes">
        <source>%n change(s) not applied</source>
        <translation><numerusform>%n change not applied</numerusform><numerusform>%n changes not applied</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n of them take(s) effect when the engine is started again</source>
        <translation><numerusform>%n of them takes effect when the engine is started again</numerusform><numerusform>%n of them take effect when the engine is started again</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>Apply (restarts %n apps)</source>
        <translation><numerusform>Apply (restarts %n app)</numerusform><numerusform>Apply (restarts %n apps)</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::Staging</name>
    <message numerus="yes">
        <source>%n change(s) from %1 restored</source>
        <translation><numerusform>%n change from %1 restored</numerusform><numerusform>%n changes from %1 restored</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::DiffList</name>
    <message numerus="yes">
        <source>and %n more line(s)</source>
        <translation><numerusform>and %n more line</numerusform><numerusform>and %n more lines</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::HistoryPanel</name>
    <message numerus="yes">
        <source>No revision among the %n fetched matches.</source>
        <translation><numerusform>The only revision fetched does not match.</numerusform><numerusform>No revision among the %n fetched matches.</numerusform></translation>
    </message>
</context>
<context>
    <name>arc::ReviewDialog</name>
    <message numerus="yes">
        <source>%n change(s) take effect when the engine is started again.</source>
        <translation><numerusform>%n change takes effect when the engine is started again.</numerusform><numerusform>%n changes take effect when the engine is started again.</numerusform></translation>
    </message>
</context>
</TS>
