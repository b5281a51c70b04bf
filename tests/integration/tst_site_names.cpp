// SPDX-License-Identifier: Apache-2.0
// What sites answer to when they are stopped or renamed, and what undo brings back.
#include "tests/integration/admin_answers.h"
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QtTest>

using namespace arc::test;

namespace {

constexpr const char *kHello =
    "import os\n"
    "def application(environ, start_response):\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
    "    return [os.environ.get('GREETING', 'hello').encode() + b' %d' % os.getpid()]\n";

} // namespace

class TestSiteNames : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aStoppedSitesHostShowsNoOtherSite();
    void aRenamedSiteKeepsItsAppAndItsHostFollows();
    void anUndoUndoesTheNewestChangeAlsoAWayBack();
};

void TestSiteNames::aStoppedSitesHostShowsNoOtherSite()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("front/index.html"), "front");
    write(folder.filePath("shop/index.html"), "shop");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.filePath("front")}).exitCode, 0); // takes every name
    QCOMPARE(engine.ctl({"site", "add", folder.filePath("shop")}).exitCode, 0);
    const QString url = firstSite(engine).value("urls").toArray().first().toString() + "/";
    const HttpAsk asShop {.host = "shop.localhost"};
    QTRY_COMPARE(http(url, asShop).body, QByteArray("shop"));
    QCOMPARE(engine.ctl({"site", "stop", "shop"}).exitCode, 0);
    QTRY_COMPARE(http(url, asShop).status, 503);
    QVERIFY(http(url, asShop).body.contains("This site is stopped."));
    QCOMPARE(http(url, {.host = "other.localhost"}).body, QByteArray("front"));
    // Another site may take the name of a stopped one; it runs, so it answers.
    QCOMPARE(engine
                 .ctl({"site", "add", folder.filePath("shop"), "--name", "shop2", "--host",
                       "shop.localhost"})
                 .exitCode,
             0);
    QTRY_COMPARE(http(url, asShop).body, QByteArray("shop"));
    QCOMPARE(engine.ctl({"site", "remove", "shop2"}).exitCode, 0);
    QCOMPARE(engine.ctl({"site", "start", "shop"}).exitCode, 0);
    QTRY_COMPARE(http(url, asShop).body, QByteArray("shop"));
    // The one that takes every name leaves them all unanswered, the others go on.
    QCOMPARE(engine.ctl({"site", "stop", "front"}).exitCode, 0);
    QTRY_COMPARE(http(url, {.host = "other.localhost"}).status, 503);
    QCOMPARE(http(url, asShop).body, QByteArray("shop"));
}

void TestSiteNames::aRenamedSiteKeepsItsAppAndItsHostFollows()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("front/index.html"), "front");
    write(folder.filePath("shop/app.py"), kHello);
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.filePath("front")}).exitCode, 0);
    QCOMPARE(
        engine.ctl({"site", "add", folder.filePath("shop"), "--set", "pool.processes=1"}).exitCode,
        0);
    const QString url = firstSite(engine).value("urls").toArray().first().toString() + "/";
    const QByteArray before = http(url, {.host = "shop.localhost"}).body;
    QVERIFY2(before.startsWith("hello "), before);
    const Finished renamed = engine.ctl({"site", "edit", "shop", "--name", "store"});
    QVERIFY2(renamed.exitCode == 0, renamed.error);
    QVERIFY2(renamed.out.startsWith("site shop renamed to store (revision "), renamed.out);
    QTRY_COMPARE(http(url, {.host = "store.localhost"}).body, before); // by the same worker
    QTRY_COMPARE(http(url, {.host = "shop.localhost"}).body, QByteArray("front"));
    QCOMPARE(engine.ctl({"settings", "get", "pool.processes", "--app", "store"}).out,
             QByteArray("1\n"));
    QCOMPARE(engine.ctl({"settings", "set", "pool.processes=2", "--app", "store"}).exitCode, 0);
    QCOMPARE(engine.ctl({"log", "tail", "store"}).exitCode, 0);
    QCOMPARE(engine.ctl({"site", "restart", "store"}).exitCode, 0);
    QVERIFY(engine.ctl({"config", "history"}).out.contains("site shop renamed to store"));
    // A host that was given is nobody's to change.
    QCOMPARE(engine.ctl({"site", "edit", "store", "--host", "mine.localhost"}).exitCode, 0);
    QCOMPARE(engine.ctl({"site", "edit", "store", "--name", "shop"}).exitCode, 0);
    QTRY_VERIFY(http(url, {.host = "mine.localhost"}).body.startsWith("hello "));
}

void TestSiteNames::anUndoUndoesTheNewestChangeAlsoAWayBack()
{
    QTemporaryDir data;
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const auto drain = [&] {
        return engine.ctl({"settings", "get", "drain_s"}).out.trimmed();
    };
    const qint64 first = json(engine.ctl({"status", "--json"})).value("revision").toInteger();
    for (const char *value : {"drain_s=1", "drain_s=2", "drain_s=3"})
        QCOMPARE(engine.ctl({"settings", "set", value}).exitCode, 0);
    // To a revision that was named, and back: what was done last is undone.
    QCOMPARE(engine.ctl({"config", "rollback", QString::number(first + 1)}).exitCode, 0);
    QCOMPARE(drain(), QByteArray("1"));
    const Finished undone = engine.ctl({"config", "rollback"});
    QCOMPARE(undone.out,
             QString("revision %1 undone: back to revision %2 (revision %3)\n")
                 .arg(first + 4)
                 .arg(first + 3)
                 .arg(first + 5)
                 .toUtf8());
    QCOMPARE(drain(), QByteArray("3"));
    // Undo after undo goes on to what was before.
    const Finished further = engine.ctl({"config", "rollback"});
    QVERIFY2(further.out.contains(QString("revision %1 undone").arg(first + 3).toUtf8()),
             further.out);
    QCOMPARE(drain(), QByteArray("2"));
    // Taken back again and again, a line stays a line.
    const auto takeBack = [&](qint64 revision) {
        return api(data.path(), "/config/rollback",
                   "{\"take_back\":" + QByteArray::number(revision) + "}")
            .value("revision")
            .toInteger();
    };
    QCOMPARE(engine.ctl({"settings", "set", "loops=3"}).out.trimmed(),
             QString("loops → 3 (revision %1); from the next start of the engine")
                 .arg(first + 7)
                 .toUtf8());
    QCOMPARE(takeBack(takeBack(takeBack(first + 7))), first + 10);
    const QByteArray history = engine.ctl({"config", "history", "--limit", "3"}).out;
    QCOMPARE(history.count(QString("took back revision %1: loops → 3\n").arg(first + 7).toUtf8()),
             2);
    QCOMPARE(
        history.count(QString("brought back revision %1: loops → 3\n").arg(first + 7).toUtf8()), 1);
}

QTEST_GUILESS_MAIN(TestSiteNames)
#include "tst_site_names.moc"
