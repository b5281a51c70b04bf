// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/pages/task_strip.h"
#include "gui/widgets/banner.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QStackedWidget>

namespace arc {

void Shell::makeMenus()
{
    const auto add = [this](QMenu *menu, std::initializer_list<const char *> ids) {
        menu->setToolTipsVisible(true);
        for (const char *id : ids) {
            if (*id)
                menu->addAction(m_registry->action(QString::fromLatin1(id)));
            else
                menu->addSeparator();
        }
    };
    auto *file = menuBar()->addMenu(tr("&File"));
    add(file, {"file.add"});
    if (!m_options.sampleFolder.isEmpty())
        add(file, {"file.sample"});
    add(file, {"file.history", "file.import", "file.export", ""});
    if (m_afterLogout)
        add(file, {"file.afterLogout"});
    add(file, {"file.close", "file.quit"});
    add(menuBar()->addMenu(tr("&Edit")),
        {"edit.undo", "edit.redo", "", "edit.apply", "edit.review", "edit.discard", "", "edit.find",
         "edit.palette"});
    auto *view = menuBar()->addMenu(tr("&View"));
    for (const PageId page : m_rail->pages())
        view->addAction(m_registry->action(pageActionId(page)));
    add(view, {"", "view.back", "view.refresh", "view.pause", "view.chartTable", "view.regions"});
    if (m_options.theme)
        add(view->addMenu(tr("&Theme")), {"theme.system", "theme.light", "theme.dark"});
    auto *site = menuBar()->addMenu(tr("&Site"));
    for (const ActionRegistry::Entry &entry : m_registry->entries()) {
        if (entry.isOnSite())
            site->addAction(entry.action);
    }
    site->setToolTipsVisible(true);
    add(menuBar()->addMenu(tr("&Tools")),
        {"worker.ends", "worker.end", "", "cert.import", "cert.create", "cert.renew", "",
         "cert.root"});
    add(menuBar()->addMenu(tr("&Help")),
        {"help.page", "help.contents", "help.troubleshooting", "", "help.shortcuts",
         "help.diagnostics", "help.about"});
}

void Shell::makeSiteContextMenus()
{
    connect(m_sites, &SitesPage::menuWanted, this, [this](const QString &site, QPoint where) {
        auto *menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        m_registry->fillSiteMenu(*menu, site);
        menu->popup(where);
    });
    m_sites->detail()->setRunActions({m_registry->action(QStringLiteral("site.migrate")),
                                      m_registry->action(QStringLiteral("site.createAdmin")),
                                      m_registry->action(QStringLiteral("site.run"))});
}

void Shell::keyPressEvent(QKeyEvent *event)
{
    // Space comes here only from what has no use for it: buttons and inputs keep it.
    if (event->key() == Qt::Key_Space && event->modifiers() == Qt::NoModifier)
        return setPaused(!m_paused);
    QMainWindow::keyPressEvent(event);
}

void Shell::findInPage()
{
    QLineEdit *filter = pageFilter();
    if (!filter || !filter->isVisible()) { // a page with nothing to filter: the sites are meant
        goTo(PageId::Sites);
        filter = pageFilter();
    }
    if (!filter)
        return;
    filter->setFocus(Qt::ShortcutFocusReason);
    filter->selectAll();
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
    QList<QWidget *> regions {m_rail, m_stack->currentWidget()};
    if (!m_tasks.empty())
        regions << m_tasks.front();
    if (m_banner->isVisible())
        regions << m_banner;
    regions << m_header;
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

} // namespace arc
