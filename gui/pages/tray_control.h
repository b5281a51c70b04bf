// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QString>

#include <functional>
#include <memory>

class QMenu;
class QTimer;

namespace arc {

class ActionRegistry;
class ControlBridge;
class Tray;

/// The tray icon's life: shown where the desktop has a tray, in the colour of the state while the
/// window looks, neutral while it does not, with a menu of the registry's own actions.
/// GUI thread. Asks for a tray again for the first minute, since desktops start theirs late; after
/// that, and while the window is hidden, it owns no active timer.
class TrayControl : public QObject {
    Q_OBJECT
public:
    static constexpr int kLookEveryMs = 5000;
    static constexpr int kLooksMax = 12;
    static constexpr int kSitesMax = 15; ///< in the menu; more are a line that opens the window

    TrayControl(Tray &tray, ControlBridge &bridge, ActionRegistry &actions, QString name,
                QObject *parent = nullptr);
    ~TrayControl() override;

    /// Whether closing the window may hide it here. Looks anew.
    bool canHold();
    /// Stops looking for a late tray while nobody sees the window.
    void setWatched(bool watched);
    QMenu *menu() const { return m_menu.get(); }
    /// Once in a life of the window's settings: where the window went.
    void tellHidden();

Q_SIGNALS:
    void openWanted();
    void lost(); ///< the tray has gone: who hid here must come back

private:
    void look();
    void showState();
    void fillMenu();
    void addSites();
    QString stateLine() const;

    Tray &m_tray;
    ControlBridge &m_bridge;
    ActionRegistry &m_actions;
    QString m_name;
    std::unique_ptr<QMenu> m_menu;
    QTimer *m_lookTimer;
    int m_looks = 0;
    QString m_shownState {QStringLiteral("?")};
};

} // namespace arc
