// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/display.h"

namespace arc::test {

constexpr int kScreenWidth = 1400;
constexpr int kScreenHeight = 960;

bool Display::start()
{
    m_xvfb.start("Xvfb",
                 {"-displayfd", "1", "-screen", "0",
                  QString("%1x%2x24").arg(kScreenWidth).arg(kScreenHeight), "-nolisten", "tcp"});
    while (!m_xvfb.canReadLine()) {
        if (!m_xvfb.waitForReadyRead(10000))
            return false;
    }
    m_name = ":" + QString::fromLatin1(m_xvfb.readLine()).trimmed();
    m_manager.setProcessEnvironment(environment());
    m_manager.start("openbox", {"--sm-disable"});
    return m_manager.waitForStarted();
}

QProcessEnvironment Display::environment() const
{
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    all.insert("DISPLAY", m_name);
    all.insert("QT_QPA_PLATFORM", "xcb");
    all.insert("XDG_CONFIG_HOME", m_config.path());
    all.remove("DBUS_SESSION_BUS_ADDRESS");
    all.remove("WAYLAND_DISPLAY");
    return all;
}

QByteArray Display::run(const QString &program, const QStringList &arguments) const
{
    QProcess process;
    process.setProcessEnvironment(environment());
    process.start(program, arguments);
    process.waitForFinished(15000);
    return process.readAllStandardOutput().trimmed();
}

QByteArray Display::windowId(const QString &title) const
{
    return run("xdotool", {"search", "--onlyvisible", "--name", title}).split('\n').first();
}

void Display::shoot(const QString &name) const
{
    const QString folder = qEnvironmentVariable("ARC_SHOTS");
    if (!folder.isEmpty())
        run("import", {"-window", "root", folder + "/" + name + ".png"});
}

void Display::kill()
{
    m_xvfb.kill();
    m_xvfb.waitForFinished();
}

Display::~Display()
{
    m_manager.kill();
    m_manager.waitForFinished();
    kill();
}

} // namespace arc::test
