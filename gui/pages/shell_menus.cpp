// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/config_documents.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/site_actions.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"

#include <QActionGroup>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QShortcut>
#include <QStackedWidget>
#include <QTabWidget>

namespace arc {

void Shell::makeMenus()
{
    makeFileMenu();
    auto *edit = menuBar()->addMenu(tr("&Edit"));
    auto *undoAction = edit->addAction(icon(QStringLiteral("undo")), tr("&Undo the last change"),
                                       m_header->undoButton(), &QPushButton::click);
    undoAction->setShortcut(QKeySequence::Undo);
    connect(edit, &QMenu::aboutToShow, this, [this, undoAction] {
        undoAction->setEnabled(m_header->undoButton()->isEnabled());
        undoAction->setToolTip(m_header->undoButton()->toolTip());
    });
    // A shortcut must not wait for its menu to have been open once.
    connect(edit, &QMenu::aboutToHide, this, [undoAction] { undoAction->setEnabled(true); });
    edit->addSeparator();
    edit->addAction(icon(QStringLiteral("search")), tr("&Find in this page"), this,
                    &Shell::findInPage)
        ->setShortcut(QKeySequence::Find);
    makeViewMenu();
    makeSiteMenu();
    auto *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(icon(QStringLiteral("info")), tr("&About Arcology"), this, &Shell::about);
    auto *regions = new QShortcut(QKeySequence(Qt::Key_F6), this);
    connect(regions, &QShortcut::activated, this, &Shell::cycleRegions);
}

void Shell::makeFileMenu()
{
    auto *file = menuBar()->addMenu(tr("&File"));
    file->addAction(icon(QStringLiteral("plus")), tr("&Add site…"), this, &Shell::chooseFolder)
        ->setShortcut(QKeySequence(QStringLiteral("Ctrl+N")));
    if (!m_options.sampleFolder.isEmpty())
        file->addAction(tr("Try a &sample…"), this, &Shell::chooseSample);
    file->addAction(icon(QStringLiteral("history")), tr("Configuration &history"), this, [this] {
        goTo(PageId::Settings);
        m_settingsPage->showHistory();
    });
    auto *documents = new ConfigDocuments(*this, this);
    file->addAction(tr("&Import configuration…"), documents, &ConfigDocuments::chooseImport);
    file->addAction(tr("&Export configuration…"), documents, &ConfigDocuments::chooseExport);
    file->addSeparator();
    file->addAction(tr("&Close window"), this, &QWidget::close)
        ->setShortcut(QKeySequence(QStringLiteral("Ctrl+W")));
    file->addAction(tr("&Quit…"), this, &Shell::quit)
        ->setShortcut(QKeySequence(QStringLiteral("Ctrl+Q")));
}

void Shell::makeViewMenu()
{
    auto *view = menuBar()->addMenu(tr("&View"));
    for (int i = 0; i < kPageCount; ++i) {
        const auto page = PageId(i);
        auto *action = view->addAction(
            icon(pageIcon(page)), pageTitle(page).replace(QLatin1Char('&'), QLatin1String("&&")),
            this, [this, page] { goTo(page); });
        action->setShortcut(pageShortcut(page));
    }
    view->addSeparator();
    view->addAction(icon(QStringLiteral("restart")), tr("&Refresh now"), this,
                    [this] { m_bridge.refresh(); })
        ->setShortcut(QKeySequence(Qt::Key_F5));
    if (m_options.theme)
        makeThemeMenu(view);
}

void Shell::makeThemeMenu(QMenu *view)
{
    auto *menu = view->addMenu(tr("&Theme"));
    auto *group = new QActionGroup(this);
    const std::pair<QString, ThemeChoice> kChoices[] = {
        {tr("As the &system"), ThemeChoice::System},
        {tr("&Light"), ThemeChoice::Light},
        {tr("&Dark"), ThemeChoice::Dark},
    };
    for (const auto &[text, choice] : kChoices) {
        QAction *action = menu->addAction(text, this, [this, choice = choice] {
            m_options.theme->choose(choice);
            m_windowSettings->setValue(QStringLiteral("theme"), int(choice));
        });
        action->setCheckable(true);
        action->setChecked(m_options.theme->choice() == choice);
        group->addAction(action);
    }
}

void Shell::makeSiteMenu()
{
    auto *site = menuBar()->addMenu(tr("&Site"));
    const auto selected = [this] {
        return m_sites->selected();
    };
    QList<QAction *> actions;
    actions << site->addAction(icon(QStringLiteral("open")), tr("&Open in browser"), this,
                               [=, this] { m_actions->openInBrowser(selected()); });
    actions.last()->setShortcut(QKeySequence(QStringLiteral("Ctrl+O")));
    actions << site->addAction(icon(QStringLiteral("terminal")), tr("&Output"), this, [this] {
        goTo(PageId::Sites);
        m_sites->detail()->tabs()->setCurrentIndex(2);
    });
    actions.last()->setShortcut(QKeySequence(QStringLiteral("Ctrl+L")));
    site->addSeparator();
    actions << site->addAction(tr("&Start"), this,
                               [=, this] { m_actions->setServing(selected(), true); });
    actions << site->addAction(tr("S&top"), this,
                               [=, this] { m_actions->setServing(selected(), false); });
    actions << site->addAction(icon(QStringLiteral("restart")), tr("&Deploy"), this,
                               [=, this] { m_actions->deploy(selected()); });
    site->addSeparator();
    actions << site->addAction(icon(QStringLiteral("trash"), Tint::Error), tr("Re&move"), this,
                               [=, this] { m_actions->remove(selected()); });
    const auto update = [this, actions] {
        updateSiteMenu(actions);
    };
    connect(m_sites, &SitesPage::selectionChanged, this, update);
    connect(&m_bridge, &ControlBridge::linkChanged, this, update);
    connect(&m_bridge, &ControlBridge::sitesChanged, this, update);
    update();
}

void Shell::updateSiteMenu(const QList<QAction *> &actions)
{
    const api::SiteView *view = m_bridge.site(toStd(m_sites->selected()));
    const bool live = m_bridge.link() == Link::Live && view;
    const bool app = view && !view->app.empty();
    const bool enabled[] = {view && !view->urls.empty(),  app,
                            live && !view->enabled,       live && view->enabled,
                            live && app && view->enabled, live};
    for (int i = 0; i < actions.size(); ++i)
        actions[i]->setEnabled(enabled[i]);
}

void Shell::findInPage()
{
    if (m_page == PageId::Settings)
        return m_settingsPage->focusSearch();
    goTo(PageId::Sites);
    m_sites->focusFilter();
}

static QWidget *firstFocusable(QWidget *region)
{
    for (QWidget *at = region->nextInFocusChain(); at && at != region;
         at = at->nextInFocusChain()) {
        if (region->isAncestorOf(at) && at->isVisible() && at->isEnabled()
            && at->focusPolicy() & Qt::TabFocus)
            return at;
    }
    return nullptr;
}

void Shell::cycleRegions()
{
    const QList<QWidget *> regions {m_rail, m_stack->currentWidget(), m_header};
    int now = -1;
    for (int i = 0; i < regions.size(); ++i) {
        if (regions[i]->isAncestorOf(focusWidget()))
            now = i;
    }
    for (int step = 1; step <= regions.size(); ++step) {
        QWidget *target = firstFocusable(regions[(now + step) % regions.size()]);
        if (target)
            return target->setFocus(Qt::ShortcutFocusReason);
    }
}

void Shell::about()
{
    const api::Status &status = m_bridge.status();
    auto *box = new QMessageBox(QMessageBox::NoIcon, tr("About Arcology"),
                                tr("Arcology serves Python web applications and static sites."),
                                QMessageBox::Close, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    QStringList facts;
    if (!status.version.empty())
        facts << tr("Engine %1, process %2").arg(toQString(status.version)).arg(status.pid)
              << tr("Data in %1").arg(toQString(status.dataDir));
    facts << tr("Qt %1").arg(QLatin1String(qVersion())) << tr("Apache License 2.0");
    box->setInformativeText(facts.join(QLatin1Char('\n')));
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

} // namespace arc
