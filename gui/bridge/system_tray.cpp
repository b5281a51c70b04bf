// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/system_tray.h"

#include "gui/bridge/session_bus.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusServiceWatcher>
#include <QMenu>

namespace arc {

/// https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/StatusNotifierWatcher/
constexpr QLatin1String kPanelName("org.kde.StatusNotifierWatcher");

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
    ask(bus);
}

void SystemTray::ask(const QDBusConnection &bus)
{
    QDBusMessage question = QDBusMessage::createMethodCall(
        kPanelName, QStringLiteral("/StatusNotifierWatcher"),
        QStringLiteral("org.freedesktop.DBus.Properties"), QStringLiteral("Get"));
    question << QString(kPanelName) << QStringLiteral("IsStatusNotifierHostRegistered");
    question.setAutoStartService(false);
    auto *waiting = new QDBusPendingCallWatcher(bus.asyncCall(question), this);
    connect(waiting, &QDBusPendingCallWatcher::finished, this,
            [this, waiting, number = ++m_question] {
                waiting->deleteLater();
                if (number != m_question)
                    return;
                const QDBusPendingReply<QVariant> reply = *waiting;
                if (reply.isError() && reply.error().type() == QDBusError::NoReply)
                    return; // still silent
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
    Q_EMIT availabilityChanged();
}

bool SystemTray::isAvailable() const
{
    return m_panel == Panel::Answers
        || (m_panel == Panel::NotOnBus && QSystemTrayIcon::isSystemTrayAvailable());
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
