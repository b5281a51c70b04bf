// SPDX-License-Identifier: Apache-2.0
// What can be done in the window: every action with its key, told once. Menus and palette follow.
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/charts/chart_table.h"
#include "gui/charts/line_chart.h"
#include "gui/models/format.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/config_documents.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/overview_page.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/shortcuts_sheet.h"
#include "gui/pages/site_actions.h"
#include "gui/pages/sites_page.h"
#include "gui/theme/theme.h"

#include <QAction>
#include <QActionGroup>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>

#include <algorithm>

namespace arc {

static QString s(const char *ascii)
{
    return QString::fromLatin1(ascii);
}

static QKeySequence key(const char *text)
{
    return QKeySequence(QString::fromLatin1(text));
}

void Shell::makeActions()
{
    makeWindowActions();
    makeViewActions();
    makeSiteActions();
    makeSiteCommands();
    if (m_options.theme)
        makeThemeActions();
    for (const ActionRegistry::Entry &entry : m_registry->entries())
        addAction(entry.action); // its key works without its menu
    const auto refresh = [this] {
        m_registry->refresh();
    };
    connect(m_sites, &SitesPage::selectionChanged, this, &Shell::updateSelectedSite);
    connect(m_overview, &OverviewPage::selectionChanged, this, &Shell::updateSelectedSite);
    connect(&m_bridge, &ControlBridge::linkChanged, this, refresh);
    connect(&m_bridge, &ControlBridge::sitesChanged, this, refresh);
    connect(&m_bridge, &ControlBridge::revisionsChanged, this, refresh);
    updateSelectedSite();
}

void Shell::makeWindowActions()
{
    m_registry->add({.id = s("file.add"),
                     .text = tr("&Add site…"),
                     .icon = s("plus"),
                     .shortcut = key("Ctrl+N"),
                     .operation = "addSite",
                     .words = tr("serve folder open project")},
                    [this] { chooseFolder(); });
    if (!m_options.sampleFolder.isEmpty())
        m_registry->add(
            {.id = s("file.sample"), .text = tr("Try a &sample…"), .operation = "addSite"},
            [this] { chooseSample(); });
    m_registry->add({.id = s("file.history"),
                     .text = tr("Configuration &history"),
                     .icon = s("history"),
                     .words = tr("revisions restore rollback")},
                    [this] {
                        goTo(PageId::Settings);
                        settingsPage()->showHistory();
                    });
    auto *documents = new ConfigDocuments(*this, this);
    m_registry->add({.id = s("file.import"),
                     .text = tr("&Import configuration…"),
                     .operation = "importConfig",
                     .words = tr("document load")},
                    [documents] { documents->chooseImport(); });
    m_registry->add({.id = s("file.export"),
                     .text = tr("&Export configuration…"),
                     .operation = "exportConfig",
                     .words = tr("document save backup")},
                    [documents] { documents->chooseExport(); });
    makeAfterLogout();
    m_registry->add({.id = s("file.close"), .text = tr("&Close window"), .shortcut = key("Ctrl+W")},
                    [this] { close(); });
    m_registry->add({.id = s("file.quit"),
                     .text = tr("&Quit…"),
                     .shortcut = key("Ctrl+Q"),
                     .operation = "shutdown",
                     .words = tr("exit end stop serving")},
                    [this] { quit(); });
    makeChangeActions();
    m_registry->add({.id = s("edit.find"),
                     .text = tr("&Find in this page"),
                     .icon = s("search"),
                     .shortcut = key("Ctrl+F"),
                     .words = tr("filter search")},
                    [this] { findInPage(); });
    m_registry->add({.id = s("edit.palette"),
                     .text = tr("Search or &run…"),
                     .icon = s("search"),
                     .shortcut = key("Ctrl+K"),
                     .words = tr("palette command")},
                    [this] { openPalette(); });
    m_registry->add({.id = s("help.shortcuts"),
                     .text = tr("&Keyboard shortcuts"),
                     .icon = s("keyboard"),
                     .shortcut = key("Ctrl+/"),
                     .words = tr("keys hotkeys")},
                    [this] { showShortcuts(*m_registry, this); });
    makeCertificateActions();
    makeWorkerActions();
    makeHelpActions();
}

void Shell::makeViewActions()
{
    for (const PageId page : m_rail->pages()) {
        m_registry->add({.id = pageActionId(page),
                         .text = pageTitle(page).replace(QLatin1Char('&'), QLatin1String("&&")),
                         .icon = pageIcon(page),
                         .shortcut = m_rail->shortcut(page)},
                        [this, page] { goTo(page); });
    }
    m_registry->add(
        {.id = s("view.back"),
         .text = tr("&Back"),
         .icon = s("back"),
         .shortcut = key("Alt+Left"),
         .words = tr("previous page")},
        [this] { goBack(); },
        [this] { return m_places.isEmpty() ? tr("Nothing to go back to") : QString(); });
    QAction *pause = m_registry->add({.id = s("view.pause"),
                                      .text = tr("&Pause the live view"),
                                      .icon = s("pause"),
                                      .shortcut = key("Space"),
                                      .words = tr("freeze stop live"),
                                      .isBareKey = true},
                                     [this] { setPaused(!m_paused); });
    pause->setCheckable(true);
    m_registry->add({.id = s("view.refresh"),
                     .text = tr("&Refresh now"),
                     .icon = s("restart"),
                     .shortcut = key("F5"),
                     .words = tr("reload update")},
                    [this] { m_bridge.refresh(); });
    const auto chart = [this]() -> LineChart * {
        if (auto *focused = qobject_cast<LineChart *>(focusWidget()))
            return focused;
        const auto all = m_stack->currentWidget()->findChildren<LineChart *>();
        const auto seen = std::ranges::find_if(all, &QWidget::isVisible);
        return seen == all.end() ? nullptr : *seen;
    };
    m_registry->add(
        {.id = s("view.chartTable"),
         .text = tr("Show the chart as a &table"),
         .icon = s("overview"),
         .shortcut = key("Ctrl+T"),
         .words = tr("values numbers accessible")},
        [this, chart] {
            if (const LineChart *shown = chart())
                showAsTable(*shown, this);
        },
        [chart] { return chart() ? QString() : tr("This page shows no chart"); });
    m_registry->add({.id = s("view.regions"),
                     .text = tr("Go to the &next part of the window"),
                     .shortcut = key("F6"),
                     .words = tr("focus rail content bar")},
                    [this] { cycleRegions(); });
}

void Shell::makeThemeActions()
{
    auto *group = new QActionGroup(this);
    struct Row {
        const char *id;
        QString text;
        QString title;
        ThemeChoice choice;
    };
    const Row rows[] = {
        {"theme.system", tr("As the &system"), tr("Theme of the system"), ThemeChoice::System},
        {"theme.light", tr("&Light"), tr("Light theme"), ThemeChoice::Light},
        {"theme.dark", tr("&Dark"), tr("Dark theme"), ThemeChoice::Dark},
    };
    for (const Row &row : rows) {
        QAction *action =
            m_registry->add({.id = s(row.id),
                             .text = row.text,
                             .title = row.title,
                             .words = tr("theme colours appearance")},
                            [this, choice = row.choice] {
                                m_options.theme->choose(choice);
                                m_windowSettings->setValue(QStringLiteral("theme"), int(choice));
                            });
        action->setCheckable(true);
        action->setChecked(m_options.theme->choice() == row.choice);
        group->addAction(action);
    }
}

QString Shell::whyNotOn(const QString &site, SiteNeeds needs) const
{
    const api::SiteView *view = m_bridge.site(toStd(site));
    if (!view)
        return tr("%1 is no site").arg(site);
    if (m_bridge.link() != Link::Live)
        return tr("The engine is not reachable");
    if (needs.app && view->app.empty())
        return tr("%1 is not an app: it has no processes").arg(site);
    if (needs.django && !m_actions->isDjango(site))
        return tr("%1 is not a Django project").arg(site);
    if (needs.enabled && !view->enabled)
        return tr("%1 is stopped").arg(site);
    if (needs.stopped && view->enabled)
        return tr("%1 is served already").arg(site);
    return {};
}

void Shell::makeSiteActions()
{
    const auto needs = [this](SiteNeeds what) {
        return [this, what](const QString &site) {
            return whyNotOn(site, what);
        };
    };
    m_registry->addForSite(
        {.id = s("site.open"),
         .text = tr("&Open in browser"),
         .icon = s("open"),
         .shortcut = key("Ctrl+O")},
        tr("&Open %1 in the browser"),
        [this](const QString &site) { m_actions->openInBrowser(site); },
        [this](const QString &site) {
            const api::SiteView *view = m_bridge.site(toStd(site));
            return view && view->urls.empty() ? tr("%1 has no address").arg(site)
                                              : whyNotOn(site, {.enabled = true});
        });
    m_registry->addForSite(
        {.id = s("site.logs"),
         .text = tr("&Logs"),
         .icon = s("logs"),
         .shortcut = key("Ctrl+L"),
         .operation = "logTail",
         .words = tr("output lines")},
        tr("Show the &logs of %1"), [this](const QString &site) { showLogs(site); }, needs({}));
    m_registry->addForSite(
        {.id = s("site.start"), .text = tr("&Start"), .icon = s("play"), .operation = "startSite"},
        tr("&Start %1"), [this](const QString &site) { m_actions->setServing(site, true); },
        needs({.stopped = true}));
    m_registry->addForSite(
        {.id = s("site.stop"), .text = tr("S&top"), .icon = s("stop"), .operation = "stopSite"},
        tr("S&top %1"), [this](const QString &site) { m_actions->setServing(site, false); },
        needs({.enabled = true}));
    m_registry->addForSite(
        {.id = s("site.deploy"),
         .text = tr("&Deploy"),
         .icon = s("restart"),
         .operation = "deploySite",
         .words = tr("restart reload release")},
        tr("&Deploy %1"), [this](const QString &site) { m_actions->deploy(site); },
        needs({.app = true, .enabled = true}));
}

void Shell::makeSiteCommands()
{
    const auto needs = [this](SiteNeeds what) {
        return [this, what](const QString &site) {
            return whyNotOn(site, what);
        };
    };
    m_registry->addForSite(
        {.id = s("site.migrate"),
         .text = tr("&Migrate…"),
         .icon = s("database"),
         .operation = "runCommand"},
        tr("&Migrate the database of %1"),
        [this](const QString &site) { m_actions->migrate(site); },
        needs({.app = true, .django = true}));
    m_registry->addForSite(
        {.id = s("site.createAdmin"),
         .text = tr("&Create admin…"),
         .icon = s("user"),
         .operation = "runCommand"},
        tr("&Create an administrator of %1"),
        [this](const QString &site) { m_actions->createAdmin(site); },
        needs({.app = true, .django = true}));
    m_registry->addForSite(
        {.id = s("site.run"),
         .text = tr("Run a &command…"),
         .icon = s("terminal"),
         .operation = "runCommand"},
        tr("&Run a command in %1"), [this](const QString &site) { m_actions->runCommand(site); },
        needs({.app = true}));
    m_registry->addForSite(
        {.id = s("site.remove"),
         .text = tr("Re&move"),
         .icon = s("trash"),
         .operation = "removeSite",
         .words = tr("delete forget")},
        tr("R&emove %1"), [this](const QString &site) { m_actions->remove(site); }, needs({}));
}

} // namespace arc
