// SPDX-License-Identifier: Apache-2.0
// Changes that wait, and changes that are taken back: the bar, its dialogs, undo and redo.
#include "gui/pages/shell.h"

#include "gui/bridge/apply_watch.h"
#include "gui/bridge/control_bridge.h"
#include "gui/bridge/restart_due.h"
#include "gui/bridge/staging.h"
#include "gui/bridge/undo_history.h"
#include "gui/models/format.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/conflict_dialog.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/pending_bar.h"
#include "gui/pages/review_dialog.h"
#include "gui/widgets/toast.h"

#include <QAction>
#include <QPushButton>

#include <utility>

namespace arc {

using Way = UndoHistory::Way;

QWidget *Shell::makePendingBar(QWidget *parent)
{
    m_pendingBar = new PendingBar(*m_staging, parent);
    connect(m_pendingBar, &PendingBar::review, this, &Shell::reviewChanges);
    connect(m_pendingBar, &PendingBar::discard, this, &Shell::discardChanges);
    connect(m_staging, &Staging::conflictFound, this, &Shell::reviewChanges);
    auto *watch = new ApplyWatch(m_bridge, this);
    connect(m_staging, &Staging::applied, this,
            [this, watch](int count, uint64_t revision, const QStringList &apps) {
                m_restartDue->note(m_staging->lastApplied());
                sayUndoable(tr("%n change(s) applied", nullptr, count), revision);
                watch->begin(apps, revision);
            });
    connect(watch, &ApplyWatch::wentWrong, this, &Shell::rollBack);
    connect(m_staging, &Staging::draftUnreadable, this, [this](const QString &movedTo) {
        say(tr("The draft of changes that were not applied could not be read. It is kept as %1.")
                .arg(movedTo));
    });
    connect(m_staging, &Staging::changed, m_registry, &ActionRegistry::refresh);
    connect(m_undo, &UndoHistory::changed, this, &Shell::showUndo);
    connect(m_undo, &UndoHistory::went, this, [this](Way way, const QString &text) {
        m_staging->knowOwn(m_undo->known());
        if (!m_rolledBack.isEmpty()) {
            m_staging->reopenApplied(m_undo->known());
            return m_toast->show(std::exchange(m_rolledBack, {}));
        }
        const bool isUndo = way == Way::Undo;
        const Way back = isUndo ? Way::Redo : Way::Undo;
        m_toast->show((isUndo ? tr("Undone: %1") : tr("Redone: %1")).arg(text),
                      isUndo ? tr("Redo") : tr("Undo"), [this, back] { m_undo->go(back); });
    });
    connect(m_undo, &UndoHistory::failed, this, [this](Way way, const QString &why) {
        m_rolledBack.clear();
        sayFailed(way == Way::Undo ? tr("Undo") : tr("Redo"), why);
    });
    connect(m_undo, &UndoHistory::conflicted, this, [this](Way way) {
        m_rolledBack.clear();
        askAboutUndo(way == Way::Redo);
    });
    connect(m_header->undoButton(), &QPushButton::clicked, this, [this] { m_undo->go(Way::Undo); });
    showUndo();
    return m_pendingBar;
}

void Shell::makeChangeActions()
{
    m_registry->add(
        {.id = QStringLiteral("edit.undo"),
         .text = tr("&Undo the last change"),
         .icon = QStringLiteral("undo"),
         .shortcut = QKeySequence(QStringLiteral("Ctrl+Z")),
         .operation = "rollbackConfig"},
        [this] { m_undo->go(Way::Undo); }, [this] { return m_undo->whyNot(Way::Undo); });
    m_registry->add(
        {.id = QStringLiteral("edit.redo"),
         .text = tr("&Redo"),
         .icon = QStringLiteral("redo"),
         .shortcut = QKeySequence(QStringLiteral("Ctrl+Shift+Z")),
         .operation = "rollbackConfig"},
        [this] { m_undo->go(Way::Redo); }, [this] { return m_undo->whyNot(Way::Redo); });
    m_registry->add(
        {.id = QStringLiteral("edit.apply"),
         .text = tr("&Apply the changes"),
         .icon = QStringLiteral("check"),
         .shortcut = QKeySequence(QStringLiteral("Ctrl+Return")),
         .operation = "applyChanges",
         .words = tr("pending save")},
        [this] { m_staging->apply(); }, [this] { return m_staging->whyNotApply(); });
    const auto whyNoneStaged = [this] {
        return m_staging->changes().isEmpty() ? tr("Nothing is changed") : QString();
    };
    m_registry->add(
        {.id = QStringLiteral("edit.review"),
         .text = tr("Re&view the changes…"),
         .words = tr("pending difference conflict")},
        [this] { reviewChanges(); }, whyNoneStaged);
    m_registry->add(
        {.id = QStringLiteral("edit.discard"),
         .text = tr("&Discard the changes"),
         .words = tr("pending revert")},
        [this] { discardChanges(); }, whyNoneStaged);
}

void Shell::showUndo()
{
    const UndoHistory::Step *step = m_undo->next(Way::Undo);
    m_header->showUndo(step ? step->text : QString(), m_undo->whyNot(Way::Undo));
    m_registry->refresh();
}

void Shell::sayUndoable(const QString &text, uint64_t revision)
{
    m_undo->record(text, revision);
    m_staging->knowOwn(revision);
    m_toast->show(text, tr("Undo"), [this, revision] { undoRevision(revision); });
}

void Shell::undoRevision(uint64_t revision)
{
    const UndoHistory::Step *step = m_undo->next(Way::Undo);
    if (step && step->revision == revision)
        return m_undo->go(Way::Undo);
    say(tr("Something else was changed since. Settings › Configuration history has every state."));
}

void Shell::rollBack(const QString &site, const QString &why, uint64_t revision)
{
    const UndoHistory::Step *step = m_undo->next(Way::Undo);
    if (!step || step->revision != revision)
        return; // something else was done since; the site's page tells what is wrong
    m_rolledBack = tr("Rolled back: %1 did not start with the changes (%2). They wait below again.")
                       .arg(site, why);
    m_undo->go(Way::Undo);
}

// ---- pending changes

void Shell::reviewChanges()
{
    if (m_changesDialog && m_changesDialog->isVisible())
        return m_changesDialog->raise();
    if (m_staging->changes().isEmpty())
        return;
    if (m_staging->foreign())
        return askAboutForeignChanges();
    auto *dialog = new ReviewDialog(*m_staging, this);
    m_changesDialog = dialog;
    connect(dialog, &ReviewDialog::discard, this, &Shell::discardChanges);
    dialog->open();
}

void Shell::discardChanges()
{
    const int count = m_staging->changes().count();
    if (count == 0)
        return;
    m_staging->discard();
    m_toast->show(tr("%n change(s) discarded", nullptr, count), tr("Bring back"),
                  [this] { m_staging->bringBack(); });
}

void Shell::askAboutForeignChanges()
{
    const Staging::Foreign foreign = *m_staging->foreign();
    ConflictText text {
        .title = foreignText(foreign.author, foreign.atUnixMs),
        .sentence = foreign.overlaps
            ? tr("Some of what you changed and did not apply was changed by somebody else. Yours "
                 "is kept until you decide.")
            : tr("You changed this before somebody else changed other things. Yours is kept until "
                 "you decide."),
        .mine = {},
        .onTop = tr("Redo mine on top"),
        .drop = tr("Drop mine"),
        .from = foreign.from,
        .to = foreign.to};
    for (const StagedEdit &edit : m_staging->changes().edits()) {
        const QString line =
            objectTitle(edit.id) + QStringLiteral(": ") + edit.label() + QLatin1Char(' ');
        text.mine << (edit.isConflict ? line + edit.changeText()
                              + tr("   ▲ changed by both; yours would replace theirs")
                                      : line + edit.changeText());
    }
    auto *dialog = new ConflictDialog(m_bridge, text, this);
    m_changesDialog = dialog;
    connect(dialog, &ConflictDialog::onTop, this, [this] { m_staging->putOnTop(); });
    connect(dialog, &ConflictDialog::drop, this, &Shell::discardChanges);
    dialog->open();
}

// ---- undo and redo

void Shell::askAboutUndo(bool isRedo)
{
    const Way way = isRedo ? Way::Redo : Way::Undo;
    const UndoHistory::Step *step = m_undo->next(way);
    if ((m_changesDialog && m_changesDialog->isVisible()) || !step)
        return;
    m_bridge.refresh();
    const ConflictText text {
        .title = foreignText({}, 0),
        .sentence = isRedo
            ? tr("Nothing was redone: the configuration is no longer as you left it.")
            : tr("Nothing was undone: the configuration is no longer as you left it."),
        .mine = {(isRedo ? tr("Redo: %1") : tr("Undo: %1")).arg(step->text)},
        .onTop = isRedo ? tr("Redo mine on top") : tr("Undo mine anyway"),
        .drop = tr("Drop mine"),
        .from = m_undo->known(),
        .to = 0};
    auto *dialog = new ConflictDialog(m_bridge, text, this);
    m_changesDialog = dialog;
    connect(dialog, &ConflictDialog::onTop, this, [this, way] { m_undo->goOnTop(way); });
    connect(dialog, &ConflictDialog::drop, this, [this, way] { m_undo->drop(way); });
    dialog->open();
}

} // namespace arc
