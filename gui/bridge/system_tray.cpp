// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/system_tray.h"

#include "gui/bridge/session_bus.h"

#include <QDBusConnection>
#include <QDBusServiceWatcher>

namespace arc {

SystemTray::SystemTray(QObject *parent) : Tray(parent)
{
    connect(&m_icon, &QSystemTrayIcon::activated, this,
            [this](QSystemTrayIcon::ActivationReason reason) {
                if (reason == QSystemTrayIcon::Trigger || reason == QSystemTrayIcon::DoubleClick)
                    Q_EMIT activated();
            });
    withSessionBus(this, [this](const QDBusConnection &bus) {
        m_watcher = new QDBusServiceWatcher(QStringLiteral("org.kde.StatusNotifierWatcher"), bus,
                                            QDBusServiceWatcher::WatchForOwnerChange, this);
        connect(m_watcher, &QDBusServiceWatcher::serviceOwnerChanged, this,
                [this] { Q_EMIT availabilityChanged(); });
    });
}

void SystemTray::tell(const QString &title, const QString &text)
{
    if (QSystemTrayIcon::supportsMessages())
        m_icon.showMessage(title, text, m_icon.icon());
}

} // namespace arc
