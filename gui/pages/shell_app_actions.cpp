// SPDX-License-Identifier: Apache-2.0
// Actions on what belongs to an app: its variables, its connections, its schedules.
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/connection_checks.h"
#include "gui/pages/environment_tab.h"
#include "gui/pages/schedules_tab.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"

#include <QAction>
#include <QTabWidget>

namespace arc {

void Shell::makeVariableActions()
{
    const auto needsApp = [this](const QString &site) {
        return whyNotOn(site, {.app = true});
    };
    m_registry->addForSite(
        {.id = QStringLiteral("site.variables"),
         .text = tr("&Variables and secrets"),
         .icon = QStringLiteral("lock"),
         .shortcut = QKeySequence(QStringLiteral("Ctrl+E")),
         .operation = "editSite",
         .words = tr("environment env password key DATABASE_URL")},
        tr("Edit the &variables of %1"),
        [this](const QString &site) {
            showSite(site);
            m_sites->detail()->showEnvironment();
        },
        needsApp);
    m_registry->addForSite(
        {.id = QStringLiteral("site.connections"),
         .text = tr("Chec&k connections"),
         .icon = QStringLiteral("database"),
         .operation = "checkConnections",
         .words = tr("database redis queue reachable DATABASE_URL")},
        tr("Chec&k the connections of %1"),
        [this](const QString &site) {
            showSite(site);
            m_sites->detail()->showEnvironment();
            m_sites->detail()->environment()->connections()->check();
        },
        needsApp);
}

void Shell::makeScheduleActions()
{
    const auto needsApp = [this](const QString &site) {
        return whyNotOn(site, {.app = true});
    };
    m_registry->addForSite(
        {.id = QStringLiteral("site.schedules"),
         .text = tr("Sch&edules"),
         .icon = QStringLiteral("history"),
         .operation = "schedules",
         .words = tr("cron jobs timer runs")},
        tr("Show the sc&hedules of %1"),
        [this](const QString &site) {
            showSite(site);
            m_sites->detail()->showSchedules();
        },
        needsApp);
    m_registry->addForSite(
        {.id = QStringLiteral("site.addSchedule"),
         .text = tr("&Add a schedule…"),
         .icon = QStringLiteral("plus"),
         .operation = "addSchedule",
         .words = tr("cron job timer")},
        tr("&Add a schedule to %1"),
        [this](const QString &site) {
            showSite(site);
            m_sites->detail()->showSchedules();
            m_sites->detail()->schedules()->add();
        },
        needsApp);
    SchedulesTab *tab = m_sites->detail()->schedules();
    const auto whyNot = [this, tab] {
        const bool isSeen =
            m_page == PageId::Sites && m_sites->detail()->tabs()->currentWidget() == tab;
        return isSeen ? tab->whyNotSelected() : tr("Select a schedule on the page of its site");
    };
    m_registry->add(
        {.id = QStringLiteral("schedule.run"),
         .text = tr("R&un the selected schedule now"),
         .icon = QStringLiteral("play"),
         .operation = "runSchedule",
         .words = tr("cron job start")},
        [tab] { tab->runNow(); }, whyNot);
    m_registry->add(
        {.id = QStringLiteral("schedule.edit"),
         .text = tr("Ed&it the selected schedule…"),
         .icon = QStringLiteral("settings"),
         .operation = "editSchedule",
         .words = tr("cron job times command")},
        [tab] { tab->edit(); }, whyNot);
    m_registry->add(
        {.id = QStringLiteral("schedule.toggle"),
         .text = tr("Switch the selected schedule on or o&ff"),
         .icon = QStringLiteral("pause"),
         .operation = "editSchedule",
         .words = tr("cron job enable disable pause")},
        [tab] { tab->toggle(); }, whyNot);
    m_registry->add(
        {.id = QStringLiteral("schedule.remove"),
         .text = tr("Remove the selected sc&hedule"),
         .icon = QStringLiteral("trash"),
         .operation = "removeSchedule",
         .words = tr("cron job delete forget")},
        [tab] { tab->remove(); }, whyNot);
    connect(tab, &SchedulesTab::deedsChanged, m_registry, &ActionRegistry::refresh);
    connect(m_sites->detail()->tabs(), &QTabWidget::currentChanged, m_registry,
            &ActionRegistry::refresh);
}

} // namespace arc
