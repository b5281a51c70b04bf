// SPDX-License-Identifier: Apache-2.0
// ctl against a FakeControl: edits of sites and settings, and what is said of them.
#include "app/ctl/text_table.h"
#include "tests/unit/control/ctl_under_test.h"

#include <QFile>

#include <nlohmann/json.hpp>

using namespace arc;
using namespace arc::test;

class TestCtlEdits : public QObject, CtlUnderTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { reset(); }

    void anEditWaitsForNewWorkersAndIsTakenBackWithoutThem()
    {
        const std::vector<std::string> edit {"site", "edit", "shop", "--entry", "shop.new:app"};
        m_fake->setNextGeneration("shop", 0);
        m_onPause = [this] {
            m_fake->setNextGeneration("shop", -1);
            m_fake->setSiteState("shop", "running", "the new release did not start: X");
        };
        const Ran refused = run(edit);
        QCOMPARE(refused.exit, 4);
        QCOMPARE(refused.err,
                 std::string("arcology: the new release did not start: X; nothing was changed\n"));
        QCOMPARE(m_fake->document().findApp("shop")->entry, std::string("shop.wsgi:application"));
        QCOMPARE(m_fake->count("rollbackConfig"), size_t {1});

        m_fake->setSiteState("shop", "running");
        m_fake->setNextGeneration("shop", 0);
        m_onPause = nullptr;
        m_interruptAt = m_pauses + 1;
        const Ran left = run(edit); // Ctrl+C leaves it to the engine
        QCOMPARE(left.exit, 130);
        QCOMPARE(m_fake->document().findApp("shop")->entry, std::string("shop.new:app"));

        m_fake->calls.clear();
        QCOMPARE(run({"site", "edit", "shop", "--host", "a.example"}).exit, 0); // needs no workers
        QCOMPARE(m_fake->count("rollbackConfig"), size_t {0});
    }

    void variablesAreSetAndRemoved()
    {
        QCOMPARE(run({"site", "edit", "shop", "--env", "A=1", "--env", "B="}).exit, 0);
        QCOMPARE(run({"site", "edit", "shop", "--unset-env", "DEBUG", "--unset-env", "B"}).exit, 0);
        QCOMPARE(m_fake->document().findApp("shop")->env,
                 (std::map<std::string, std::string> {{"A", "1"}}));
        const Ran none = run({"site", "edit", "shop", "--unset-env", "B"});
        QCOMPARE(none.exit, 3);
        QCOMPARE(
            none.err,
            std::string("arcology: --unset-env B: site shop has no such variable; it has A\n"));
    }

    void variablesAndSecretsOfAnAppAreSetListedAndRemoved()
    {
        using Map = std::map<std::string, std::string>;
        const auto app = [this] {
            return *m_fake->document().findApp("shop");
        };
        QCOMPARE(run({"app", "env", "set", "shop", "A=1=2", "B="}).exit, 0);
        QCOMPARE(app().env, (Map {{"A", "1=2"}, {"B", ""}, {"DEBUG", "0"}}));
        m_value = "hunter2";
        QCOMPARE(run({"app", "env", "set", "shop", "TOKEN", "--secret"}).exit, 0);
        QCOMPARE(m_asked, std::vector<std::string> {"TOKEN"});
        QCOMPARE(app().secrets, (Map {{"TOKEN", "hunter2"}}));
        // A secret stays one without being told so again, and the others are not touched.
        QCOMPARE(run({"app", "env", "set", "shop", "DEBUG=1", "--secret"}).exit, 0);
        QCOMPARE(run({"app", "env", "set", "shop", "TOKEN=hunter3", "B=3"}).exit, 0);
        QCOMPARE(app().secrets, (Map {{"DEBUG", "1"}, {"TOKEN", "hunter3"}}));
        QCOMPARE(app().env, (Map {{"A", "1=2"}, {"B", "3"}}));

        const Ran listed = run({"app", "env", "list", "shop"});
        QCOMPARE(lines(listed.out).filter("(secret)").size(), 2);
        QVERIFY(listed.out.find("1=2") != std::string::npos);
        QVERIFY(listed.out.find("hunter") == std::string::npos);
        QCOMPARE(run({"app", "env", "list", "shop", "--json"}).out,
                 std::string(R"({"app":"shop","variables":[{"name":"A","value":"1=2",)"
                             R"("secret":false},{"name":"B","value":"3","secret":false},)"
                             R"({"name":"DEBUG","secret":true},{"name":"TOKEN","secret":true}]})"
                             "\n"));
        QCOMPARE(run({"app", "env", "unset", "shop", "A", "DEBUG"}).exit, 0);
        QCOMPARE(app().env, (Map {{"B", "3"}}));
        QCOMPARE(app().secrets, (Map {{"TOKEN", "hunter3"}}));
        QCOMPARE(run({"site", "edit", "shop", "--unset-env", "TOKEN", "--env", "C=1"}).exit, 0);
        QVERIFY(app().secrets.empty());
        const Ran readable = run({"app", "env", "set", "shop", "SECRET_KEY=x"});
        QCOMPARE(readable.exit, 0);
        QVERIFY(readable.err.find("SECRET_KEY looks like a secret") != std::string::npos);
    }

    void whatCannotBeAVariableIsRefused()
    {
        const auto before = m_fake->document();
        const Ran bad = run({"app", "env", "set", "shop", "GOOD=1", "1A=hunter2"});
        QCOMPARE(bad.exit, 2);
        QCOMPARE(bad.err,
                 std::string("arcology: 1A: a variable's name is letters, digits and _, "
                             "and does not begin with a digit\n"));
        QCOMPARE(run({"app", "env", "set", "shop", "ARCOLOGY_X=1"}).exit, 2);
        QCOMPARE(run({"app", "env", "set", "shop"}).exit, 2);
        QCOMPARE(run({"app", "env", "set", "nobody", "A=1"}).exit, 3);
        QCOMPARE(run({"app", "env", "unset", "shop", "NONE"}).err,
                 std::string("arcology: app shop has no variable NONE; `arcology ctl app env list "
                             "shop` names those it has\n"));
        QCOMPARE(run({"app", "env", "set", "shop", "--env-file", "/nowhere/.env"}).exit, 3);
        QCOMPARE(m_fake->document(), before);
    }

    void aFileOfVariablesIsTakenWholeAndItsSecretsAreSealed()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(".env");
        const auto holds = [&path](const QByteArray &text) {
            QFile file(path);
            return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
        };
        const std::vector<std::string> set {"app",  "env",        "set",
                                            "shop", "--env-file", path.toStdString()};
        QVERIFY(holds("LEVEL=1\nDATABASE_URL=postgres://u:p@db/x\n"));
        QCOMPARE(run(set).exit, 0);
        const AppConfig app = *m_fake->document().findApp("shop");
        QCOMPARE(app.env.at("LEVEL"), std::string("1"));
        QCOMPARE(app.secrets.at("DATABASE_URL"), std::string("postgres://u:p@db/x"));
        QVERIFY(holds("LEVEL=2\nhunter2\n"));
        const Ran bad = run(set);
        QCOMPARE(bad.exit, 2);
        QCOMPARE(bad.err,
                 "arcology: --env-file: " + path.toStdString() + ": line 2: must be NAME=VALUE\n");
        QCOMPARE(m_fake->document().findApp("shop")->env.at("LEVEL"), std::string("1"));
    }

    void connectionsAreToldOneByOne()
    {
        QCOMPARE(run({"app", "env", "check", "shop"}).out,
                 std::string("No variable of shop is the URL of a database, cache or queue.\n"));
        m_fake->connections = {
            {.name = "CACHE", .isReachable = true, .message = "c:6379 accepts connections"}};
        QCOMPARE(run({"app", "env", "check", "shop"}).exit, 0);
        m_fake->connections.push_back(
            {.name = "DB", .isReachable = false, .message = "nobody listens at d:5432"});
        const Ran checked = run({"app", "env", "check", "shop"});
        QCOMPARE(checked.exit, 1);
        QCOMPARE(checked.out,
                 std::string("CACHE: c:6379 accepts connections\n"
                             "DB: not reachable: nobody listens at d:5432\n"));
        QCOMPARE(run({"app", "env", "check", "shop", "NONE"}).exit, 3);
    }

    void aCommandGetsVariablesOfThisProcessByName()
    {
        qputenv("ARC_PLANTED", "a secret");
        QCOMPARE(run({"site", "run", "shop", "--env", "ARC_PLANTED", "--env", "B=2=3", "--",
                      "manage.py", "createsuperuser", "--noinput"})
                     .exit,
                 0);
        const auto asked = nlohmann::json::parse(m_fake->calls.front().request);
        QCOMPARE(asked["env"]["ARC_PLANTED"].get<std::string>(), std::string("a secret"));
        QCOMPARE(asked["env"]["B"].get<std::string>(), std::string("2=3"));
        qunsetenv("ARC_PLANTED");
        QCOMPARE(run({"site", "run", "shop", "--env", "ARC_PLANTED", "--", "x"}).exit, 2);
    }

    void anAppIsNamedAsItsSiteIsAlsoAfterARename()
    {
        QCOMPARE(run({"site", "edit", "shop", "--name", "store"}).exit, 0);
        QCOMPARE(run({"settings", "set", "--app", "store", "pool.threads=7"}).exit, 0);
        QCOMPARE(run({"settings", "get", "--app", "store", "pool.threads"}).out,
                 std::string("7\n"));
        QCOMPARE(run({"settings", "get", "--app", "shop", "pool.threads"}).out, std::string("7\n"));
        QCOMPARE(run({"settings", "reset", "--app", "store", "pool.threads"}).exit, 0);
        QCOMPARE(run({"settings", "list", "--app", "nobody"}).exit, 3);
    }

    void settingsOfTheNextStartSaySo()
    {
        QCOMPARE(run({"settings", "set", "loops=3"}).out,
                 std::string("loops → 3 (revision 3); from the next start of the engine\n"));
        QCOMPARE(
            QString::fromStdString(run({"settings", "set", "loops=4", "drain_s=5"}).out),
            QStringLiteral("loops 3 → 4, drain_s → 5 (revision 4); loops from the next start of "
                           "the engine\n"));
        QCOMPARE(run({"settings", "set", "drain_s=6"}).out,
                 std::string("drain_s 5 → 6 (revision 5)\n"));
    }

    void aTableFitsTheTerminal()
    {
        QCOMPARE(run({"settings", "set",
                      "http.trusted_proxies=10.0.0.0/8 192.168.0.0/16 fd00::/8 "
                      "172.16.0.0/12 198.51.100.7 203.0.113.9 2001:db8::/32"})
                     .exit,
                 0);
        const auto widest = [](const QStringList &table) {
            qsizetype width = 0;
            for (const QString &line : table)
                width = std::max(width, line.size());
            return width;
        };
        QVERIFY(widest(lines(run({"settings", "list"}).out)) > 120); // whole where nobody looks
        m_columns = 72;
        const QStringList fitted = lines(run({"settings", "list"}).out);
        QCOMPARE(widest(fitted), qsizetype {72});
        QVERIFY(fitted.filter("http.trusted_proxies").first().contains("…  set here"));
    }

    void numbersAreAskedForInOneSentence()
    {
        QCOMPARE(run({"worker", "kill", "abc"}).err,
                 std::string("arcology ctl worker kill: pid: \"abc\" is no whole number from 1 to "
                             "2147483647; `arcology ctl worker kill --help` explains it\n"));
        QCOMPARE(
            run({"config", "history", "--limit", "0"}).err,
            std::string("arcology ctl config history: --limit: \"0\" is no whole number from 1 "
                        "to 1000; `arcology ctl config history --help` explains it\n"));
    }
};

QTEST_GUILESS_MAIN(TestCtlEdits)
#include "tst_ctl_edits.moc"
