// SPDX-License-Identifier: Apache-2.0
#include "server/config/document.h"

#include <QtTest>

using namespace arc;

namespace {

QString text(const std::string &bytes)
{
    return QString::fromStdString(bytes);
}

constexpr const char *kWhole = R"({ "format": 1,
  "settings":  { "loops": "auto", "limits.connections": "512", "http.server_header": true },
  "listeners": [ { "id": "http",  "address": "127.0.0.1:8080" }, { "id": "b", "address": ":0", "tls": false },
                 { "id": "https", "address": "127.0.0.1:8443", "tls": true, "certificate": "shop" } ],
  "certificates": [ { "id": "shop", "chain": "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n" },
                    { "id": "own", "names": [ "a.localhost", "127.0.0.1" ] } ],
  "apps":      [ { "id": "shop", "root": "/srv/shop", "entry": "shop.wsgi:application", "interface": "wsgi",
                   "python": "/srv/shop/.venv/bin/python", "kind": "Django 3.2", "env": { "DEBUG": "0" },
                   "schedules": [ { "name": "nightly", "cron": "30 2 * * *", "time_zone": "Europe/Berlin",
                                    "command": "manage.py clearsessions", "overlap": "queue", "time_limit_s": 60,
                                    "catch_up": true, "enabled": false },
                                  { "name": "mail", "cron": "@hourly", "command": "python -m mail" } ],
                   "services": [ { "name": "queue", "command": "celery -A shop worker -n w{instance}", "instances": 2,
                                   "restart": "on-failure", "ready_after_s": 3, "stop_signal": "QUIT",
                                   "stop_timeout_s": 600, "enabled": false },
                                 { "name": "render", "command": "node render.js", "port": true, "start_timeout_s": 5 } ],
                   "settings": { "pool.processes": "auto", "pool.threads": 4 } } ],
  "upstreams": [],
  "sites":     [ { "id": "shop", "enabled": true, "hosts": [ "shop.localhost", "*.shop.org" ], "listeners": [ "http" ],
                   "settings": { "log.access": "off" },
                   "routes": [ { "path": "/static/", "static": { "root": "/srv/shop/static" } },
                               { "path": "/old", "redirect": { "to": "/new{path}{query}" } },
                               { "path": "/up", "methods": [ "POST" ], "filters": [],
                                 "respond": { "status": 204 }, "settings": { "limits.body_mib": 2 } },
                               { "path": "/", "python": { "app": "shop" } } ] } ] })";

/// The smallest document around one changed part.
std::string around(const char *key, const std::string &part)
{
    return std::string(R"({"format":1,")") + key + "\":" + part + "}";
}
std::string inSite(const std::string &members)
{
    return around("sites", R"([{"id":"s",)" + members + "}]");
}
std::string inRoute(const std::string &members)
{
    return inSite(R"("routes":[{"path":"/","respond":{}},{)" + members + "}]");
}
std::string inApp(const char *key, const char *value)
{
    std::string app = "{";
    const std::pair<const char *, const char *> members[] = {{"id", R"("a")"},
                                                             {"root", R"("/a")"},
                                                             {"entry", R"("m:a")"},
                                                             {"interface", R"("wsgi")"},
                                                             {"python", R"("/p")"}};
    for (const auto &[name, good] : members) {
        if (std::string_view(name) != key)
            app += std::string("\"") + name + "\":" + good + ",";
    }
    if (value)
        app += std::string("\"") + key + "\":" + value;
    else
        app.pop_back();
    return around("apps", "[" + app + "}]");
}

} // namespace

class TestDocument : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theWholeFormatRoundTrips()
    {
        const auto document = parseDocument(kWhole);
        QVERIFY2(document, document ? "" : document.error().message().c_str());
        QVERIFY(validate(*document));
        QCOMPARE(document->settings.at("loops"), SettingValue {int64_t {0}});
        QCOMPARE(document->settings.at("limits.connections"), SettingValue {int64_t {512}});
        QCOMPARE(document->sites[0].routes.size(), size_t {4});
        QCOMPARE(std::get<RedirectRoute>(document->sites[0].routes[1].handler).status, 308);
        QCOMPARE(document->findApp("shop")->env.at("DEBUG"), std::string("0"));
        QCOMPARE(*document->findApp("shop")->findSchedule("nightly"),
                 (ScheduleConfig {.name = "nightly",
                                  .cron = "30 2 * * *",
                                  .timeZone = "Europe/Berlin",
                                  .command = "manage.py clearsessions",
                                  .overlap = "queue",
                                  .timeLimitSeconds = 60,
                                  .catchUp = true,
                                  .enabled = false}));
        QCOMPARE(document->findApp("shop")->findSchedule("mail")->timeLimitSeconds,
                 int64_t {86'400});
        QCOMPARE(*document->findApp("shop")->findService("queue"),
                 (ServiceConfig {.name = "queue",
                                 .command = "celery -A shop worker -n w{instance}",
                                 .instances = 2,
                                 .restart = "on-failure",
                                 .readyAfterSeconds = 3,
                                 .stopSignal = "QUIT",
                                 .stopTimeoutSeconds = 600,
                                 .enabled = false}));
        QVERIFY(document->findApp("shop")->findService("render")->port);
        QVERIFY(!document->findSite("other"));
        const std::string printed = printDocument(*document);
        QVERIFY(printed.find("\"loops\": \"auto\"") != printed.npos);
        const auto again = parseDocument(printed);
        QVERIFY(again);
        QCOMPARE(*again, *document);
        QCOMPARE(printDocument(*again), printed);
    }

    void anEmptyDocumentIsValid()
    {
        const auto document = parseDocument(R"({"format":1})");
        QVERIFY(document);
        QCOMPARE(*document, Document {});
        QVERIFY(validate(*document));
    }

    void badDocumentsAreRefusedWithTheExactPlace_data();
    void badDocumentsAreRefusedWithTheExactPlace()
    {
        QFETCH(QByteArray, json);
        auto document = parseDocument(json.toStdString());
        const auto checked = document ? validate(*document) : Result<void>(document.error());
        QVERIFY(!checked);
        QCOMPARE(checked.error().code(), ErrorCode::Invalid);
        QTEST(text(checked.error().message()), "sentence");
    }

    void disabledSitesClaimNothing()
    {
        const auto document = parseDocument(
            around("sites", R"([{"id":"a"},{"id":"b","enabled":false},{"id":"c","hosts":["x"]}])"));
        QVERIFY(document);
        QVERIFY(validate(*document));
    }

    void bytesThatAreNoTextAreRefused()
    {
        Document document;
        document.sites.push_back({.id = "s"});
        document.sites[0].routes.push_back({.handler = StaticRoute {.root = "/a\xff"}});
        QCOMPARE(text(validate(document).error().message()),
                 QString("sites[0].routes[0].static.root: is not UTF-8 text"));
        QVERIFY(!printDocument(document).empty());
    }

    void identifiersAreMadeFromAnyName_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("identifier");
        QTest::newRow("case") << QByteArray("My Shop") << QByteArray("my-shop");
        QTest::newRow("runs") << QByteArray("--a  (b)--") << QByteArray("a-b");
        QTest::newRow("kept") << QByteArray("a.b_c") << QByteArray("a.b_c");
        QTest::newRow("nothing") << QByteArray("…") << QByteArray("site");
        QTest::newRow("empty") << QByteArray("") << QByteArray("site");
        QTest::newRow("site's") << QByteArray("Taken") << QByteArray("taken-3");
        QTest::newRow("app's") << QByteArray("app") << QByteArray("app-2");
        QTest::newRow("long") << QByteArray(80, 'x') << QByteArray(63, 'x');
        QTest::newRow("long, taken") << QByteArray(80, 'y') << QByteArray(61, 'y') + "-2";
    }
    void identifiersAreMadeFromAnyName()
    {
        QFETCH(QByteArray, name);
        Document taken;
        taken.sites = {{.id = "taken"}, {.id = "taken-2"}, {.id = std::string(63, 'y')}};
        taken.apps = {{.id = "app"}};
        const std::string made = makeIdentifier(name.toStdString(), taken);
        QVERIFY(isIdentifier(made));
        QTEST(QByteArray::fromStdString(made), "identifier");
    }
};

void TestDocument::badDocumentsAreRefusedWithTheExactPlace_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("sentence");
    int number = 0;
    const auto row = [&](const std::string &json, const char *sentence) {
        QTest::addRow("%d %s", ++number, sentence)
            << QByteArray::fromStdString(json) << QString(sentence);
    };
    // as JSON
    row("", "document: is not JSON at line 1, column 1");
    row("{\n  \"format\": 1,\n}", "document: is not JSON at line 3, column 1");
    row("[]", "document: must be an object");
    row("{\"format\":1,\"format\":1}", "document: the key \"format\" stands twice in one object");
    row(std::string(40, '['), "document: nested deeper than 32 levels");
    row(std::string(17 * 1024 * 1024, ' '), "document: larger than 16 MiB");
    row("{}", "format: is missing");
    row(R"({"format":2})", "format: this version reads format 1");
    row(R"({"format":1,"colour":"red"})",
        "colour: unknown key (known here: apps, certificates, format, listeners, settings, sites, "
        "upstreams)");
    // settings
    row(around("settings", "[]"), "settings: must be an object");
    row(around("settings", R"({"a.b":1})"),
        "settings.a.b: there is no such setting; `arcology ctl settings list` names them");
    row(around("settings", R"({"loops":300})"), "settings.loops: outside 0..256");
    row(around("settings", R"({"loops":1.5})"), "settings.loops: must be a whole number");
    row(around("settings", R"({"loops":null})"),
        "settings.loops: must be a number, text, true or false");
    row(around("settings", R"({"loops":18446744073709551615})"), "settings.loops: is too large");
    row(around("settings", R"({"loops":true})"), "settings.loops: must be a whole number");
    row(around("settings", R"({"log.access":1})"), "settings.log.access: must be on or off");
    row(around("settings", R"({"ops.listen":"here"})"),
        "settings.ops.listen: must be ADDRESS:PORT, :PORT or unix:/path");
    row(around("settings", R"({"buffers.total_mib":16,"buffers.response_kib":20000})"),
        "settings.buffers.response_kib: 20000 KiB for one answer do not fit into buffers.total_mib "
        "(16 MiB)");
    // listeners
    row(around("listeners", "{}"), "listeners: must be a list");
    row(around("listeners", "[1]"), "listeners[0]: must be an object");
    row(around("listeners", R"([{"address":":0"}])"), "listeners[0].id: is missing");
    row(around("listeners", R"([{"id":"a"}])"), "listeners[0].address: is missing");
    row(around("listeners", R"([{"id":"A","address":":0"}])"),
        "listeners[0].id: must be 1 to 63 of a-z 0-9 _ . - and begin with a letter or digit");
    row(around("listeners", R"([{"id":"a","address":"8080"}])"),
        "listeners[0].address: must be ADDRESS:PORT, :PORT or unix:/path");
    row(around("listeners", R"([{"id":"a","address":":80","socket_mode":"0660"}])"),
        "listeners[0].socket_mode: is for Unix sockets only");
    for (const char *mode : {"0777", "0066", "660 ", "rw-", "00660", "0680", "-660", "06"})
        row(around("listeners",
                   std::string(R"([{"id":"a","address":"unix:/s","socket_mode":")") + mode
                       + "\"}]"),
            "listeners[0].socket_mode: must be octal and let the owner read and write, as 0660");
    row(around("listeners", R"([{"id":"a","address":":0","proxy_protocol":1}])"),
        "listeners[0].proxy_protocol: must be true or false");
    row(around("settings", R"({"http.trusted_proxies":"10.0.0.1/8"})"),
        "settings.http.trusted_proxies: \"10.0.0.1/8\" names a single address and a network at "
        "once: the bits behind its length must be zero");
    row(around("listeners", R"([{"id":"a","address":"unix:x"}])"),
        "listeners[0].address: the path behind \"unix:\" must begin with \"/\"");
    row(around("listeners", R"([{"id":"a","address":"unix:/)" + std::string(120, 'x') + "\"}]"),
        "listeners[0].address: a Unix socket's path has at most 107 bytes");
    row(around("listeners", R"([{"id":"a","address":"[1.2.3.4]:80"}])"),
        "listeners[0].address: \"[1.2.3.4]\" is not an IPv6 address in brackets");
    row(around("listeners", R"([{"id":"a","address":":0","tls":1}])"),
        "listeners[0].tls: must be true or false");
    row(around("listeners", R"([{"id":"a","address":":0","tls":true,"certificate":"x"}])"),
        "listeners[0].certificate: there is no certificate \"x\"");
    row(around("certificates", R"([{"id":"a"}])"), "certificates[0].chain: is missing");
    row(around("certificates", R"([{"id":"a","chain":"x"}])"),
        "certificates[0].chain: is no PEM certificate");
    row(around("certificates", R"([{"id":"a","chain":"","key":"x"}])"),
        "certificates[0].key: unknown key (known here: chain, id, names)");
    row(around(
            "certificates",
            R"([{"id":"a","chain":"-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----"}])"),
        "certificates[0].chain: must not hold a private key; import that with: arcology ctl cert "
        "import");
    row(around("certificates",
               R"([{"id":"a","chain":"-----BEGIN CERTIFICATE-----","names":["a.localhost"]}])"),
        "certificates[0]: has both a chain and names; names are signed by the local CA");
    row(around("certificates", R"([{"id":"a","names":["a.localhost",""]}])"),
        "certificates[0].names[1]: is empty");
    row(around("certificates", R"([{"id":"a","names":[]}])"), "certificates[0].chain: is missing");
    row(around("certificates", R"([{"id":"local","chain":"-----BEGIN CERTIFICATE-----"}])"),
        "certificates[0].id: \"local\" is what the local CA's certificates are called");
    row(around("sites", R"([{"id":"a","settings":{"tls.client_certificates":"required"}}])"),
        "sites[0].settings.tls.client_ca: name a PEM file by its absolute path when clients are "
        "asked for a certificate");
    row(around("sites", R"([{"id":"a","settings":{"http.error_pages":"pages"}}])"),
        "sites[0].settings.http.error_pages: name a folder by its absolute path");
    row(around("sites", R"([{"id":"a","settings":{"tls.client_certificates":"perhaps"}}])"),
        "sites[0].settings.tls.client_certificates: \"perhaps\" is not one of off, optional, "
        "required");
    row(around("listeners", R"([{"id":"a","address":":1"},{"id":"a","address":":2"}])"),
        "listeners[1].id: \"a\" is taken");
    row(around("listeners", R"([{"id":"a","address":":1"},{"id":"b","address":":1"}])"),
        "listeners[1].address: listener \"a\" has the same address");
    // apps
    for (const char *key : {"id", "root", "entry", "interface", "python"})
        row(inApp(key, nullptr), (std::string("apps[0].") + key + ": is missing").c_str());
    row(inApp("root", R"("srv")"), "apps[0].root: must be an absolute path");
    row(inApp("root", R"("/a\u0000")"), "apps[0].root: contains a control character");
    row(inApp("entry", R"("shop.wsgi")"), "apps[0].entry: must be MODULE:ATTRIBUTE");
    row(inApp("entry", R"(":app")"), "apps[0].entry: must be MODULE:ATTRIBUTE");
    row(inApp("interface", R"("cgi")"), "apps[0].interface: must be wsgi or asgi");
    row(inApp("python", R"("python3")"), "apps[0].python: must be an absolute path");
    const auto inSchedule = [](const std::string &members) {
        return inApp("schedules", ("[{" + members + "}]").c_str());
    };
    const std::string good = R"("name":"a","cron":"@daily","command":"ls")";
    row(inApp("schedules", "{}"), "apps[0].schedules: must be a list");
    row(inSchedule(R"("cron":"@daily","command":"ls")"), "apps[0].schedules[0].name: is missing");
    row(inSchedule(R"("name":"a","command":"ls")"), "apps[0].schedules[0].cron: is missing");
    row(inSchedule(R"("name":"a","cron":"@daily")"), "apps[0].schedules[0].command: is missing");
    row(inSchedule(good + R"(,"times":1)"),
        "apps[0].schedules[0].times: unknown key (known here: catch_up, command, cron, enabled, "
        "name, overlap, time_limit_s, time_zone)");
    row(inSchedule(R"("name":"A","cron":"@daily","command":"ls")"),
        "apps[0].schedules[0].name: must be 1 to 63 of a-z 0-9 _ . - and begin with a letter or "
        "digit");
    row(inSchedule(R"("name":"a","cron":"0 24 * * *","command":"ls")"),
        "apps[0].schedules[0].cron: hour: \"24\" is outside 0-23");
    row(inSchedule(R"("name":"a","cron":"@daily","command":"ls > x")"),
        "apps[0].schedules[0].command: \">\" is for a shell, and none is run; put it into '...', "
        "or "
        "write sh -c '...'");
    row(inSchedule(R"("name":"a","cron":"@daily","command":"ls\n-l")"),
        "apps[0].schedules[0].command: must be one line of UTF-8 text");
    row(inSchedule(good + R"(,"overlap":"kill")"),
        "apps[0].schedules[0].overlap: must be skip, queue or allow");
    row(inSchedule(good + R"(,"time_limit_s":-1)"),
        "apps[0].schedules[0].time_limit_s: must be a whole number of seconds, from 0 on");
    row(inSchedule(good + R"(,"time_limit_s":31536001)"),
        "apps[0].schedules[0].time_limit_s: must be 0 (none) to 31536000");
    row(inSchedule(good + "},{" + good), "apps[0].schedules[1].name: \"a\" is taken");
    const auto inService = [](const std::string &members) {
        return inApp("services", (R"([{"name":"a",)" + members + "}]").c_str());
    };
    row(inApp("services", "{}"), "apps[0].services: must be a list");
    row(inApp("services", R"([{"command":"x"}])"), "apps[0].services[0].name: is missing");
    row(inService(R"("port":true)"), "apps[0].services[0].command: is missing");
    row(inService(R"("command":["x"])"), "apps[0].services[0].command: must be text");
    row(inService(R"("command":"x","cron":"@daily")"),
        "apps[0].services[0].cron: unknown key (known here: command, enabled, instances, name, "
        "port, ready_after_s, restart, start_timeout_s, stop_signal, stop_timeout_s)");
    row(inService(R"("command":"x","port":8080)"),
        "apps[0].services[0].port: must be true or false");
    row(inService(R"("command":"x","instances":1.5)"),
        "apps[0].services[0].instances: must be a whole number, from 0 on");
    row(inService(R"("command":"x","instances":0)"),
        "apps[0].services[0].instances: must be 1 to 64");
    row(inService(R"("command":"x","instances":65)"),
        "apps[0].services[0].instances: must be 1 to 64");
    row(inService(R"("command":"x {port}")"),
        "apps[0].services[0].command: names {port}, but port is not on");
    row(inService(R"("command":"x > y")"),
        "apps[0].services[0].command: \">\" is for a shell, and none is run; put it into '...', or "
        "write sh -c '...'");
    row(inService(R"("command":"x","restart":"yes")"),
        "apps[0].services[0].restart: must be always, on-failure or never");
    row(inService(R"("command":"x","stop_signal":"KILL")"),
        "apps[0].services[0].stop_signal: must be TERM, INT, QUIT, HUP, USR1 or USR2");
    row(inService(R"("command":"x","stop_timeout_s":0)"),
        "apps[0].services[0].stop_timeout_s: must be 1 to 3600");
    row(inService(R"("command":"x","start_timeout_s":3601)"),
        "apps[0].services[0].start_timeout_s: must be 1 to 3600");
    row(inService(R"("command":"x","ready_after_s":-1)"),
        "apps[0].services[0].ready_after_s: must be a whole number, from 0 on");
    row(inService(R"("command":"x"},{"name":"a","command":"x")"),
        "apps[0].services[1].name: \"a\" is taken");
    row(inApp("env", R"({"A=B":"x"})"),
        "apps[0].env.A=B: a variable's name is letters, digits and _, and does not begin with a "
        "digit");
    row(inApp("env", R"({"A":1})"), "apps[0].env.A: must be text");
    row(inApp("env", R"({"A":"\u0000"})"), "apps[0].env.A: contains a NUL character");
    row(inApp("settings", R"({"loops":1})"),
        "apps[0].settings.loops: can be set only on the engine");
    row(inApp("settings", R"({"pool.processes":4,"pool.processes_max":3})"),
        "apps[0].settings.pool.processes_max: 3 is below pool.processes (4), the least there are; "
        "use 0 for a fixed number");
    row(inApp("settings", R"({"buffers.response_kib":1048576})"),
        "apps[0].settings.buffers.response_kib: 1048576 KiB for one answer do not fit into "
        "buffers.total_mib (512 MiB)");
    row(around("upstreams", R"([{"id":"api"}])"), "upstreams: this version has no upstreams");
    // sites
    row(inSite(R"("enabled":"yes")"), "sites[0].enabled: must be true or false");
    row(inSite(R"("hosts":"x")"), "sites[0].hosts: must be a list");
    row(inSite(R"("hosts":["a",7])"), "sites[0].hosts[1]: must be text");
    for (const char *host : {"Shop", "a:80", "a..b", "-a", "*", "a.*", "a/b", "", "[::1"})
        row(inSite(std::string(R"("hosts":[")") + host + "\"]"),
            "sites[0].hosts[0]: must be a host name in lower case, without port, or *.NAME");
    row(inSite(R"("hosts":["a","a"])"), "sites[0].hosts[1]: stands twice");
    row(inSite(R"("listeners":["no"])"), "sites[0].listeners[0]: there is no listener \"no\"");
    row(inSite(R"("settings":{"pool.threads":1})"),
        "sites[0].settings.pool.threads: can be set only on the engine or an app");
    row(around("sites", R"([{"id":"a","hosts":["x"]},{"id":"b","hosts":["y","x"]}])"),
        "sites[1].hosts[1]: \"x\" is claimed by site \"a\"");
    row(around("sites", R"([{"id":"a"},{"id":"b"}])"),
        "sites[1].hosts: every host is claimed by site \"a\"");
    row(around("sites", R"([{"id":"a"},{"id":"a","enabled":false}])"),
        "sites[1].id: \"a\" is taken");
    // routes
    row(inRoute(R"("respond":{})"), "sites[0].routes[1].path: is missing");
    row(inRoute(R"("path":"x","respond":{})"), "sites[0].routes[1].path: must begin with \"/\"");
    row(inRoute(R"("path":"/?a","respond":{})"),
        "sites[0].routes[1].path: must not contain \"?\" or \"#\"");
    row(inRoute(R"("path":"/a//b","respond":{})"),
        "sites[0].routes[1].path: must not contain \"//\": requests are compared with single "
        "slashes");
    row(inRoute(R"("path":"/")"),
        "sites[0].routes[1]: must have exactly one of static, redirect, respond, python");
    row(inRoute(R"("path":"/","respond":{},"python":{"app":"a"})"),
        "sites[0].routes[1]: must have exactly one of static, redirect, respond, python");
    row(inRoute(R"("path":"/","proxy":{"upstream":"api"})"),
        "sites[0].routes[1].proxy: this version has no proxy handler");
    row(inRoute(R"("path":"/","filters":[{"use":"x"}],"respond":{})"),
        "sites[0].routes[1].filters: this version has no filters");
    row(inRoute(R"("path":"/","methods":["get"],"respond":{})"),
        "sites[0].routes[1].methods[0]: must be a method in capitals");
    row(inRoute(R"("path":"/","methods":["GET","GET"],"respond":{})"),
        "sites[0].routes[1].methods[1]: stands twice");
    row(inRoute(R"("path":"/","static":{})"), "sites[0].routes[1].static.root: is missing");
    row(inRoute(R"("path":"/","static":{"root":"www"})"),
        "sites[0].routes[1].static.root: must be an absolute path");
    row(inRoute(R"("path":"/","static":{"root":"/w","index":"../x"})"),
        "sites[0].routes[1].static.index: must be a file's name without \"/\"");
    row(inRoute(R"("path":"/","redirect":{"to":"javascript:x"})"),
        "sites[0].routes[1].redirect.to: must be a path or an http(s) URL");
    for (const char *to : {"//{path}", "/\\\\{path}", "https://{path}", "http:///a"})
        row(inRoute(fmt::format(R"("path":"/","redirect":{{"to":"{}"}})", to)),
            "sites[0].routes[1].redirect.to: must be a path or an http(s) URL");
    row(inRoute(R"("path":"/","redirect":{"to":"/a\r\nSet-Cookie: b"})"),
        "sites[0].routes[1].redirect.to: contains a control character");
    row(inRoute(R"("path":"/","redirect":{"to":"/","status":200})"),
        "sites[0].routes[1].redirect.status: must be 301, 302, 303, 307 or 308");
    row(inRoute(R"("path":"/","respond":{"status":101})"),
        "sites[0].routes[1].respond.status: outside 200..599");
    row(inRoute(R"("path":"/","respond":{"status":"200"})"),
        "sites[0].routes[1].respond.status: must be an HTTP status");
    row(inRoute(R"("path":"/","respond":{"content_type":"a\nb"})"),
        "sites[0].routes[1].respond.content_type: contains a control character");
    row(inRoute(R"("path":"/","respond":{"colour":1})"),
        "sites[0].routes[1].respond.colour: unknown key (known here: body, content_type, status)");
    row(inRoute(R"("path":"/","python":{"app":"none"})"),
        "sites[0].routes[1].python.app: there is no app \"none\"");
    row(inRoute(R"("path":"/","respond":{},"settings":{"loops":1})"),
        "sites[0].routes[1].settings.loops: can be set only on the engine");
}

QTEST_GUILESS_MAIN(TestDocument)
#include "tst_document.moc"
