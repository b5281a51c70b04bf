// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/tray.h"

#include <QSystemTrayIcon>

class QDBusServiceWatcher;

namespace arc {

/// The desktop's own tray. Its coming and going is told where the desktop says it (the bus name of
/// status notifiers); elsewhere isAvailable() has to be asked. GUI thread.
class SystemTray : public Tray {
    Q_OBJECT
public:
    explicit SystemTray(QObject *parent = nullptr);

    bool isAvailable() const override { return QSystemTrayIcon::isSystemTrayAvailable(); }
    void setShown(bool shown) override { m_icon.setVisible(shown); }
    bool isShown() const override { return m_icon.isVisible(); }
    void setIcon(const QIcon &icon) override { m_icon.setIcon(icon); }
    void setToolTip(const QString &text) override { m_icon.setToolTip(text); }
    void setMenu(QMenu *menu) override { m_icon.setContextMenu(menu); }
    void tell(const QString &title, const QString &text) override;

private:
    QSystemTrayIcon m_icon;
    QDBusServiceWatcher *m_watcher = nullptr;
};

} // namespace arc
