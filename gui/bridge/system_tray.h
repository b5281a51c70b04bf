// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/tray.h"

#include <QPointer>
#include <QString>
#include <QSystemTrayIcon>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <memory>

class QDBusConnection;
class QDBusServiceWatcher;

namespace arc {

/// The desktop's own tray. Its coming and going is told where the desktop says it (the bus name of
/// status notifiers); elsewhere isAvailable() has to be asked. Qt asks the desktop's panel for its
/// tray and waits for the answer, up to 25 s: it is let do so only after the panel has answered
/// the same question to us, who do not wait. GUI thread.
class SystemTray : public Tray {
    Q_OBJECT
public:
    /// A panel that says nothing for so long is taken as none, until it answers.
    static constexpr int kPatienceMs = 3000;

    explicit SystemTray(QObject *parent = nullptr);

    bool isAvailable() const override;
    bool isKnown() const override { return m_panel != Panel::Unknown; }
    void setShown(bool shown) override;
    bool isShown() const override { return m_icon && m_icon->isVisible(); }
    void setIcon(const QIcon &icon) override;
    void setToolTip(const QString &text) override;
    void setMenu(QMenu *menu) override;
    void tell(const QString &title, const QString &text) override;

private Q_SLOTS:
    void hostCame(); ///< a panel that was there as a name only shows icons from now on

private:
    enum class Panel : uint8_t {
        Unknown,  ///< not found out yet
        NotOnBus, ///< there may be a tray of the display's own
        Silent,   ///< it is there, and does not answer
        Answers,
    };
    void listen(const QDBusConnection &bus);
    void ask(const QDBusConnection &bus);
    void found(Panel panel);
    QSystemTrayIcon &icon();

    Panel m_panel = Panel::Unknown;
    bool m_qtShows = false;      ///< Qt found the panel that answers, too
    std::function<void()> m_ask; ///< again, on the bus there is; null: there is none
    uint64_t m_question = 0;     ///< answers to earlier ones are of a panel that has gone
    QTimer m_patience;
    QIcon m_picture;
    QString m_toolTip;
    QPointer<QMenu> m_menu;
    std::unique_ptr<QSystemTrayIcon> m_icon; // made when it is first shown
    QDBusServiceWatcher *m_watcher = nullptr;
};

} // namespace arc
