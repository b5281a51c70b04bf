// SPDX-License-Identifier: Apache-2.0
// The real window on a real X server: a folder is dragged in and served, and what happens to the
// window afterwards is noticed by no request.
#include "test_paths.h"
#include "tests/integration/display.h"
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <csignal>

using namespace arc::test;

namespace {

constexpr int kPatience =
    60'000; ///< ms; everything waits for a condition, on a machine that may be busy

QJsonArray sitesOf(const QString &dataDir)
{
    const Finished listed = runArcology({"ctl", "site", "list", "--json", "--data-dir", dataDir});
    return QJsonDocument::fromJson(listed.out).object().value("sites").toArray();
}

qint64 enginePid(const QString &dataDir)
{
    const Finished status = runArcology({"ctl", "status", "--json", "--data-dir", dataDir});
    return QJsonDocument::fromJson(status.out).object().value("pid").toInteger();
}

/// One request per turn until the engine has counted them: then the figures on screen have moved.
bool isCounted(const QString &dataDir)
{
    const Finished metrics = runArcology({"ctl", "metrics", "--data-dir", dataDir});
    return metrics.out.contains("arcology_site_requests_total");
}

QByteArray wrkReport(QProcess &wrk)
{
    wrk.waitForFinished(30000);
    return wrk.readAllStandardOutput();
}

bool isClean(const QByteArray &report)
{
    return report.contains("requests in") && !report.contains("Non-2xx")
        && !report.contains("Socket errors");
}

} // namespace

class TestWindow : public QObject {
    Q_OBJECT

    Display m_display;
    QTemporaryDir m_data;
    QTemporaryDir m_folder;
    QProcess m_window;
    QString m_url;

    void openWindow()
    {
        m_window.setProcessEnvironment(m_display.environment());
        m_window.start(ARC_BINARY, {"--data-dir", m_data.path()});
        QVERIFY(m_window.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(!m_display.windowId().isEmpty(), kPatience);
        QTRY_VERIFY_WITH_TIMEOUT(enginePid(m_data.path()) > 0, kPatience);
    }

    /// waitForFinished() alone says no of a process whose end was noticed before.
    bool hasEnded(int timeoutMs)
    {
        return m_window.state() == QProcess::NotRunning || m_window.waitForFinished(timeoutMs);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_display.start());
        const QString folder = m_folder.filePath("shop");
        QVERIFY(QDir().mkpath(folder));
        QCOMPARE(runProgram("django-admin", {"startproject", "shop", "."}, folder).exitCode, 0);
    }
    void aFolderDraggedInIsServed();
    void aWindowThatCrashesIsNoticedByNoRequest();
    void aSecondStartRaisesTheFirstWindow();
    void withoutATrayClosingIsExplainedAndKeepsServing();
    void aDisplayThatDiesIsNoticedByNoRequest();
    void anEngineThatIsKilledIsStartedAgainFromTheWindow();
    void cleanupTestCase();
};

void TestWindow::aFolderDraggedInIsServed()
{
    openWindow();
    m_display.shoot("window-empty");
    const QByteArray id = m_display.windowId();
    m_display.xdotool({"windowsize", id, "1200", "800"});
    m_display.xdotool({"windowmove", id, "20", "20"});

    QProcess source;
    source.setProcessEnvironment(m_display.environment());
    source.start(QCoreApplication::applicationDirPath() + "/drag_source",
                 {m_folder.filePath("shop"), "1260", "880"});
    QVERIFY(source.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(
        !m_display.run("xdotool", {"search", "--onlyvisible", "--name", "drag_source"}).isEmpty(),
        kPatience);
    m_display.xdotool({"mousemove", "1320", "910", "mousedown", "1"});
    for (int step = 1; step <= 12; ++step) // a hand moves through; a jump is no drag
        m_display.xdotool(
            {"mousemove", QString::number(1320 - step * 58), QString::number(910 - step * 38)});
    m_display.shoot("window-dragging");
    m_display.xdotool({"mouseup", "1"});

    // Return presses Serve, the sheet's default button, once the folder has been looked at.
    m_display.xdotool({"windowactivate", id});
    QTRY_VERIFY_WITH_TIMEOUT(!m_display.windowId("Serve").isEmpty(), kPatience);
    const auto isAddedBy = [this](const char *key) {
        m_display.shoot("window-sheet");
        m_display.xdotool({"key", "--window", "0", key});
        return !sitesOf(m_data.path()).isEmpty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(isAddedBy("Return"), kPatience);
    source.terminate(); // not before: it hands the folder's name over when the window asks for it
    source.waitForFinished();
    QCOMPARE(sitesOf(m_data.path()).size(), 1);
    const QJsonObject site = sitesOf(m_data.path()).first().toObject();
    QCOMPARE(site.value("id").toString(), QString("shop"));
    m_url = site.value("urls").toArray().first().toString();
    QTRY_VERIFY_WITH_TIMEOUT(http(m_url + "/").body.contains("The install worked successfully"),
                             kPatience);
    QCOMPARE(http(m_url + "/static/admin/css/base.css").status, 200);
    QTRY_VERIFY_WITH_TIMEOUT(isCounted(m_data.path()), kPatience);
    m_display.shoot("window-serving");
}

void TestWindow::aWindowThatCrashesIsNoticedByNoRequest()
{
    QVERIFY(!m_url.isEmpty());
    QProcess wrk;
    wrk.start("wrk", {"-t1", "-c8", "-d4", m_url + "/static/admin/css/base.css"});
    QVERIFY(wrk.waitForStarted());
    QVERIFY(!wrk.waitForFinished(1000));
    ::kill(static_cast<pid_t>(m_window.processId()), SIGSEGV);
    QVERIFY(m_window.waitForFinished(kPatience));
    QCOMPARE(m_window.exitStatus(), QProcess::CrashExit);
    const QByteArray report = wrkReport(wrk);
    QVERIFY2(isClean(report), report);
    openWindow(); // the next double click attaches to the engine that runs
}

void TestWindow::aSecondStartRaisesTheFirstWindow()
{
    QVERIFY(!m_url.isEmpty());
    const qint64 engine = enginePid(m_data.path());
    m_display.xdotool({"windowminimize", m_display.windowId()});
    QTRY_VERIFY_WITH_TIMEOUT(m_display.windowId().isEmpty(), kPatience);
    QProcess second;
    second.setProcessEnvironment(m_display.environment());
    second.start(ARC_BINARY, {"--data-dir", m_data.path(), m_folder.filePath("shop")});
    QVERIFY(second.waitForFinished(kPatience));
    QCOMPARE(second.exitCode(), 0);
    QTRY_VERIFY_WITH_TIMEOUT(!m_display.windowId().isEmpty(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!m_display.windowId("Serve").isEmpty(), kPatience); // its folder
    m_display.shoot("window-second-start");
    QCOMPARE(enginePid(m_data.path()), engine);
    const auto isShutBy = [this](const char *key) {
        m_display.xdotool({"windowactivate", m_display.windowId("Serve")});
        m_display.xdotool({"key", "--window", "0", key});
        return m_display.windowId("Serve").isEmpty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(isShutBy("Escape"), kPatience);
}

void TestWindow::withoutATrayClosingIsExplainedAndKeepsServing()
{
    QVERIFY(!m_url.isEmpty());
    const auto isAskedBy = [this](const char *key) {
        m_display.xdotool({"windowactivate", m_display.windowId()});
        m_display.xdotool({"key", "--window", "0", key});
        return !m_display.windowId("goes on serving").isEmpty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(isAskedBy("ctrl+w"), kPatience);
    m_display.shoot("window-close");
    const auto isGoneBy = [this](const char *key) {
        m_display.xdotool({"windowactivate", m_display.windowId("goes on serving")});
        m_display.xdotool({"key", "--window", "0", key});
        return hasEnded(500);
    };
    QTRY_VERIFY_WITH_TIMEOUT(isGoneBy("Return"), kPatience);
    QCOMPARE(m_window.exitCode(), 0);
    QCOMPARE(http(m_url + "/").status, 200);
    openWindow(); // the launcher's icon opens a new one on the same engine
    QTRY_VERIFY_WITH_TIMEOUT(isAskedBy("ctrl+w") || m_window.state() == QProcess::NotRunning,
                             kPatience);
    QVERIFY(m_display.windowId("goes on serving").isEmpty()); // said once
    QVERIFY(hasEnded(kPatience));
    openWindow();
}

void TestWindow::aDisplayThatDiesIsNoticedByNoRequest()
{
    QVERIFY(!m_url.isEmpty());
    const qint64 engine = enginePid(m_data.path());
    QProcess wrk;
    wrk.start("wrk", {"-t1", "-c8", "-d4", m_url + "/"});
    QVERIFY(wrk.waitForStarted());
    QVERIFY(!wrk.waitForFinished(1000));
    m_display.kill();
    QVERIFY(hasEnded(kPatience));
    const QByteArray report = wrkReport(wrk);
    QVERIFY2(isClean(report), report);
    QCOMPARE(enginePid(m_data.path()), engine);
}

void TestWindow::anEngineThatIsKilledIsStartedAgainFromTheWindow()
{
    QVERIFY(!m_url.isEmpty());
    Display display; // the first one is dead by now
    QVERIFY(display.start());
    QProcess window;
    window.setProcessEnvironment(display.environment());
    window.start(ARC_BINARY, {"--data-dir", m_data.path()});
    QTRY_VERIFY2_WITH_TIMEOUT(
        !display.windowId().isEmpty(),
        "state " + QByteArray::number(window.state()) + ", windows: "
            + display.run("xdotool", {"search", "--name", ".", "getwindowname", "%@"})
            + ", said: " + window.readAllStandardError(),
        kPatience);
    const qint64 engine = enginePid(m_data.path());
    QVERIFY(engine > 0);
    ::kill(static_cast<pid_t>(engine), SIGKILL);
    display.xdotool({"windowactivate", display.windowId()});
    // The window notices within three seconds. "Start again" has the mnemonic of its banner: the
    // shortcut is the keyboard's way to it, and does nothing before the banner is there.
    const auto isBackBy = [&](const char *key) {
        display.shoot("window-engine-killed");
        display.xdotool({"key", key});
        return enginePid(m_data.path()) > 0;
    };
    QTRY_VERIFY_WITH_TIMEOUT(isBackBy("alt+a"), kPatience);
    QVERIFY(window.state() == QProcess::Running);
    QTRY_COMPARE_WITH_TIMEOUT(http(m_url + "/").status, 200, kPatience);
    display.shoot("window-engine-back");
    window.terminate(); // the end of a session: no question, and a clean end
    QVERIFY(window.waitForFinished(kPatience));
    QCOMPARE(window.exitStatus(), QProcess::NormalExit);
    QCOMPARE(window.exitCode(), 0);
    QCOMPARE(http(m_url + "/").status, 200);
}

void TestWindow::cleanupTestCase()
{
    m_window.terminate();
    m_window.waitForFinished();
    const qint64 engine = enginePid(m_data.path());
    if (engine > 0) {
        ::kill(static_cast<pid_t>(engine), SIGTERM);
        QTRY_VERIFY_WITH_TIMEOUT(enginePid(m_data.path()) <= 0, 20000);
    }
}

QTEST_GUILESS_MAIN(TestWindow)
#include "tst_window.moc"
