// SPDX-License-Identifier: Apache-2.0
// What the palette offers: the registry's actions, the sites with what can be done to each, and
// every setting. Others add theirs by addPaletteSource().
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/models/states.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/command_palette.h"
#include "gui/pages/settings_page.h"
#include "server/config/schema.h"

#include <QAction>

namespace arc {

enum Rank { kPageRank, kSiteRank, kActionRank, kSiteActionRank, kSettingRank };

CommandPalette *Shell::commandPalette() const
{
    return m_palette;
}

void Shell::openPalette()
{
    if (m_palette)
        return m_palette->reject(); // the same key closes it
    m_registry->refresh();
    std::vector<PaletteItem> items;
    addActionItems(items);
    addSiteItems(items);
    addSettingItems(items);
    for (const PaletteSource &source : m_paletteSources)
        source(items);
    auto *palette = new CommandPalette(std::move(items), this);
    m_palette = palette;
    palette->open();
}

void Shell::addPaletteSource(PaletteSource source)
{
    m_paletteSources.push_back(std::move(source));
}

void Shell::addActionItems(std::vector<PaletteItem> &items)
{
    for (const ActionRegistry::Entry &entry : m_registry->entries()) {
        if (entry.isOnSite() || !entry.action->isVisible())
            continue;
        const bool isPage = entry.facts.id.startsWith(QLatin1String("page."));
        const QString name = entry.facts.title.isEmpty() ? entry.facts.text : entry.facts.title;
        items.push_back({.text = plainText(name),
                         .note = isPage ? tr("Page") : tr("Action"),
                         .icon = entry.facts.icon,
                         .shortcut = entry.facts.shortcut.toString(QKeySequence::NativeText),
                         .words = entry.facts.words,
                         .whyNot = entry.action->isEnabled() ? QString() : entry.action->toolTip(),
                         .rank = isPage ? kPageRank : kActionRank,
                         .run = [action = entry.action] {
                             action->trigger();
                         }});
    }
}

void Shell::addSiteItems(std::vector<PaletteItem> &items)
{
    for (const api::SiteView &view : m_bridge.sites().sites) {
        const QString site = toQString(view.id);
        const api::SiteFigures *figures = m_bridge.siteFigures(view.id);
        const QString state = figures ? lookOf(toQString(figures->state)).word : QString();
        items.push_back({.text = site,
                         .note = state.isEmpty()
                             ? tr("Site")
                             : tr("Site · %1 · %2").arg(state, toQString(view.kind)),
                         .icon = QStringLiteral("globe"),
                         .words = toQString(view.root),
                         .rank = kSiteRank,
                         .run = [this, site] {
                             showSite(site);
                         }});
        for (const ActionRegistry::Entry &entry : m_registry->entries()) {
            if (!entry.isOnSite())
                continue;
            items.push_back({.text = entry.siteTitle(site),
                             .note = tr("Action"),
                             .icon = entry.facts.icon,
                             .shortcut = site == m_registry->selectedSite()
                                 ? entry.facts.shortcut.toString(QKeySequence::NativeText)
                                 : QString(),
                             .words = entry.facts.words,
                             .whyNot = entry.siteWhyNot(site),
                             .rank = kSiteActionRank,
                             .run = [run = entry.siteRun, site] {
                                 run(site);
                             }});
        }
    }
}

void Shell::addSettingItems(std::vector<PaletteItem> &items)
{
    for (const SettingRow &row : settingRows()) {
        items.push_back({.text = toQString(row.label),
                         .note = tr("Setting · %1").arg(toQString(row.key)),
                         .icon = QStringLiteral("settings"),
                         .words = toQString(row.key),
                         .rank = kSettingRank,
                         .run = [this, key = row.key] {
                             goTo(PageId::Settings);
                             settingsPage()->showSetting(key);
                         }});
    }
}

} // namespace arc
