// SPDX-License-Identifier: Apache-2.0
// listener ...: what becomes of the document, what is printed, and the exit codes.
#include "server/control/listener_edits.h"
#include "tests/unit/control/ctl_under_test.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace arc;
using namespace arc::test;

class TestCtlListeners : public QObject, private CtlUnderTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { reset(); }

    void everyOptionOfAddArrives()
    {
        const Ran ran = run({"listener", "add", "unix:/run/front.sock", "--name", "front", "--tls",
                             "--proxy-protocol", "--socket-mode", "0660"});
        QVERIFY2(ran.exit == 0, ran.err.c_str());
        const ListenerConfig *made = m_fake->document().findListener("front");
        QVERIFY(made);
        QCOMPARE(*made,
                 (ListenerConfig {.id = "front",
                                  .address = "unix:/run/front.sock",
                                  .tls = true,
                                  .proxyProtocol = true,
                                  .socketMode = "0660",
                                  .certificate = {}}));
    }

    void oneWithoutANameIsCalledByWhatItSpeaks()
    {
        QVERIFY(!m_fake->document().findListener("https"));
        QCOMPARE(run({"listener", "add", "127.0.0.1:9443", "--tls"}).exit, 0);
        QCOMPARE(run({"listener", "add", "127.0.0.1:9444", "--tls"}).exit, 0);
        QVERIFY(m_fake->document().findListener("https"));
        QVERIFY(m_fake->document().findListener("https-2"));
    }

    void aNameThatIsTakenIsRefused()
    {
        const size_t before = m_fake->document().listeners.size();
        const std::string id = m_fake->document().listeners.front().id;
        const Ran ran = run({"listener", "add", "127.0.0.1:9000", "--name", id});
        QCOMPARE(ran.exit, 1);
        QCOMPARE(ran.err, "arcology: there is a listener " + id + " already\n");
        QCOMPARE(m_fake->document().listeners.size(), before);
    }

    void anEditChangesWhatItNamesOnly()
    {
        QCOMPARE(run({"listener", "add", "127.0.0.1:9000", "--name", "x", "--proxy-protocol"}).exit,
                 0);
        QCOMPARE(run({"listener", "edit", "x", "--address", ":9000"}).exit, 0);
        const ListenerConfig *edited = m_fake->document().findListener("x");
        QCOMPARE(edited->address, std::string(":9000"));
        QVERIFY(edited->proxyProtocol && !edited->tls);
        QCOMPARE(run({"listener", "edit", "x", "--tls", "--no-proxy-protocol"}).exit, 0);
        edited = m_fake->document().findListener("x");
        QVERIFY(edited->tls && !edited->proxyProtocol);
        QCOMPARE(edited->address, std::string(":9000"));
        QCOMPARE(run({"listener", "edit", "x", "--tls", "--no-tls"}).exit, 2);
    }

    void anEditOfNothingIsRefused()
    {
        const Ran ran = run({"listener", "edit", m_fake->document().listeners.front().id});
        QCOMPARE(ran.exit, 2);
        QVERIFY2(ran.err.find("nothing to change") != ran.err.npos, ran.err.c_str());
    }

    void oneThatIsNotThereIsToldWithThoseThatAre()
    {
        const std::string id = m_fake->document().listeners.front().id;
        for (const auto &words : {std::vector<std::string> {"listener", "remove", "nosuch"},
                                  {"listener", "edit", "nosuch", "--tls"}}) {
            const Ran ran = run(words);
            QCOMPARE(ran.exit, 3);
            QVERIFY2(ran.err.find("there is no listener nosuch; there is " + id) != ran.err.npos,
                     ran.err.c_str());
        }
    }

    void oneThatASiteNamesIsNotRemoved()
    {
        QCOMPARE(run({"listener", "add", "127.0.0.1:9000", "--name", "x"}).exit, 0);
        Document document = m_fake->document();
        document.sites.front().listeners = {"x"};
        const std::string site = document.sites.front().id;
        const auto refused = withoutListener(document, "x");
        QVERIFY(!refused);
        QCOMPARE(refused.error().message(),
                 "listener x is where " + site
                     + " answers; edit the listener, or have the site answer elsewhere first");
        QCOMPARE(run({"listener", "remove", "x"}).exit, 0);
        QVERIFY(!m_fake->document().findListener("x"));
    }

    void theListSaysWhereAndForWhom()
    {
        const Ran ran = run({"listener", "list"});
        QVERIFY2(ran.exit == 0, ran.err.c_str());
        const ListenerConfig &first = m_fake->document().listeners.front();
        QVERIFY2(ran.out.find(first.address) != ran.out.npos, ran.out.c_str());
        QVERIFY2(ran.out.find("those that name none") != ran.out.npos, ran.out.c_str());
        const Ran json = run({"listener", "list", "--json"});
        const QJsonObject listed =
            QJsonDocument::fromJson(QByteArray::fromStdString(json.out)).object();
        QCOMPARE(listed["listeners"].toArray().size(),
                 qsizetype(m_fake->document().listeners.size()));
    }

    void tailShowsSoManyLines()
    {
        m_fake->logTexts["engine"] = "one\ntwo\nthree\n";
        const Ran all = run({"log", "tail", "engine"});
        QVERIFY2(all.exit == 0, all.err.c_str());
        const QStringList there = lines(all.out);
        QVERIFY2(there.size() >= 2, all.out.c_str());
        const QStringList one = lines(run({"log", "tail", "engine", "--lines", "1"}).out);
        QCOMPARE(one, QStringList {there.last()});
        QCOMPARE(lines(run({"log", "tail", "engine", "-n", "1000"}).out), there);
        QCOMPARE(run({"log", "tail", "engine", "-n", "0"}).exit, 2);
        QCOMPARE(run({"log", "tail", "engine", "-n", "1", "--bytes", "10"}).exit, 2);
    }

    void shutdownEndsWithTheEngine()
    {
        const Ran ran = run({"shutdown"}); // the fake is gone with its answer
        QVERIFY2(ran.exit == 0, ran.err.c_str());
        QVERIFY2(ran.out.find("has ended") != ran.out.npos, ran.out.c_str());
        QCOMPARE(m_fake->count("shutdown"), size_t(1));
        QCOMPARE(run({"shutdown"}).exit, 1); // there is none any more
    }
};

QTEST_GUILESS_MAIN(TestCtlListeners)
#include "tst_ctl_listeners.moc"
