// SPDX-License-Identifier: Apache-2.0
// ctl against a FakeControl: what is printed, and with which exit code.
#include "app/ctl/text_table.h"
#include "tests/unit/control/ctl_under_test.h"

#include <fstream>

#include <nlohmann/json.hpp>

using namespace arc;
using namespace arc::test;

class TestCtl : public QObject, CtlUnderTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { reset(); }

    void statusSaysWhatRuns()
    {
        m_fake->warnings = {"the ops address is taken"};
        const Ran ran = run({"status"});
        QCOMPARE(ran.exit, 0);
        QVERIFY2(ran.out.starts_with("Arcology "), ran.out.c_str());
        QVERIFY(ran.out.find("serving, revision 2\n") != std::string::npos);
        QVERIFY(ran.out.find("http://127.0.0.1:8080") != std::string::npos);
        QVERIFY(ran.out.find("Warning: the ops address is taken\n") != std::string::npos);
    }

    void certificatesAreListedImportedAndRemoved()
    {
        QTemporaryDir folder;
        const auto file = [&](const char *name, const std::string &text) {
            std::string path = folder.filePath(name).toStdString();
            std::ofstream(path) << text;
            return path;
        };
        const std::string chain = file("chain.pem", "-----BEGIN CERTIFICATE-----");
        const std::string key = file("key.pem", "-----BEGIN PRIVATE KEY-----");
        const Ran list = run({"cert", "list"});
        QCOMPARE(list.exit, 0);
        QVERIFY2(list.out.find("localhost, 127.0.0.1, ::1") != std::string::npos, list.out.c_str());
        QVERIFY(list.out.find("/var/lib/arcology/ca/root.pem\n") != std::string::npos);
        const Ran imported = run({"cert", "import", "shop", "--cert", chain, "--key", key});
        QVERIFY2(imported.exit == 0, imported.err.c_str());
        QVERIFY(m_fake->document().findCertificate("shop"));
        QVERIFY(run({"cert", "list"}).out.find("shop") != std::string::npos);
        m_fake->certificateUsers["shop"] = {"shop", "docs"};
        const Ran used = run({"cert", "remove", "shop"});
        QVERIFY(used.exit != 0);
        QVERIFY2(used.err.find("used by shop, docs") != std::string::npos, used.err.c_str());
        QCOMPARE(run({"cert", "remove", "shop", "--force"}).exit, 0);
        QCOMPARE(run({"cert", "remove", "shop"}).exit, 3);
        QCOMPARE(run({"cert", "create", "a.localhost", "b.localhost", "--name", "both"}).exit, 0);
        QCOMPARE(m_fake->document().findCertificate("both")->names,
                 (std::vector<std::string> {"a.localhost", "b.localhost"}));
        QVERIFY(run({"cert", "create", "example.org"}).exit != 0);
        QVERIFY(run({"cert", "root"}).out.starts_with("-----BEGIN CERTIFICATE-----"));

        QCOMPARE(run({"cert", "import", "shop", "--cert", chain}).exit, 2);
        QCOMPARE(run({"cert", "import", "shop", "--cert", chain, "--key", "/nowhere"}).exit, 3);
        const std::string large = file("large.pem", std::string(200'000, 'x'));
        QCOMPARE(run({"cert", "import", "--cert", large, "--key", key}).exit, 2);
        QCOMPARE(m_fake->count("importCertificate"), size_t {1});
    }

    void aKeysPassphraseComesFromAFile()
    {
        QTemporaryDir folder;
        const auto file = [&](const char *name, const std::string &text) {
            std::string path = folder.filePath(name).toStdString();
            std::ofstream(path) << text;
            return path;
        };
        const std::string chain = file("chain.pem", "-----BEGIN CERTIFICATE-----");
        const std::string key = file("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        const std::vector<std::string> import {"cert", "import", "s", "--cert",
                                               chain,  "--key",  key};
        const auto with = [&](const std::string &passphrase) {
            std::vector<std::string> all = import;
            all.insert(all.end(), {"--passphrase-file", passphrase});
            return run(all).exit;
        };
        QVERIFY(run(import).exit != 0);
        QVERIFY(with(file("wrong", "open\n")) != 0);
        QCOMPARE(with("/nowhere"), 3);
        QCOMPARE(with(file("right", "open sesame\nmore\n")), 0);
    }

    void renewingSaysWhatWasNotRenewed()
    {
        const Ran all = run({"cert", "renew"});
        QCOMPARE(all.exit, 0);
        QVERIFY2(all.out.starts_with("local: renewed, good until "), all.out.c_str());
        api::CertificateView imported;
        imported.id = "shop";
        imported.source = "import";
        m_fake->moreCertificates = {imported};
        const Ran both = run({"cert", "renew"});
        QCOMPARE(both.exit, 0); // nobody can renew it from here, and it was not asked for
        QVERIFY2(both.out.find("shop: not renewed: it was imported") != std::string::npos,
                 both.out.c_str());
        QCOMPARE(run({"cert", "renew", "local"}).exit, 0);
        const Ran named = run({"cert", "renew", "shop"});
        QCOMPARE(named.exit, 1);
        QCOMPARE(run({"cert", "renew", "nobody"}).exit, 3);
        m_fake->renewalProblem = "the disk is full";
        const Ran failed = run({"cert", "renew"});
        QCOMPARE(failed.exit, 1);
        QVERIFY2(failed.out.find("local: not renewed: the disk is full") != std::string::npos,
                 failed.out.c_str());
        QCOMPARE(run({"--json", "cert", "renew"}).exit, 1);
        m_fake->hasLocalCa = false;
        m_fake->moreCertificates.clear();
        QCOMPARE(run({"cert", "renew"}).exit, 1);
        QVERIFY(run({"cert", "root"}).exit != 0);
    }

    void tablesAreAligned()
    {
        const QStringList table = lines(run({"site", "list"}).out);
        QCOMPARE(table.size(), 4);
        QVERIFY(table[0].startsWith("NAME"));
        const auto column = table[0].indexOf("ADDRESS");
        for (qsizetype i = 1; i < table.size(); ++i)
            QVERIFY2(table[i].mid(column).startsWith("http://"), qPrintable(table[i]));
    }

    void cellsOfATableCannotHoldLinesOrEscapes()
    {
        TextTable table({"A", "B"});
        table.add({"x\ny", "\x1b[31mred"});
        table.add({"grün", "z"});
        QCOMPARE(table.text(), std::string("A     B\nx y    [31mred\ngrün  z\n"));
    }

    void aLogIsTailedByTheNameOfItsSiteOrByItsOwn()
    {
        m_fake->outputs["shop"] = "one\ntwo\x1b[31m\n";
        m_fake->logTexts["engine"] = "listening\n";
        QCOMPARE(run({"log", "tail", "shop"}).out, std::string("one\ntwo\\x1b[31m\n"));
        QCOMPARE(run({"log", "tail"}).out, std::string("listening\n"));
        QCOMPARE(run({"log", "tail", "engine"}).out, std::string("listening\n"));
        m_fake->logTexts["access"] = "{\"site\":\"shop\"}\n{\"site\":\"docs\"}\n";
        QCOMPARE(run({"log", "tail", "--site", "docs"}).out, std::string("{\"site\":\"docs\"}\n"));
    }

    void aFollowedLogGoesOnUntilCtrlCAndTellsWhatItLeftOut()
    {
        m_fake->logTexts["engine"] = "one\n";
        m_fake->skipLines = 7;
        m_interruptAt = 3;
        const Ran ran = run({"log", "tail", "--follow"});
        QCOMPARE(ran.exit, 0);
        QCOMPARE(ran.out, std::string("one\n"));
        QCOMPARE(ran.err, std::string("… 7 lines not shown\n"));
        QCOMPARE(m_fake->count("logTail"), size_t {4});
    }

    void aLogIsSearchedWholeAndPrintedOldestFirst()
    {
        m_fake->searchStep = 20;
        for (int i = 0; i < 30; ++i)
            m_fake->logTexts["engine"] += "line " + std::to_string(i) + "\n";
        QCOMPARE(run({"log", "search", "engine", "LINE 2"}).out.substr(0, 15),
                 std::string("line 2\nline 20\n"));
        QVERIFY(m_fake->count("logSearch") > 5);
        const Ran broken = run({"log", "search", "engine", "(", "--regex"});
        QCOMPARE(broken.exit, 2);
        QVERIFY(broken.err.find("no regular expression") != std::string::npos);
        m_fake->calls.clear();
        m_interruptAt = m_pauses;
        QCOMPARE(run({"log", "search", "engine", "line"}).exit, 130);
    }

    void jsonIsTheAnswerOfTheApi_data()
    {
        QTest::addColumn<QStringList>("verb");
        QTest::addColumn<QString>("key");
        QTest::newRow("status") << QStringList {"status"} << "data_dir";
        QTest::newRow("sites") << QStringList {"site", "list"} << "sites";
        QTest::newRow("workers") << QStringList {"worker", "list"} << "pools";
        QTest::newRow("settings") << QStringList {"settings", "list"} << "settings";
        QTest::newRow("history") << QStringList {"config", "history"} << "revisions";
        QTest::newRow("export") << QStringList {"config", "export"} << "text";
        QTest::newRow("diff") << QStringList {"config", "diff", "1"} << "items";
        QTest::newRow("log") << QStringList {"log", "tail", "shop"} << "text";
        QTest::newRow("logs") << QStringList {"log", "list"} << "sources";
        QTest::newRow("search") << QStringList {"log", "search", "shop", "x"} << "lines";
        QTest::newRow("diagnostics") << QStringList {"diagnostics"} << "text";
        QTest::newRow("metrics") << QStringList {"metrics"} << "text";
        QTest::newRow("stop") << QStringList {"site", "stop", "shop"} << "revision";
    }
    void jsonIsTheAnswerOfTheApi()
    {
        QFETCH(QStringList, verb);
        QFETCH(QString, key);
        for (const bool behind : {true, false}) { // --json stands before or behind the verb
            std::vector<std::string> arguments;
            for (const QString &word : verb)
                arguments.push_back(word.toStdString());
            arguments.insert(behind ? arguments.end() : arguments.begin(), "--json");
            const Ran ran = run(arguments);
            QCOMPARE(ran.exit, 0);
            const auto json = nlohmann::json::parse(ran.out, nullptr, false);
            QVERIFY2(json.is_object() && json.contains(key.toStdString()), ran.out.c_str());
        }
    }

    void badCommandLinesExitWithTwo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        for (const char *bad :
             {"", "sight list", "site", "site add", "site stop", "site list --yaml", "worker kill",
              "worker kill abc", "worker kill -5", "settings get", "settings set",
              "settings list --site a --app b", "config diff", "config diff one",
              "config history --limit 0", "site add /tmp --interface cgi",
              "log tail shop --bytes 0"})
            QTest::newRow(bad) << QString(bad).split(' ', Qt::SkipEmptyParts);
        QTest::newRow("no pair") << QStringList {"settings", "set", "drain_s"};
        QTest::newRow("no key") << QStringList {"settings", "set", "=5"};
        QTest::newRow("unknown setting") << QStringList {"settings", "set", "drain=5"};
        QTest::newRow("out of range") << QStringList {"settings", "set", "drain_s=-1"};
    }
    void badCommandLinesExitWithTwo()
    {
        QFETCH(QStringList, arguments);
        std::vector<std::string> words;
        for (const QString &word : arguments)
            words.push_back(word.toStdString());
        const uint64_t before = m_fake->revision();
        const Ran ran = run(words);
        QCOMPARE(ran.exit, 2);
        QVERIFY(ran.out.empty());
        QVERIFY(!ran.err.empty());
        QCOMPARE(m_fake->revision(), before);
    }

    void anEndOfAWorkerIsToldInFull()
    {
        m_fake->ends = {{.id = 7,
                         .app = "shop",
                         .pid = 4711,
                         .kind = "signal",
                         .cause = "was killed by signal 11 (SIGSEGV)",
                         .running = {{"POST /report", 2100, "lost"}, {"GET /", 3, "repeated"}},
                         .memory = {{1000, 64 << 20}, {6000, 512 << 20}},
                         .peakMemoryBytes = 600 << 20,
                         .stacks = {{6500, "at the end", "  File \"app.py\", line 12 in report\n"}},
                         .output = {"last \x1b[31mwords"}},
                        {.id = 6, .app = "shop", .kind = "deploy", .planned = true}};
        const Ran list = run({"worker", "ends", "--unplanned"});
        QCOMPARE(list.exit, 0);
        QCOMPARE(lines(list.out).size(), 2);
        QVERIFY(lines(list.out)[1].contains("signal"));
        const Ran one = run({"worker", "end", "7"});
        QCOMPARE(one.exit, 0);
        for (const char *part :
             {"Worker 4711 of shop: was killed by signal 11 (SIGSEGV)", "POST /report", "2.10 s",
              "512 MiB", "600 MiB", "line 12 in report", "last  [31mwords", "not ordered"})
            QVERIFY2(one.out.find(part) != std::string::npos, (part + one.out).c_str());
        QCOMPARE(run({"worker", "end"}).out, one.out);
        QCOMPARE(run({"worker", "end", "5"}).exit, 3);
        const auto json = nlohmann::json::parse(run({"worker", "end", "7", "--json"}).out);
        QCOMPARE(json["running"][0]["fate"].get<std::string>(), std::string("lost"));
    }

    void helpNamesEveryVerbOfTheTable()
    {
        for (const OperationRow &row : operationRows()) {
            if (row.verb.empty())
                continue;
            std::vector<std::string> words;
            for (const QString &word :
                 QString::fromUtf8(row.verb.data(), qsizetype(row.verb.size())).split(' '))
                words.push_back(word.toStdString());
            words.push_back("--help");
            const Ran ran = run(words);
            QCOMPARE(ran.exit, 0);
            QVERIFY2(ran.out.find(row.help) != std::string::npos, ran.out.c_str());
        }
    }

    void aDeployTellsWhatServesOrWhyNot_data()
    {
        QTest::addColumn<QString>("verb");
        QTest::addColumn<QString>("operation");
        QTest::newRow("deploy") << "deploy"
                                << "deploySite";
        QTest::newRow("restart") << "restart"
                                 << "restartSite";
    }
    void aDeployTellsWhatServesOrWhyNot()
    {
        QFETCH(QString, verb);
        QFETCH(QString, operation);
        const Ran served = run({"site", verb.toStdString(), "shop"});
        QCOMPARE(served.exit, 0);
        QCOMPARE(served.out,
                 std::string("generation 2 of shop serves with 2 workers after 1.3 s\n"));
        QCOMPARE(m_fake->count(operation.toStdString()), size_t(1));
        const std::string why = "the new release did not start: SyntaxError: invalid syntax; the "
                                "old one still serves";
        m_fake->failNext(operation.toStdString(), Error {ErrorCode::AppFailed, why});
        const Ran failed = run({"site", verb.toStdString(), "shop"});
        QCOMPARE(failed.exit, 4);
        QCOMPARE(failed.err, "arcology: " + why + "\n");
        QVERIFY(failed.out.empty());
    }

    void whatDoesNotExistExitsWithThree_data()
    {
        QTest::addColumn<QStringList>("arguments");
        for (const char *bad : {"site stop nobody", "site restart nobody", "site deploy nobody",
                                "log tail nobody", "worker kill 1", "settings list --site nobody",
                                "config diff 90 91", "config rollback 77",
                                "site run nobody -- manage.py check", "site add /no/such/folder"})
            QTest::newRow(bad) << QString(bad).split(' ');
    }
    void whatDoesNotExistExitsWithThree()
    {
        QFETCH(QStringList, arguments);
        std::vector<std::string> words;
        for (const QString &word : arguments)
            words.push_back(word.toStdString());
        const Ran ran = run(words);
        QCOMPARE(ran.exit, 3);
        QVERIFY(ran.out.empty());
        QVERIFY(ran.err.starts_with("arcology: "));
    }

    void aFolderIsAddedAndAwaited()
    {
        const QTemporaryDir folder;
        const std::string path = offer(folder);
        m_fake->startupSnapshots = 3;
        const Ran ran = run(
            {"site", "add", path, "--env", "A=1=2", "--set", "pool.processes=3", "--env", "B="});
        QCOMPARE(ran.err, std::string());
        QCOMPARE(ran.exit, 0);
        QCOMPARE(
            ran.out,
            std::string(
                "Serving blog (Django 3.2.19 · WSGI · 3 workers) at http://blog.localhost:8080\n"));
        QVERIFY(m_pauses >= 2);
        const AppConfig *app = m_fake->document().findApp("blog");
        QVERIFY(app);
        QCOMPARE(app->env.at("A"), std::string("1=2"));
        QCOMPARE(app->env.at("B"), std::string());
    }

    void anAppThatFailsToStartExitsWithFour()
    {
        const QTemporaryDir folder;
        const std::string path = offer(folder);
        m_fake->startFails = "ModuleNotFoundError: No module named 'shop'";
        const Ran ran = run({"site", "add", path});
        QCOMPARE(ran.exit, 4);
        QVERIFY(ran.out.empty());
        QCOMPARE(
            ran.err,
            std::string(
                "arcology: blog did not start: ModuleNotFoundError: No module named 'shop' "
                "(`arcology "
                "ctl log tail blog` shows all it wrote; `arcology ctl site restart blog` tries "
                "again, `site remove blog` forgets it)\n"));
    }

    void aFolderThatIsNoProjectExitsWithThree()
    {
        const QTemporaryDir folder;
        QCOMPARE(run({"site", "add", folder.path().toStdString()}).exit, 3);
    }

    void addingCanBeAsJson()
    {
        const QTemporaryDir folder;
        const Ran ran = run({"site", "add", offer(folder), "--name", "news", "--json"});
        const auto json = nlohmann::json::parse(ran.out, nullptr, false);
        QVERIFY2(json.is_object(), ran.out.c_str());
        QCOMPARE(json["name"].get<std::string>(), std::string("news"));
        QCOMPARE(json["workers"].get<int>(), 2);
        QCOMPARE(json["urls"][0].get<std::string>(), std::string("http://news.localhost:8080"));
    }

    void aCommandsOutputAndStatusComeThrough()
    {
        m_fake->commandOutput = {"one\n", "two\n", "three"};
        m_fake->commandExit = 7;
        const Ran ran =
            run({"site", "run", "shop", "--", "manage.py", "check", "--deploy", "--json"});
        QCOMPARE(ran.out, std::string("one\ntwo\nthree"));
        QCOMPARE(ran.exit, 7);
        const auto asked = nlohmann::json::parse(m_fake->calls.front().request);
        QCOMPARE(asked["argv"].size(), size_t {4}); // what stands behind -- is the command's
        const Ran json = run({"--json", "site", "run", "shop", "--", "manage.py", "check"});
        QCOMPARE(nlohmann::json::parse(json.out)["output"].get<std::string>(),
                 std::string("one\ntwo\nthree"));
    }

    void controlCCancelsACommand()
    {
        m_fake->commandHangs = true;
        m_interruptAt = 4;
        const Ran ran = run({"site", "run", "shop", "--", "manage.py", "runserver"});
        QCOMPARE(m_fake->count("cancelTask"), size_t {1});
        QCOMPARE(ran.exit, 130);
    }

    void settingsAreSetReadAndResetTogether()
    {
        QCOMPARE(run({"settings", "set", "drain_s=5", "pool.threads=8"}).exit, 0);
        QCOMPARE(run({"settings", "get", "drain_s"}).out, std::string("5\n"));
        QCOMPARE(run({"settings", "get", "pool.threads", "--app", "shop"}).out, std::string("8\n"));
        QCOMPARE(run({"settings", "set", "--app", "shop", "pool.threads=2"}).exit, 0);
        QCOMPARE(run({"settings", "get", "pool.threads", "--app", "shop"}).out, std::string("2\n"));
        QCOMPARE(run({"settings", "set", "drain_s=6", "pool.threads=zero"}).exit, 2);
        QCOMPARE(run({"settings", "get", "drain_s"}).out, std::string("5\n")); // all or none
        QCOMPARE(run({"settings", "reset", "drain_s", "pool.threads"}).exit, 0);
        QCOMPARE(run({"settings", "get", "drain_s"}).out, std::string("10\n"));
    }

    void aDocumentGoesOutAndIn()
    {
        const QTemporaryDir folder;
        const std::string file = folder.filePath("config.json").toStdString();
        const Ran exported = run({"config", "export"});
        QCOMPARE(exported.exit, 0);
        QCOMPARE(run({"site", "remove", "shop"}).exit, 0);
        std::ofstream(file) << exported.out;
        const uint64_t before = m_fake->revision();
        const Ran dry = run({"config", "import", "--dry-run", file});
        QCOMPARE(dry.out, std::string("Would change:\n  app shop added\n  site shop added\n"));
        QCOMPARE(m_fake->revision(), before);
        QCOMPARE(run({"config", "import", file}).exit, 0);
        QVERIFY(m_fake->document().findSite("shop"));
        std::ofstream(file) << "{";
        QCOMPARE(run({"config", "import", file}).exit, 2);
        QCOMPARE(run({"config", "import", folder.filePath("missing").toStdString()}).exit, 3);
    }

    void theNewestChangeIsUndone()
    {
        QCOMPARE(run({"settings", "set", "drain_s=77"}).exit, 0);
        QVERIFY(run({"config", "diff", "2"}).out.find("drain_s") != std::string::npos);
        QCOMPARE(run({"config", "rollback"}).exit, 0);
        QCOMPARE(run({"settings", "get", "drain_s"}).out, std::string("10\n"));
        QVERIFY(lines(run({"config", "history", "--limit", "2"}).out).size() == 3);
    }

    void anEngineThatIsAwayExitsWithOne()
    {
        m_fake->failAll(Error {ErrorCode::Unavailable, "no engine answers at /run/x"});
        const Ran ran = run({"status"});
        QCOMPARE(ran.exit, 1);
        QCOMPARE(ran.err, std::string("arcology: no engine answers at /run/x\n"));
        const Ran json = run({"status", "--json"});
        QCOMPARE(nlohmann::json::parse(json.err)["error"]["code"].get<std::string>(),
                 std::string("unavailable"));
    }

    void theEngineCanBeNamed()
    {
        QCOMPARE(run({"--socket", "/x/control.sock", "--data-dir", "/x", "status"}).exit, 0);
        QCOMPARE(m_socket, std::string("/x/control.sock"));
        QCOMPARE(m_dataDir, std::string("/x"));
    }
};

QTEST_GUILESS_MAIN(TestCtl)
#include "tst_ctl.moc"
