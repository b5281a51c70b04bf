// SPDX-License-Identifier: Apache-2.0
// What the desktop around the window says and asks: a second start, dark or light.
#include "gui/gui_fixture.h"

#include "gui/bridge/session_bus.h"
#include "gui/bridge/single_instance.h"
#include "gui/models/format.h"
#include "gui/theme/desktop_scheme.h"
#include "test_paths.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusVariant>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLocalSocket>
#include <QProcess>
#include <QSignalSpy>
#include <QTest>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace arc;
using namespace arc::test;

namespace {

QString s(const char *text)
{
    return QString::fromLatin1(text);
}

/// A message bus of the test's own.
class PrivateBus {
public:
    bool start()
    {
        m_daemon.start(s("dbus-daemon"),
                       {s("--session"), s("--nofork"), s("--nopidfile"), s("--print-address=1")});
        while (!m_daemon.canReadLine()) {
            if (!m_daemon.waitForReadyRead(10000))
                return false;
        }
        m_address = QString::fromLatin1(m_daemon.readLine()).trimmed();
        return true;
    }
    QDBusConnection connect(const char *name) const
    {
        return QDBusConnection::connectToBus(m_address, s(name));
    }
    const QString &address() const { return m_address; }
    ~PrivateBus()
    {
        m_daemon.kill();
        m_daemon.waitForFinished();
    }

private:
    QProcess m_daemon;
    QString m_address;
};

} // namespace

/// What a desktop's portal answers.
class FakePortal : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")
public:
    explicit FakePortal(QDBusConnection bus) : m_bus(std::move(bus))
    {
        m_bus.registerObject(s("/org/freedesktop/portal/desktop"), this,
                             QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals);
    }
    bool appear() { return m_bus.registerService(s("org.freedesktop.portal.Desktop")); }
    void change(const char *group, const char *key, const QVariant &value)
    {
        QDBusMessage signal =
            QDBusMessage::createSignal(s("/org/freedesktop/portal/desktop"),
                                       s("org.freedesktop.portal.Settings"), s("SettingChanged"));
        signal << s(group) << s(key) << QVariant::fromValue(QDBusVariant(value));
        m_bus.send(signal);
    }

    QVariant scheme = 0U;
    int reads = 0;

public Q_SLOTS:
    QDBusVariant Read(const QString &, const QString &)
    {
        ++reads;
        return QDBusVariant(QVariant::fromValue(QDBusVariant(scheme)));
    }

private:
    QDBusConnection m_bus;
};

class TestDesktop : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::string socketName() const { return m_dir.filePath(s("window.sock")).toStdString(); }

private Q_SLOTS:
    void aSecondStartIsHandedOverWithoutADisplay();
    void whatASecondStartWantsArrivesWhole_data();
    void whatASecondStartWantsArrivesWhole();
    void aSocketOfADeadWindowIsTakenOver();
    void anotherUsersRequestIsRefused();
    void nothingIsSaidToAnotherUsersWindow();
    void rubbishIsNoRequest_data();
    void rubbishIsNoRequest();
    void onlyOneStartIsTheFirst();
    void thePortalsChoiceIsTaken_data();
    void thePortalsChoiceIsTaken();
    void aChangeOfThePortalIsLive();
    void signalsOfOtherSettingsChangeNothing();
    void aLatePortalStillCounts();
    void withoutAPortalNothingWaits();
    void theManualChoiceWins();
    void withoutABusNothingIsCalled();
};

void TestDesktop::aSecondStartIsHandedOverWithoutADisplay()
{
    SingleInstance first;
    QVERIFY(first.listen(socketName()));
    QSignalSpy started(&first, &SingleInstance::started);
    const QString folder = m_dir.filePath(s("a project"));
    qint64 best = 1'000'000;
    for (int attempt = 0; attempt < 5; ++attempt) {
        QProcess second;
        QProcessEnvironment bare = QProcessEnvironment::systemEnvironment();
        bare.remove(s("QT_QPA_PLATFORM")); // it must not come as far as a display
        bare.remove(s("DISPLAY"));
        second.setProcessEnvironment(bare);
        QElapsedTimer timer;
        timer.start();
        second.start(s(ARC_BINARY),
                     {s("--data-dir"), m_dir.path(), folder, s("--page"), s("workers")});
        QVERIFY(second.waitForFinished(10000));
        best = std::min(best, timer.elapsed());
        QCOMPARE(second.exitStatus(), QProcess::NormalExit);
        QCOMPARE(second.exitCode(), 0);
    }
    QTRY_COMPARE(started.count(), 5);
    const auto request = started.first().first().value<StartRequest>();
    QCOMPARE(QString::fromStdString(request.folder), folder);
    QCOMPARE(request.page, std::string("workers"));
    QVERIFY(!QFile::exists(m_dir.filePath(s("control.sock")))); // no second engine either
    qInfo("a second start took %lld ms", static_cast<long long>(best));
}

void TestDesktop::whatASecondStartWantsArrivesWhole_data()
{
    QTest::addColumn<QString>("folder");
    QTest::newRow("nothing, which only raises") << QString();
    QTest::newRow("a line break") << QStringLiteral("/tmp/a\nb");
    QTest::newRow("quotes and backslashes") << QStringLiteral("/tmp/\"a\\b\"");
    QTest::newRow("not only ASCII") << QStringLiteral("/home/ana/Läden/店");
    QTest::newRow("long") << QString(3000, QLatin1Char('x'));
}

void TestDesktop::whatASecondStartWantsArrivesWhole()
{
    QFETCH(QString, folder);
    SingleInstance first;
    QVERIFY(first.listen(socketName()));
    QSignalSpy started(&first, &SingleInstance::started);
    QVERIFY(handToFirstWindow(socketName(), {.folder = folder.toStdString(), .token = "t1"}));
    QTRY_COMPARE(started.count(), 1);
    const auto request = started.first().first().value<StartRequest>();
    QCOMPARE(QString::fromStdString(request.folder), folder);
    QCOMPARE(request.token, std::string("t1"));
}

void TestDesktop::aSocketOfADeadWindowIsTakenOver()
{
    const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    QVERIFY(socketName().size() < sizeof address.sun_path);
    ::unlink(socketName().c_str());
    std::memcpy(address.sun_path, socketName().data(), socketName().size());
    QCOMPARE(::bind(dead, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    ::close(dead);
    QVERIFY(!handToFirstWindow(socketName(), {}));
    SingleInstance first;
    QVERIFY(first.listen(socketName()));
    QSignalSpy started(&first, &SingleInstance::started);
    QVERIFY(handToFirstWindow(socketName(), {}));
    QTRY_COMPARE(started.count(), 1);
}

namespace {

/// A Python program as somebody else; root only.
QStringList asNobody(const char *program, const QString &argument)
{
    return {s("--reuid=65534"),
            s("--regid=65534"),
            s("--clear-groups"),
            s("/usr/bin/python3"),
            s("-c"),
            s(program),
            argument};
}

constexpr auto kEverybody = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup
    | QFile::ReadOther | QFile::WriteOther | QFile::ExeOther;

} // namespace

void TestDesktop::anotherUsersRequestIsRefused()
{
    SingleInstance first;
    QVERIFY(first.listen(socketName()));
    QSignalSpy started(&first, &SingleInstance::started);
    const QString path = toQString(socketName());
    QCOMPARE(QFile::permissions(path) & kEverybody, QFile::Permissions());
    int ends[2] = {-1, -1};
    QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    QVERIFY(isOwnUser(ends[0]));
    ::close(ends[0]);
    ::close(ends[1]);
    QVERIFY(!isOwnUser(-1));
    if (::geteuid() != 0)
        return; // one user cannot become another
    // Somebody has opened the way to everybody: who is at the other end still counts.
    QVERIFY(QFile::setPermissions(m_dir.path(), QFile::permissions(m_dir.path()) | kEverybody));
    QVERIFY(QFile::setPermissions(path, QFile::permissions(path) | kEverybody));
    QProcess stranger;
    stranger.start(s("setpriv"),
                   asNobody("import socket, sys\n"
                            "s = socket.socket(socket.AF_UNIX)\n"
                            "s.connect(sys.argv[1])\n"
                            "print('connected', flush=True)\n"
                            "try:\n"
                            "    s.sendall(b'{\"folder\": \"/etc\"}\\n')\n"
                            "    print('closed' if not s.recv(1) else 'open')\n"
                            "except OSError:\n"
                            "    print('closed')\n",
                            path));
    QTRY_COMPARE_WITH_TIMEOUT(stranger.state(), QProcess::NotRunning, 20000);
    const QByteArray said = stranger.readAllStandardOutput();
    QVERIFY2(said == "connected\nclosed\n", said + stranger.readAllStandardError());
    QVERIFY(handToFirstWindow(socketName(), {.page = "logs"})); // ours is heard, and is the first
    QTRY_COMPARE(started.count(), 1);
    QCOMPARE(started.first().first().value<StartRequest>().page, std::string("logs"));
}

void TestDesktop::nothingIsSaidToAnotherUsersWindow()
{
    if (::geteuid() != 0) {
        QVERIFY(!isOwnUser(-1)); // one user cannot become another
        return;
    }
    QVERIFY(QFile::setPermissions(m_dir.path(), QFile::permissions(m_dir.path()) | kEverybody));
    const QString path = m_dir.filePath(s("strange.sock"));
    QProcess stranger;
    stranger.start(s("setpriv"),
                   asNobody("import socket, sys\n"
                            "s = socket.socket(socket.AF_UNIX)\n"
                            "s.bind(sys.argv[1])\n"
                            "s.listen()\n"
                            "print('ready', flush=True)\n"
                            "print(s.accept()[0].makefile('rb').read())\n",
                            path));
    QByteArray said; // the macro asks more than once, and what is read is gone
    QTRY_COMPARE_WITH_TIMEOUT(said += stranger.readAllStandardOutput(), QByteArray("ready\n"),
                              20000);
    QVERIFY(!handToFirstWindow(toStd(path), {.folder = "/home/ana/secret"}));
    QTRY_COMPARE_WITH_TIMEOUT(stranger.state(), QProcess::NotRunning, 20000);
    QCOMPARE(stranger.readAllStandardOutput(), QByteArray("b''\n"));
}

void TestDesktop::rubbishIsNoRequest_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("no JSON") << QByteArray("/srv/shop\n");
    QTest::newRow("an array") << QByteArray("[1,2]\n");
    QTest::newRow("cut") << QByteArray("{\"folder\":\"/a\n");
    QTest::newRow("no end") << QByteArray(SingleInstance::kMessageBytesMax * 2, 'x');
}

void TestDesktop::rubbishIsNoRequest()
{
    QFETCH(QByteArray, bytes);
    SingleInstance first;
    QVERIFY(first.listen(socketName()));
    QSignalSpy started(&first, &SingleInstance::started);
    QLocalSocket client;
    client.connectToServer(QString::fromStdString(socketName()));
    QVERIFY(client.waitForConnected(5000));
    client.write(bytes);
    QTRY_VERIFY(client.state() == QLocalSocket::UnconnectedState);
    QCOMPARE(started.count(), 0);
    // And the next one is served.
    QVERIFY(handToFirstWindow(socketName(), {}));
    QTRY_COMPARE(started.count(), 1);
}

void TestDesktop::onlyOneStartIsTheFirst()
{
    auto claim = claimFirstWindow(socketName());
    QVERIFY(claim && claim->get() >= 0);
    QVERIFY(!claimFirstWindow(socketName()));
    claim.reset();
    QVERIFY(claimFirstWindow(socketName()).has_value());
    // A place without locks stops nobody.
    const auto nowhere = claimFirstWindow("/nonexistent/window.sock");
    QVERIFY(nowhere && nowhere->get() < 0);
}

void TestDesktop::thePortalsChoiceIsTaken_data()
{
    QTest::addColumn<QVariant>("answer");
    QTest::addColumn<int>("dark"); // -1: unknown
    QTest::newRow("dark") << QVariant(1U) << 1;
    QTest::newRow("light") << QVariant(2U) << 0;
    QTest::newRow("no preference") << QVariant(0U) << -1;
    QTest::newRow("a number of the future") << QVariant(7U) << -1;
    QTest::newRow("a text") << QVariant(s("dark")) << -1;
}

void TestDesktop::thePortalsChoiceIsTaken()
{
    QFETCH(QVariant, answer);
    QFETCH(int, dark);
    PrivateBus bus;
    QVERIFY(bus.start());
    FakePortal portal(bus.connect("portal"));
    portal.scheme = answer;
    QVERIFY(portal.appear());
    DesktopScheme scheme;
    scheme.listen(bus.connect("window"));
    QTRY_COMPARE(portal.reads, 1);
    if (dark >= 0)
        QTRY_VERIFY(scheme.dark().has_value());
    // The answer to this call comes after the answer to the one before.
    bus.connect("window").call(QDBusMessage::createMethodCall(
        s("org.freedesktop.DBus"), s("/"), s("org.freedesktop.DBus"), s("ListNames")));
    QCoreApplication::processEvents();
    QCOMPARE(scheme.dark().has_value() ? int(*scheme.dark()) : -1, dark);
    QDBusConnection::disconnectFromBus(s("portal"));
    QDBusConnection::disconnectFromBus(s("window"));
}

void TestDesktop::aChangeOfThePortalIsLive()
{
    PrivateBus bus;
    QVERIFY(bus.start());
    FakePortal portal(bus.connect("portal2"));
    portal.scheme = 2U;
    QVERIFY(portal.appear());
    GuiFixture fixture;
    fixture.theme()->choose(ThemeChoice::System);
    DesktopScheme scheme;
    connect(&scheme, &DesktopScheme::changed, fixture.theme(),
            [&] { fixture.theme()->setDesktopDark(scheme.dark()); });
    fixture.open();
    scheme.listen(bus.connect("window2"));
    QTRY_VERIFY(scheme.dark() == std::optional(false));
    QVERIFY(!Theme::tokens().dark);
    portal.change("org.freedesktop.appearance", "color-scheme", 1U);
    QTRY_VERIFY(Theme::tokens().dark);
    QVERIFY(isDark(fixture.shell.palette()));
    portal.change("org.freedesktop.appearance", "color-scheme", 2U);
    QTRY_VERIFY(!Theme::tokens().dark);
    fixture.theme()->setDesktopDark(std::nullopt);
    QDBusConnection::disconnectFromBus(s("portal2"));
    QDBusConnection::disconnectFromBus(s("window2"));
}

void TestDesktop::signalsOfOtherSettingsChangeNothing()
{
    PrivateBus bus;
    QVERIFY(bus.start());
    FakePortal portal(bus.connect("portal3"));
    portal.scheme = 2U;
    QVERIFY(portal.appear());
    DesktopScheme scheme;
    scheme.listen(bus.connect("window3"));
    QTRY_VERIFY(scheme.dark().has_value());
    QSignalSpy changed(&scheme, &DesktopScheme::changed);
    portal.change("org.gnome.desktop.interface", "color-scheme", 1U);
    portal.change("org.freedesktop.appearance", "accent-color", 1U);
    portal.change("org.freedesktop.appearance", "color-scheme", 1U); // this one counts
    QTRY_COMPARE(changed.count(), 1);
    QCOMPARE(scheme.dark(), std::optional(true));
    QDBusConnection::disconnectFromBus(s("portal3"));
    QDBusConnection::disconnectFromBus(s("window3"));
}

void TestDesktop::aLatePortalStillCounts()
{
    PrivateBus bus;
    QVERIFY(bus.start());
    DesktopScheme scheme;
    scheme.listen(bus.connect("window4")); // nobody is there to answer
    FakePortal portal(bus.connect("portal4"));
    QVERIFY(portal.appear());
    QTRY_VERIFY_WITH_TIMEOUT((portal.change("org.freedesktop.appearance", "color-scheme", 1U),
                              QCoreApplication::processEvents(),
                              scheme.dark() == std::optional(true)),
                             10000);
    QDBusConnection::disconnectFromBus(s("portal4"));
    QDBusConnection::disconnectFromBus(s("window4"));
}

void TestDesktop::withoutAPortalNothingWaits()
{
    PrivateBus bus;
    QVERIFY(bus.start());
    DesktopScheme scheme;
    QElapsedTimer timer;
    const QDBusConnection connection = bus.connect("window5");
    timer.start();
    scheme.listen(connection);
    QVERIFY(timer.elapsed() < 200);
    QVERIFY(!scheme.dark().has_value());
    QDBusConnection::disconnectFromBus(s("window5"));
}

void TestDesktop::theManualChoiceWins()
{
    GuiFixture fixture;
    fixture.theme()->choose(ThemeChoice::Light);
    fixture.theme()->setDesktopDark(true);
    QVERIFY(!Theme::tokens().dark);
    fixture.theme()->choose(ThemeChoice::System);
    QVERIFY(Theme::tokens().dark);
    fixture.theme()->choose(ThemeChoice::Light);
    QVERIFY(!Theme::tokens().dark);
    fixture.theme()->setDesktopDark(std::nullopt);
    fixture.theme()->choose(ThemeChoice::System);
}

void TestDesktop::withoutABusNothingIsCalled()
{
    const QByteArray before = qgetenv("DBUS_SESSION_BUS_ADDRESS");
    qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    QObject receiver;
    bool called = false;
    bool told = false;
    withSessionBus(
        &receiver, [&called](const QDBusConnection &) { called = true; }, [&told] { told = true; });
    QVERIFY(!told); // the receiver may not be ready for it yet
    QTRY_VERIFY(told);
    QVERIFY(!called);
    PrivateBus bus;
    QVERIFY(bus.start());
    qputenv("DBUS_SESSION_BUS_ADDRESS", bus.address().toLatin1());
    withSessionBus(&receiver, [&called](const QDBusConnection &) { called = true; });
    QTRY_VERIFY(called);
    QDBusConnection::disconnectFromBus(s("arcology-window"));
    qputenv("DBUS_SESSION_BUS_ADDRESS", before);
}

int main(int argc, char **argv)
{
    TestDesktop test;
    return runGuiTest(test, argc, argv);
}
#include "tst_desktop.moc"
