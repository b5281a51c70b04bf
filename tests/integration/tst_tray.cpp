// SPDX-License-Identifier: Apache-2.0
// The real window with a desktop's tray, which is a service on the message bus, and on a desktop
// that has none: wherever the window goes, its user finds it again.
#include "test_paths.h"
#include "tests/integration/display.h"
#include "tests/integration/program.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDir>
#include <QFile>
#include <QtTest>

#include <csignal>
#include <cstdio>
#include <memory>

using namespace arc::test;

namespace {

constexpr int kPatience = 60'000; ///< ms; everything waits for a condition
constexpr auto kWatcher = "org.kde.StatusNotifierWatcher";
constexpr auto kItemPath = "/StatusNotifierItem";
constexpr auto kSilentPanel = "--silent-panel"; ///< what this program then is
constexpr auto kItem = "org.kde.StatusNotifierItem";

/// A message bus of the test's own.
class Bus {
public:
    bool start()
    {
        m_daemon.start("dbus-daemon",
                       {"--session", "--nofork", "--nopidfile", "--print-address=1"});
        while (!m_daemon.canReadLine()) {
            if (!m_daemon.waitForReadyRead(10000))
                return false;
        }
        m_address = QString::fromLatin1(m_daemon.readLine()).trimmed();
        return true;
    }
    const QString &address() const { return m_address; }
    ~Bus()
    {
        m_daemon.kill();
        m_daemon.waitForFinished();
    }

private:
    QProcess m_daemon;
    QString m_address;
};

} // namespace

/// What a desktop's panel does: it takes icons in, and clicks on them.
class Panel : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.kde.StatusNotifierWatcher")
    Q_PROPERTY(bool IsStatusNotifierHostRegistered READ hasHost)
    Q_PROPERTY(QStringList RegisteredStatusNotifierItems READ items)
    Q_PROPERTY(int ProtocolVersion READ version)
public:
    explicit Panel(QDBusConnection bus) : m_bus(std::move(bus))
    {
        m_bus.registerObject("/StatusNotifierWatcher", this,
                             QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals
                                 | QDBusConnection::ExportAllProperties);
    }
    bool appear() { return m_bus.registerService(kWatcher); }
    bool vanish() { return m_bus.unregisterService(kWatcher); }
    bool hasHost() const
    {
        ++m_asked;
        return true;
    }
    int timesAsked() const { return m_asked; }
    QStringList items() const { return m_items; }
    int version() const { return 0; }
    void click()
    {
        QDBusMessage call =
            QDBusMessage::createMethodCall(m_items.last(), kItemPath, kItem, "Activate");
        call << 0 << 0;
        m_bus.send(call);
    }
    /// The text the icon shows when it is pointed at.
    QString toolTip() const
    {
        return asked(kItemPath, "org.freedesktop.DBus.Properties.Get",
                     {"string:org.kde.StatusNotifierItem", "string:ToolTip"});
    }
    /// The menu, as the panel is told it.
    QString menu() const
    {
        return asked("/MenuBar", "com.canonical.dbusmenu.GetLayout",
                     {"int32:0", "int32:-1", "array:string:label"});
    }
    QString address;

public Q_SLOTS:
    void RegisterStatusNotifierItem(const QString &service)
    {
        m_items << service;
        Q_EMIT StatusNotifierItemRegistered(service);
    }

Q_SIGNALS:
    void StatusNotifierItemRegistered(const QString &service);

private:
    QString asked(const QString &path, const QString &method, const QStringList &arguments) const
    {
        if (m_items.isEmpty())
            return {};
        QStringList words {"--bus=" + address, "--print-reply", "--dest=" + m_items.last(), path,
                           method};
        return QString::fromUtf8(runProgram("dbus-send", words + arguments).out);
    }

    QDBusConnection m_bus;
    QStringList m_items;
    mutable int m_asked = 0;
};

class TestTray : public QObject {
    Q_OBJECT

    Bus m_bus;
    Display m_display;
    QTemporaryDir m_data;
    QTemporaryDir m_folder;
    QProcess m_window;
    std::unique_ptr<EngineProcess> m_engine;
    std::unique_ptr<Panel> m_panel;

    void openWindow(const QStringList &more = {})
    {
        QProcessEnvironment environment = m_display.environment();
        environment.insert("DBUS_SESSION_BUS_ADDRESS", m_bus.address());
        m_window.setProcessEnvironment(environment);
        m_window.start(ARC_BINARY, QStringList {"--data-dir", m_data.path()} + more);
        QVERIFY(m_window.waitForStarted());
    }
    bool isSeen() const { return !m_display.windowId().isEmpty(); }
    bool isRunning()
    {
        m_window.waitForFinished(0); // takes notice of its end
        return m_window.state() == QProcess::Running;
    }
    /// A click on the frame's cross; what somebody does who knows no key.
    void pressCross()
    {
        m_display.xdotool(
            {"windowactivate", m_display.windowId(), "key", "--window", "0", "alt+F4"});
    }
    void endWindow()
    {
        m_window.terminate();
        QVERIFY(m_window.waitForFinished(kPatience));
    }

private Q_SLOTS:
    void initTestCase();
    void withATrayClosingLeavesTheIcon();
    void theIconBringsTheWindowBack();
    void hiddenAtTheStartOnlyTheIconIsThere();
    void aTrayThatVanishesBringsTheWindowBack();
    void withoutATrayHiddenIsNotHidden();
    void withoutATrayNoProcessStaysBehind();
    void aPanelThatComesLateHidesNoWindowForGood();
    void aPanelThatSaysNothingStopsNothing();
    void cleanupTestCase();
};

void TestTray::initTestCase()
{
    QVERIFY(m_bus.start());
    QVERIFY(m_display.start());
    m_panel = std::make_unique<Panel>(QDBusConnection::connectToBus(m_bus.address(), "panel"));
    m_panel->address = m_bus.address();
    QVERIFY(m_panel->appear());
    QVERIFY(QDir(m_folder.path()).mkpath("docs"));
    QFile page(m_folder.filePath("docs/index.html"));
    QVERIFY(page.open(QIODevice::WriteOnly) && page.write("<h1>docs</h1>") > 0);
    page.close();
    m_engine = std::make_unique<EngineProcess>(m_data.path());
    QVERIFY(m_engine->start());
    QCOMPARE(m_engine->ctl({"site", "add", m_folder.filePath("docs")}).exitCode, 0);
}

void TestTray::withATrayClosingLeavesTheIcon()
{
    openWindow();
    QTRY_VERIFY_WITH_TIMEOUT(isSeen(), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(m_panel->items().size(), 1, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(m_panel->toolTip().contains("Serving"), kPatience);
    const auto isHidden = [this] {
        pressCross(); // into nothing while the window is not the active one
        return !isSeen();
    };
    QTRY_VERIFY_WITH_TIMEOUT(isHidden(), kPatience);
    QVERIFY(isRunning());
    QVERIFY(m_panel->menu().contains("Open Arcology"));
    QVERIFY(m_panel->menu().contains("Quit"));
    QVERIFY(!m_panel->toolTip().contains("Serving")); // nobody looks: not claimed
}

void TestTray::theIconBringsTheWindowBack()
{
    QVERIFY(isRunning() && !isSeen());
    m_panel->click();
    QTRY_VERIFY_WITH_TIMEOUT(isSeen(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(m_panel->toolTip().contains("Serving"), kPatience);
    endWindow();
}

void TestTray::hiddenAtTheStartOnlyTheIconIsThere()
{
    const auto before = m_panel->items().size();
    openWindow({"--hidden"});
    QTRY_VERIFY_WITH_TIMEOUT(m_panel->items().size() > before, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(m_panel->menu().contains("Open Arcology"), kPatience);
    QVERIFY(!isSeen());
    QVERIFY(isRunning());
}

void TestTray::aTrayThatVanishesBringsTheWindowBack()
{
    QVERIFY(isRunning() && !isSeen());
    QVERIFY(m_panel->vanish());
    QTRY_VERIFY_WITH_TIMEOUT(isSeen(), kPatience);
    endWindow();
}

void TestTray::withoutATrayHiddenIsNotHidden()
{
    openWindow({"--hidden"});
    QTRY_VERIFY_WITH_TIMEOUT(isSeen(), kPatience);
    QVERIFY(isRunning());
}

void TestTray::withoutATrayNoProcessStaysBehind()
{
    QVERIFY(isRunning() && isSeen());
    const auto isAsked = [this] {
        pressCross();
        return !m_display.windowId("goes on serving").isEmpty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(isAsked() || !isRunning(), kPatience);
    QVERIFY2(isRunning(), "it went without a word");
    QVERIFY(isSeen());
    const auto isGone = [this] {
        m_display.xdotool({"windowactivate", m_display.windowId("goes on serving"), "key",
                           "--window", "0", "Return"});
        return !isRunning();
    };
    QTRY_VERIFY_WITH_TIMEOUT(isGone(), kPatience);
    QCOMPARE(m_window.exitCode(), 0);
    QVERIFY(m_engine->isRunning());
    const Finished listed = m_engine->ctl({"site", "list", "--json"});
    QVERIFY2(listed.out.contains("\"enabled\":true") || listed.out.contains("\"enabled\": true"),
             listed.out);
}

void TestTray::aPanelThatComesLateHidesNoWindowForGood()
{
    openWindow();
    QTRY_VERIFY_WITH_TIMEOUT(isSeen(), kPatience);
    const auto icons = m_panel->items().size();
    const int before = m_panel->timesAsked();
    QVERIFY(m_panel->appear());
    QTRY_VERIFY_WITH_TIMEOUT(m_panel->timesAsked() > before, kPatience);
    const auto isAsked = [this] {
        pressCross();
        return !m_display.windowId("goes on serving").isEmpty();
    };
    // It asks only the first time; after that a window without an icon ends when it is closed.
    QTRY_VERIFY_WITH_TIMEOUT(isAsked() || m_panel->items().size() > icons || !isRunning(),
                             kPatience);
    QVERIFY2(!isRunning() || isSeen() || m_panel->items().size() > icons,
             "neither a window nor an icon is left");
    QVERIFY(m_panel->vanish());
    if (isRunning())
        endWindow();
}

void TestTray::aPanelThatSaysNothingStopsNothing()
{
    QProcess panel;
    panel.start(QCoreApplication::applicationFilePath(), {kSilentPanel, m_bus.address()});
    while (!panel.canReadLine())
        QVERIFY(panel.waitForReadyRead(kPatience));
    openWindow({"--hidden"});
    // A call that waits for such a panel comes back after 25 s.
    QTRY_VERIFY_WITH_TIMEOUT(isSeen(), 20'000);
    panel.kill();
    QVERIFY(panel.waitForFinished());
    endWindow();
}

void TestTray::cleanupTestCase()
{
    if (isRunning())
        endWindow();
    QCOMPARE(m_engine->stop(), 0);
}

/// Takes the panel's name on the bus, and never says a word.
static int beSilentPanel(const QString &address)
{
    if (!QDBusConnection::connectToBus(address, "panel").registerService(kWatcher))
        return 1;
    std::puts("there");
    std::fflush(stdout);
    return ::raise(SIGSTOP);
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    if (argc == 3 && app.arguments()[1] == kSilentPanel)
        return beSilentPanel(app.arguments()[2]);
    TestTray test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_tray.moc"
