// SPDX-License-Identifier: Apache-2.0
// How the window is left: closed, which keeps serving, or quit, which asks.
#include "gui/pages/shell.h"

#include "gui/bridge/after_logout.h"
#include "gui/bridge/control_bridge.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/after_logout_dialog.h"
#include "gui/pages/app_dialogs.h"
#include "gui/pages/tray_control.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QSettings>
#include <QTimer>

#include <algorithm>

namespace arc {

constexpr auto kGeometryKey = "geometry";
constexpr auto kPageKey = "page";
constexpr auto kExplainedKey = "closeExplained";
constexpr auto kTrayToldKey = "trayTold";

static QString joined(const QString &first, const QString &second)
{
    return second.isEmpty() ? first : first + QStringLiteral("\n\n") + second;
}

void Shell::restoreWindow()
{
    restoreGeometry(m_windowSettings->value(QLatin1String(kGeometryKey)).toByteArray());
    const int page = m_windowSettings->value(QLatin1String(kPageKey), 0).toInt();
    showPage(page >= 0 && page < kPageCount ? PageId(page) : PageId::Overview);
    m_rail->button(m_page)->setFocus(Qt::OtherFocusReason);
}

void Shell::saveWindow()
{
    m_windowSettings->setValue(QLatin1String(kGeometryKey), saveGeometry());
    m_windowSettings->setValue(QLatin1String(kPageKey), int(m_page));
}

int Shell::servedSites() const
{
    if (m_bridge.link() != Link::Live)
        return 0;
    return int(std::ranges::count_if(m_bridge.snapshot().sites, [](const api::SiteFigures &site) {
        return site.state == "running" || site.state == "degraded" || site.state == "starting";
    }));
}

void Shell::closeEvent(QCloseEvent *event)
{
    saveWindow();
    if (m_leaving)
        return event->accept();
    const int sites = servedSites();
    const bool toTray = sites > 0 && m_tray && m_tray->canHold();
    if (!toTray
        && (sites == 0 || m_windowSettings->value(QLatin1String(kExplainedKey), false).toBool())) {
        m_leaving = true;
        event->accept();
        Q_EMIT left();
        return;
    }
    event->ignore();
    if (toTray)
        return hideInTray();
    const QString text =
        tr("%n site(s) stay reachable while this window is closed.", nullptr, sites)
        + QLatin1Char(' ')
        + tr("Start Arcology again to get the window back. To stop serving, choose File › Quit. "
             "This is said once.");
    askClose(this, joined(text, afterLogoutText()), [this] {
        m_windowSettings->setValue(QLatin1String(kExplainedKey), true);
        leave();
    });
}

void Shell::makeTray()
{
    if (!m_options.tray)
        return;
    m_tray = new TrayControl(*m_options.tray, m_bridge, *m_registry, m_options.instanceName, this);
    connect(m_tray, &TrayControl::openWanted, this, &Shell::raiseWindow);
    connect(m_tray, &TrayControl::lost, this, [this] {
        if (!isVisible())
            raiseWindow(); // nobody could find it any more
    });
}

void Shell::makeAfterLogout()
{
    if (!m_options.keepServing)
        return;
    m_afterLogout = new AfterLogout(*m_options.keepServing, this);
    QAction *action = m_registry->add(
        {.id = QStringLiteral("file.afterLogout"),
         .text = tr("&Keep serving when I log out…"),
         .words = tr("logout boot start service systemd linger")},
        [this] { askAfterLogout(); }, [this] { return m_afterLogout->whyNot(); });
    action->setCheckable(true);
    action->setVisible(false); // what nobody could look into is not offered
    connect(m_afterLogout, &AfterLogout::changed, this, [this, action] {
        action->setVisible(m_afterLogout->state() || m_afterLogout->isBusy());
        action->setChecked(m_afterLogout->state() && m_afterLogout->state()->on);
        m_registry->refresh();
    });
    connect(m_afterLogout, &AfterLogout::done, this, [this](bool succeeded, const QString &said) {
        if (succeeded || !findChild<AfterLogoutDialog *>())
            say(said);
    });
    // Asked when there is something to keep, and again whenever the engine came back.
    connect(&m_bridge, &ControlBridge::linkChanged, this, [this] {
        if (m_bridge.link() == Link::Live)
            m_afterLogout->look();
    });
}

void Shell::askAfterLogout()
{
    const bool isOn = m_afterLogout->state() && m_afterLogout->state()->on;
    // The click has set the mark already; it follows what is.
    m_registry->action(QStringLiteral("file.afterLogout"))->setChecked(isOn);
    if (!m_afterLogout->whyNot().isEmpty())
        return;
    raiseWindow();
    auto *dialog = new AfterLogoutDialog(*m_afterLogout, !isOn, this);
    dialog->open();
}

/// What becomes of the sites at logout; empty while nobody knows.
QString Shell::afterLogoutText() const
{
    if (!m_afterLogout || !m_afterLogout->state())
        return {};
    const KeepServing::State &state = *m_afterLogout->state();
    if (state.on)
        return tr("It goes on when you log out, too.");
    return state.possible ? tr("It may end when you log out, unless you choose File › Keep serving "
                               "when I log out.")
                          : tr("It may end when you log out.");
}

void Shell::hideInTray()
{
    hide();
    if (m_windowSettings->value(QLatin1String(kTrayToldKey), false).toBool())
        return;
    m_windowSettings->setValue(QLatin1String(kTrayToldKey), true);
    m_tray->tellHidden();
}

void Shell::endSession()
{
    saveWindow();
    m_leaving = true;
    close();
    Q_EMIT left();
}

void Shell::quit()
{
    const int sites = servedSites();
    if (sites == 0) {
        // Nothing is served: an engine that this window may start needs not stay.
        if (m_bridge.canStartEngine() && m_bridge.link() == Link::Live)
            return stopAndLeave();
        return leave();
    }
    if (!isVisible())
        raiseWindow(); // asked from the tray: the question needs its window
    const QString back = m_tray && m_tray->canHold()
        ? tr("Closing the window keeps serving; its icon in the panel opens it again.")
        : tr("Closing the window keeps serving; start Arcology again to get it back.");
    askQuit(this, sites, m_bridge.snapshot().total.requestsPerSecond,
            joined(back, afterLogoutText()), [this](QuitChoice choice) {
                if (choice == QuitChoice::StopServing)
                    stopAndLeave();
                else if (m_tray && m_tray->canHold())
                    hideInTray();
                else
                    leave();
            });
}

void Shell::stopAndLeave()
{
    // The engine drains before it ends; the window does not stay for that.
    QTimer::singleShot(kShutdownWaitMs, this, &Shell::leave);
    m_bridge.call(&Control::shutdown, {}, this, [this](Result<api::Nothing> answer) {
        if (answer)
            leave();
    });
}

void Shell::leave()
{
    if (m_leaving)
        return;
    m_leaving = true;
    close();
    Q_EMIT left();
}

} // namespace arc
