// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/action_registry.h"

#include "gui/theme/icons.h"

#include <QAction>
#include <QMenu>

#include <algorithm>

namespace arc {

ActionRegistry::ActionRegistry(QObject *parent) : QObject(parent)
{
}

QString plainText(const QString &text)
{
    QString plain;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == QLatin1Char('&') && ++i >= text.size())
            break;
        plain += text[i];
    }
    return plain.section(QLatin1Char('\t'), 0, 0);
}

QAction *ActionRegistry::makeAction(const ActionFacts &facts)
{
    Q_ASSERT(
        std::ranges::none_of(m_entries, [&](const Entry &e) { return e.facts.id == facts.id; }));
    auto *action = new QAction(facts.text, this);
    if (!facts.icon.isEmpty())
        action->setIcon(icon(facts.icon, Tint::Text, IconPlace::Alone));
    if (facts.isBareKey)
        action->setText(facts.text + QLatin1Char('\t')
                        + facts.shortcut.toString(QKeySequence::NativeText));
    else
        action->setShortcut(facts.shortcut);
    action->setObjectName(facts.id);
    return action;
}

QAction *ActionRegistry::add(const ActionFacts &facts, Run run, WhyNot whyNot)
{
    QAction *action = makeAction(facts);
    connect(action, &QAction::triggered, this, std::move(run));
    m_entries.push_back({.facts = facts, .action = action, .whyNot = std::move(whyNot)});
    return action;
}

QAction *ActionRegistry::addForSite(const ActionFacts &facts, const QString &siteText, SiteRun run,
                                    SiteWhyNot whyNot)
{
    QAction *action = makeAction(facts);
    connect(action, &QAction::triggered, this, [this, run] {
        if (!m_site.isEmpty())
            run(m_site);
    });
    m_entries.push_back({.facts = facts,
                         .action = action,
                         .siteText = siteText,
                         .siteRun = std::move(run),
                         .siteWhyNot = std::move(whyNot)});
    return action;
}

const ActionRegistry::Entry &ActionRegistry::entry(const QString &id) const
{
    const auto at =
        std::ranges::find_if(m_entries, [&](const Entry &e) { return e.facts.id == id; });
    Q_ASSERT_X(at != m_entries.end(), "ActionRegistry", qPrintable(id));
    return *at;
}

QAction *ActionRegistry::action(const QString &id) const
{
    return entry(id).action;
}

Confirm ActionRegistry::confirmation(const ActionFacts &facts)
{
    const auto rows = operationRows();
    const auto at = std::ranges::find(rows, facts.operation, &OperationRow::name);
    return at == rows.end() ? Confirm::None : at->confirm;
}

void ActionRegistry::selectSite(const QString &site)
{
    m_site = site;
    refresh();
}

QString ActionRegistry::Entry::siteTitle(const QString &site) const
{
    return plainText(siteText).arg(site);
}

/// In a menu that does not lie on the site itself it must be named.
static QString menuText(const ActionRegistry::Entry &entry, const QString &site)
{
    if (site.isEmpty())
        return entry.facts.text;
    const bool asks = entry.facts.text.endsWith(QChar(0x2026));
    return entry.siteText.arg(site) + (asks ? QString(QChar(0x2026)) : QString());
}

void ActionRegistry::refresh()
{
    for (const Entry &entry : m_entries) {
        QString why;
        if (entry.isOnSite())
            entry.action->setText(menuText(entry, m_site));
        if (entry.isOnSite())
            why = m_site.isEmpty() ? tr("No site is selected") : entry.siteWhyNot(m_site);
        else if (entry.whyNot)
            why = entry.whyNot();
        entry.action->setEnabled(why.isEmpty());
        entry.action->setToolTip(why); // a menu shows what is set, and nothing else
    }
}

void ActionRegistry::fillSiteMenu(QMenu &menu, const QString &site) const
{
    menu.setToolTipsVisible(true);
    for (const Entry &entry : m_entries) {
        if (!entry.isOnSite())
            continue;
        // Its own object: the shared action may stand for another site by now.
        QAction *action = menu.addAction(entry.action->icon(), entry.facts.text,
                                         [run = entry.siteRun, site] { run(site); });
        const QString why = entry.siteWhyNot(site);
        action->setObjectName(entry.facts.id);
        action->setEnabled(why.isEmpty());
        action->setToolTip(why.isEmpty() ? entry.siteTitle(site) : why);
    }
}

} // namespace arc
