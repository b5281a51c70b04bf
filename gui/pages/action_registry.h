// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/control.h"

#include <QKeySequence>
#include <QObject>

#include <functional>
#include <string_view>
#include <vector>

class QAction;
class QMenu;

namespace arc {

/// One thing that can be done in the window, told once.
struct ActionFacts {
    QString id;   ///< "site.restart": how menus and tests name it
    QString text; ///< as menus say it, with its mnemonic
    QString icon {};
    QKeySequence shortcut {};
    QString title {}; ///< where its menu does not say what it is about: "Dark theme"
    /// The row of operations.def it orders, and with it its confirmation class; empty: only the
    /// window changes.
    std::string_view operation {};
    QString words {}; ///< what else somebody might search it by
    /// The key works only where no input wants it (Space): the window asks for it itself.
    bool isBareKey = false;
};

/// Every action of the window. Menus, palette, toolbar, context menus, tray and the sheet of
/// shortcuts read it, so that all of them do the same thing in the same way. GUI thread.
class ActionRegistry : public QObject {
    Q_OBJECT
public:
    using Run = std::function<void()>;
    using SiteRun = std::function<void(const QString &site)>;
    /// Why it cannot be done now, in one sentence; empty: it can.
    using WhyNot = std::function<QString()>;
    using SiteWhyNot = std::function<QString(const QString &site)>;

    struct Entry {
        ActionFacts facts;
        QAction *action;     ///< of the whole window, or on the selected site
        QString siteText {}; ///< "&Restart %1"; empty: not an action on a site
        SiteRun siteRun {};
        SiteWhyNot siteWhyNot {};
        WhyNot whyNot {};

        bool isOnSite() const { return !siteText.isEmpty(); }
        QString siteTitle(const QString &site) const; ///< "Restart shop"
    };

    explicit ActionRegistry(QObject *parent = nullptr);

    QAction *add(const ActionFacts &facts, Run run, WhyNot whyNot = {});
    QAction *addForSite(const ActionFacts &facts, const QString &siteText, SiteRun run,
                        SiteWhyNot whyNot);

    const std::vector<Entry> &entries() const { return m_entries; }
    QAction *action(const QString &id) const; ///< asserts that there is one
    const Entry &entry(const QString &id) const;
    /// What operations.def says about the operation; None for what changes only the window.
    static Confirm confirmation(const ActionFacts &facts);

    /// The site that menus and shortcuts act on; empty: none.
    void selectSite(const QString &site);
    const QString &selectedSite() const { return m_site; }
    /// Asks every action anew whether it can be done.
    void refresh();
    /// Adds the actions on one site: a context menu's contents.
    void fillSiteMenu(QMenu &menu, const QString &site) const;

private:
    QAction *makeAction(const ActionFacts &facts);

    std::vector<Entry> m_entries;
    QString m_site;
};

/// A text without its mnemonic and its ellipsis: what the palette and screen readers say.
QString plainText(const QString &text);

} // namespace arc
