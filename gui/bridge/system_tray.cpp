// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/system_tray.h"

#include "gui/bridge/session_bus.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusServiceWatcher>
#include <QGuiApplication>
#include <QMenu>

namespace arc {

/// https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/StatusNotifierWatcher/
constexpr QLatin1String kPanelName("org.kde.StatusNotifierWatcher");
constexpr QLatin1String kPanelPath("/StatusNotifierWatcher");

SystemTray::SystemTray(QObject *parent) : Tray(parent)
{
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, [this] { found(Panel::Silent); });
    m_patience.start(kPatienceMs);
    withSessionBus(
        this, [this](const QDBusConnection &bus) { listen(bus); },
        [this] { found(Panel::NotOnBus); });
}

void SystemTray::listen(const QDBusConnection &bus)
{
    m_watcher =
        new QDBusServiceWatcher(kPanelName, bus, QDBusServiceWatcher::WatchForOwnerChange, this);
    connect(m_watcher, &QDBusServiceWatcher::serviceOwnerChanged, this,
            [this, bus](const QString &, const QString &, const QString &now) {
                ++m_question;
                now.isEmpty() ? found(Panel::NotOnBus) : ask(bus);
            });
    m_ask = [this, bus] {
        ask(bus);
    };
    QDBusConnection(bus).connect(QString(), kPanelPath, kPanelName,
                                 QStringLiteral("StatusNotifierHostRegistered"), this,
                                 SLOT(hostCame()));
    ask(bus);
}

void SystemTray::hostCame()
{
    m_ask();
}

void SystemTray::ask(const QDBusConnection &bus)
{
    QDBusMessage question = QDBusMessage::createMethodCall(
        kPanelName, kPanelPath, QStringLiteral("org.freedesktop.DBus.Properties"),
        QStringLiteral("Get"));
    question << QString(kPanelName) << QStringLiteral("IsStatusNotifierHostRegistered");
    question.setAutoStartService(false);
    auto *waiting = new QDBusPendingCallWatcher(bus.asyncCall(question), this);
    connect(waiting, &QDBusPendingCallWatcher::finished, this,
            [this, bus, waiting, number = ++m_question] {
                waiting->deleteLater();
                if (number != m_question)
                    return;
                const QDBusPendingReply<QVariant> reply = *waiting;
                if (reply.isError() && reply.error().type() == QDBusError::NoReply)
                    return ask(bus); // still silent; it may wake up
                const bool hasTray = !reply.isError() && reply.value().toBool();
                found(hasTray ? Panel::Answers : Panel::NotOnBus);
            });
    if (m_panel != Panel::Unknown)
        m_patience.start(kPatienceMs);
}

void SystemTray::found(Panel panel)
{
    m_patience.stop();
    if (panel == m_panel)
        return;
    m_panel = panel;
    // Qt keeps its first answer for the life of the process: where it was asked before this panel
    // came, it shows nothing there. It does not wait now: the panel has just answered.
    m_qtShows = panel == Panel::Answers && QSystemTrayIcon::isSystemTrayAvailable();
    Q_EMIT availabilityChanged();
}

bool SystemTray::isAvailable() const
{
    // A tray of the display itself is a matter of X11. Elsewhere Qt is not asked, so that it can
    // still find a panel that comes later.
    const bool mayBeOfDisplay = !m_ask || QGuiApplication::platformName() == QLatin1String("xcb");
    return m_panel == Panel::Answers
        ? m_qtShows
        : m_panel == Panel::NotOnBus && mayBeOfDisplay && QSystemTrayIcon::isSystemTrayAvailable();
}

QSystemTrayIcon &SystemTray::icon()
{
    if (!m_icon) {
        m_icon = std::make_unique<QSystemTrayIcon>();
        m_icon->setIcon(m_picture);
        m_icon->setToolTip(m_toolTip);
        m_icon->setContextMenu(m_menu);
        connect(m_icon.get(), &QSystemTrayIcon::activated, this,
                [this](QSystemTrayIcon::ActivationReason reason) {
                    if (reason == QSystemTrayIcon::Trigger
                        || reason == QSystemTrayIcon::DoubleClick)
                        Q_EMIT activated();
                });
    }
    return *m_icon;
}

void SystemTray::setShown(bool shown)
{
    if (shown || m_icon)
        icon().setVisible(shown);
}

void SystemTray::setIcon(const QIcon &icon)
{
    m_picture = icon;
    if (m_icon)
        m_icon->setIcon(icon);
}

void SystemTray::setToolTip(const QString &text)
{
    m_toolTip = text;
    if (m_icon)
        m_icon->setToolTip(text);
}

void SystemTray::setMenu(QMenu *menu)
{
    m_menu = menu;
    if (m_icon)
        m_icon->setContextMenu(menu);
}

void SystemTray::tell(const QString &title, const QString &text)
{
    if (m_icon && QSystemTrayIcon::supportsMessages())
        m_icon->showMessage(title, text, m_picture);
}

} // namespace arc
