// SPDX-License-Identifier: Apache-2.0
// Bad input on the command line: one sentence with cause and remedy, an exit code, and nothing that
// works is touched. The window's half of the same table is tst_bad_input_window.
#include "tests/integration/bad_input_table.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <csignal>

#include <sys/resource.h>

using namespace arc::test;

Q_DECLARE_METATYPE(const arc::test::BadInput *)

namespace {

void addRows(bool (*isThere)(const BadInput &))
{
    QTest::addColumn<const BadInput *>("row");
    for (const BadInput &row : badInputs()) {
        if (isThere(row))
            QTest::newRow(row.name) << &row;
    }
}

/// The last line said, which must be ours and the only one that is.
QString sentence(const Finished &finished)
{
    QStringList ours;
    for (const QString &line : QString::fromUtf8(finished.error).split('\n')) {
        if (line.startsWith("arcology"))
            ours << line;
    }
    return ours.size() == 1 ? ours.first()
                            : QString("%1 sentences: %2")
                                  .arg(ours.size())
                                  .arg(QString::fromUtf8(finished.error + finished.out));
}

QString folderName(const BadInput &row)
{
    return QString::fromUtf8(row.name).replace(' ', '-').replace(',', QString());
}

} // namespace

class TestBadInput : public QObject {
    Q_OBJECT

    Stage m_stage;

    void compare(const QStringList &before, const QStringList &after)
    {
        for (qsizetype i = 0; i < std::max(before.size(), after.size()); ++i)
            QCOMPARE(after.value(i), before.value(i));
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString problem = m_stage.start();
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }
    void everyRowIsInEveryPlaceOrSaysWhyNot();
    void serveRefusesInOneSentence_data();
    void serveRefusesInOneSentence();
    void ctlRefusesInOneSentence_data();
    void ctlRefusesInOneSentence();
    void anEngineOfAnotherVersionIsNamed_data();
    void anEngineOfAnotherVersionIsNamed();
    void tracebacksAreOneFlagAway();
    void aFullDiskStopsNeitherServingNorLaterChanges();
    void aDiskThatIsReallyFullIsNoDifferent();
    void aRefusedServeGivesADataDirectoryBackAsItWas();
};

void TestBadInput::everyRowIsInEveryPlaceOrSaysWhyNot()
{
    QSet<QString> names;
    for (const BadInput &row : badInputs()) {
        const bool everywhere =
            !row.serve.isEmpty() && !row.ctl.isEmpty() && row.window != InWindow::Nowhere;
        QVERIFY2(everywhere != (*row.why != '\0'), row.name);
        QVERIFY2(*row.cause && *row.remedy && row.exitCode >= 1 && row.exitCode <= 6, row.name);
        QVERIFY2(!names.contains(row.name), row.name);
        names.insert(row.name);
    }
    QVERIFY(names.size() > 40);
}

void TestBadInput::serveRefusesInOneSentence_data()
{
    addRows([](const BadInput &row) { return !row.serve.isEmpty(); });
}

void TestBadInput::serveRefusesInOneSentence()
{
    QFETCH(const BadInput *, row);
    const QString dir = m_stage.makeFolder("serve-" + folderName(*row));
    row->make(m_stage, dir);
    const QStringList before = m_stage.picture(dir);
    const QStringList words = filled(m_stage, dir, row->serve);
    Finished finished;
    if (row->asGuest)
        finished = m_stage.guest(words);
    else if (row->diskIsFull)
        finished = runProgram(
            "sh",
            QStringList {"-c", "ulimit -f 0; exec \"$@\"", "sh", m_stage.guestProgram()} + words);
    else
        finished = runArcology(words);
    const QString missing = lacks(*row, m_stage, dir, sentence(finished));
    QVERIFY2(missing.isEmpty(), qPrintable(missing));
    QCOMPARE(finished.exitCode, row->exitCode);
    QVERIFY2(finished.out.isEmpty(), finished.out);
    compare(before, m_stage.picture(dir));
}

void TestBadInput::ctlRefusesInOneSentence_data()
{
    addRows([](const BadInput &row) { return !row.ctl.isEmpty(); });
}

void TestBadInput::ctlRefusesInOneSentence()
{
    QFETCH(const BadInput *, row);
    const QString dir = m_stage.makeFolder("ctl-" + folderName(*row));
    row->make(m_stage, dir);
    const QStringList before = m_stage.picture(dir);
    QStringList words = filled(m_stage, dir, row->ctl);
    words.prepend("ctl");
    const bool isElsewhere = words.contains("--data-dir");
    QString socket = m_stage.dataDir() + "/control.sock";
    if (row->asGuest && !isElsewhere) {
        const QString problem = m_stage.startGuest();
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        socket = m_stage.guestDataDir() + "/control.sock";
    }
    if (!isElsewhere)
        words += {"--socket", socket};
    if (row->diskIsFull)
        m_stage.fillDisk(true);
    const Finished finished = row->asGuest ? m_stage.guest(words) : runArcology(words);
    if (row->diskIsFull)
        m_stage.fillDisk(false);
    if (words.mid(0, 3)
        == QStringList {"ctl", "config", "import"}) { // asked beforehand, the answer is the same
        const Finished tried = runArcology(words + QStringList {"--dry-run"});
        QCOMPARE(tried.exitCode, finished.exitCode);
        QCOMPARE(sentence(tried), sentence(finished));
    }
    const QString missing = lacks(*row, m_stage, dir, sentence(finished));
    QVERIFY2(missing.isEmpty(), qPrintable(missing));
    QCOMPARE(finished.exitCode, row->ctlExitCode < 0 ? row->exitCode : row->ctlExitCode);
    QVERIFY2(finished.out.isEmpty(), finished.out);
    if (row->staysAsFailed) {
        QVERIFY(sentence(finished).contains("`arcology ctl log tail bad` shows all it wrote"));
        QVERIFY(m_stage.engine().ctl({"log", "tail", "bad"}).out.contains("arcology: "));
        QCOMPARE(m_stage.engine().ctl({"site", "remove", "bad"}).exitCode, 0);
    }
    compare(before, m_stage.picture(dir));
}

void TestBadInput::anEngineOfAnotherVersionIsNamed_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("newer") << QByteArray("Arcology-Api: 2; arcology=9.9.9\r\n")
                           << "the engine is Arcology 9.9.9 and this program is [0-9.]+: start the "
                              "engine again with the older program, or use the newer program";
    QTest::newRow("older") << QByteArray()
                           << "the engine is Arcology of an older version and this program is "
                              "[0-9.]+: start the engine again with the newer program, or use the "
                              "older program";
    QTest::newRow("garbled") << QByteArray("Arcology-Api: two\r\n")
                             << "the engine is Arcology of an older version";
}

void TestBadInput::anEngineOfAnotherVersionIsNamed()
{
    QFETCH(QByteArray, header);
    QFETCH(QString, sentence);
    const QString socket = m_stage.path("other.sock");
    QFile::remove(socket);
    const OtherEngine engine(socket, header);
    for (const QStringList &words : {QStringList {"status"},
                                     {"site", "add", m_stage.siteFolder()},
                                     {"settings", "set", "drain_s=3"}}) {
        const Finished finished = runArcology(QStringList {"ctl", "--socket", socket} + words);
        QVERIFY2(QRegularExpression(sentence).match(::sentence(finished)).hasMatch(),
                 finished.error);
        QCOMPARE(finished.exitCode, 1);
        QVERIFY(finished.out.isEmpty());
    }
}

void TestBadInput::tracebacksAreOneFlagAway()
{
    const QString dir = m_stage.makeFolder("traceback");
    write(dir + "/app.py", "def inner():\n    import arcology_planted\ninner()\n");
    const QStringList words {"serve", dir, "--listen", "127.0.0.1:0", "--entry", "app:application"};
    const Finished brief = runArcology(words);
    QCOMPARE(brief.exitCode, 4);
    QVERIFY2(!brief.error.contains("Traceback"), brief.error);
    const Finished whole = runArcology(words + QStringList {"--traceback"});
    QCOMPARE(whole.exitCode, 4);
    QVERIFY2(whole.error.contains("Traceback") && whole.error.contains("in inner"), whole.error);
}

void TestBadInput::aFullDiskStopsNeitherServingNorLaterChanges()
{
    EngineProcess &engine = m_stage.engine();
    const QStringList before = m_stage.picture(m_stage.path("pages"));
    const QString log = m_stage.dataDir() + "/logs/access.log";
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(log).size() > 0, 10000);
    m_stage.fillDisk(true);
    for (int i = 0; i < 3; ++i) {
        const Finished refused = engine.ctl({"settings", "set", "drain_s=8"});
        QVERIFY2(refused.error.contains("the disk is full; nothing was changed"), refused.error);
        QCOMPARE(refused.exitCode, 1);
    }
    // Lines of these requests have nowhere to go: they are dropped, counted and told.
    const QStringList during = m_stage.picture(m_stage.path("pages"));
    QCOMPARE(during, before);
    QTRY_VERIFY_WITH_TIMEOUT(
        QRegularExpression("access.log: cannot be written \\(File too large\\), [1-9]\\d* lines "
                           "were dropped so far; free some space")
            .match(QString::fromUtf8(engine.ctl({"status"}).out))
            .hasMatch(),
        10000);
    m_stage.fillDisk(false);
    const qint64 size = QFileInfo(log).size();
    QCOMPARE(engine.ctl({"settings", "set", "drain_s=8"}).exitCode, 0);
    m_stage.picture(m_stage.path("pages"));
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(log).size() > size, 10000);
    QTRY_VERIFY_WITH_TIMEOUT(!engine.ctl({"status"}).out.contains("were dropped"), 10000);
    QCOMPARE(engine.ctl({"config", "rollback"}).exitCode, 0);
    QCOMPARE(m_stage.picture(m_stage.path("pages")), before);
}

void TestBadInput::aDiskThatIsReallyFullIsNoDifferent()
{
    const QString disk = m_stage.makeFolder("disk");
    // In a namespace of its own, so that no mount is left behind whatever happens.
    QProcess engine;
    engine.start("unshare",
                 {"-rm", "sh", "-c",
                  "mount -t tmpfs -o size=3m none \"$1\" && exec \"$2\" --headless "
                  "--data-dir \"$1/data\" --set ops.listen=off",
                  "sh", disk, m_stage.guestProgram()});
    QVERIFY(engine.waitForStarted());
    const QString inside = QString("/proc/%1/root%2").arg(engine.processId()).arg(disk);
    const QStringList ctl {"ctl", "--socket", inside + "/data/control.sock"};
    const auto status = [&] {
        return runArcology(ctl + QStringList {"status"});
    };
    QDeadlineTimer deadline(20000);
    while (status().exitCode != 0 && engine.state() == QProcess::Running && !deadline.hasExpired())
        engine.waitForFinished(50);
    if (engine.state() != QProcess::Running) {
        const QByteArray why = engine.readAllStandardError();
        if (why.contains("unshare") || why.contains("mount"))
            QSKIP("this machine lets nobody mount here; the limit on file sizes stands in for it");
        QFAIL(why);
    }
    QFile filler(inside + "/filler");
    QVERIFY(filler.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
    while (filler.write(QByteArray(4096, 'f')) == 4096) { }
    const Finished refused = runArcology(ctl + QStringList {"settings", "set", "drain_s=8"});
    QVERIFY2(refused.error.contains("the disk is full; nothing was changed; free some space"),
             refused.error);
    QCOMPARE(refused.exitCode, 1);
    QCOMPARE(status().exitCode, 0);
    filler.resize(0);
    QCOMPARE(runArcology(ctl + QStringList {"settings", "set", "drain_s=8"}).exitCode, 0);
    engine.terminate();
    QVERIFY(engine.waitForFinished(20000));
    QCOMPARE(engine.exitCode(), 0);
}

void TestBadInput::aRefusedServeGivesADataDirectoryBackAsItWas()
{
    const QString dir = m_stage.makeFolder("kept");
    write(dir + "/pages/index.html", "x");
    write(dir + "/bad/script.py", "print('no app')");
    {
        EngineProcess engine(dir + "/data");
        QVERIFY(engine.start());
        QCOMPARE(engine.ctl({"site", "add", dir + "/pages"}).exitCode, 0);
        QCOMPARE(engine.stop(), 0);
    }
    QCOMPARE(
        runArcology({"serve", dir + "/bad", "--listen", "127.0.0.1:0", "--data-dir", dir + "/data"})
            .exitCode,
        3);
    EngineProcess engine(dir + "/data");
    QVERIFY(engine.start());
    QVERIFY(engine.ctl({"site", "list"}).out.contains("pages"));
    QCOMPARE(engine.stop(), 0);
}

QTEST_GUILESS_MAIN(TestBadInput)
#include "tst_bad_input.moc"
