// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/undo_history.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"

#include <algorithm>

namespace arc {

UndoHistory::UndoHistory(ControlBridge &bridge, QObject *parent) : QObject(parent), m_bridge(bridge)
{
    connect(&bridge, &ControlBridge::revisionsChanged, this, [this] {
        const auto &revisions = m_bridge.revisions().revisions;
        // Before the first answer, and when the engine has another store than the one we knew.
        if (m_known == 0 || (!revisions.empty() && revisions.front().revision < m_known))
            begin();
        Q_EMIT changed();
    });
    connect(&bridge, &ControlBridge::linkChanged, this, &UndoHistory::changed);
}

void UndoHistory::begin()
{
    if (m_beginning)
        return;
    m_beginning = true;
    m_bridge.call(&Control::configHistory, {.before = 0, .limit = kStepsMax}, this,
                  [this](Result<api::RevisionViews> answer) {
                      m_beginning = false;
                      if (!answer || answer->revisions.empty())
                          return; // asked again with the next revision
                      m_undo.clear();
                      m_redo.clear();
                      // The first revision is the empty configuration: nothing is before it.
                      for (auto at = answer->revisions.rbegin(); at != answer->revisions.rend();
                           ++at) {
                          if (at->revision > 1)
                              m_undo.push_back({toQString(at->summary), at->revision});
                      }
                      m_known = answer->revisions.front().revision;
                      Q_EMIT changed();
                  });
}

void UndoHistory::record(const QString &text, uint64_t revision)
{
    if (revision <= m_known)
        return; // "nothing changed" is no step
    m_undo.push_back({text, revision});
    if (m_undo.size() > kStepsMax)
        m_undo.erase(m_undo.begin());
    m_redo.clear();
    m_known = revision;
    Q_EMIT changed();
}

const UndoHistory::Step *UndoHistory::next(Way way) const
{
    const auto &steps = way == Way::Undo ? m_undo : m_redo;
    return steps.empty() ? nullptr : &steps.back();
}

QString UndoHistory::whyNot(Way way) const
{
    if (m_bridge.link() != Link::Live)
        return tr("The engine is not reachable");
    if (m_busy)
        return tr("The engine is at it");
    if (!next(way))
        return way == Way::Undo ? tr("Nothing to undo") : tr("Nothing to redo");
    return {};
}

void UndoHistory::go(Way way)
{
    if (!whyNot(way).isEmpty())
        return;
    if (m_bridge.snapshot().revision > m_known)
        return Q_EMIT conflicted(way); // known to be refused
    send(way, m_known);
}

void UndoHistory::goOnTop(Way way)
{
    if (whyNot(way).isEmpty())
        send(way, m_bridge.snapshot().revision);
}

void UndoHistory::drop(Way way)
{
    if (!stack(way).empty())
        stack(way).pop_back();
    m_known = std::max(m_known, m_bridge.snapshot().revision);
    Q_EMIT changed();
}

void UndoHistory::send(Way way, uint64_t madeAgainst)
{
    m_busy = true;
    const Step step = *next(way);
    m_bridge.call(&Control::rollbackConfig, {.takeBack = step.revision, .revision = madeAgainst},
                  this, [this, way, step, madeAgainst](Result<api::Changed> answer) {
                      m_busy = false;
                      take(way, step, madeAgainst, std::move(answer));
                  });
    Q_EMIT changed();
}

void UndoHistory::refuse(Way way, uint64_t madeAgainst, const Error &error)
{
    const QString why = toQString(error.message());
    if (error.code() != ErrorCode::Conflict)
        return Q_EMIT failed(way, why);
    // Somebody was faster: ask what now. Else it cannot be put on top of what is there either.
    m_bridge.call(&Control::status, {}, this,
                  [this, way, madeAgainst, why](Result<api::Status> now) {
                      if (now && now->revision != madeAgainst)
                          Q_EMIT conflicted(way);
                      else
                          Q_EMIT failed(way, why);
                  });
}

void UndoHistory::take(Way way, const Step &step, uint64_t madeAgainst, Result<api::Changed> answer)
{
    m_bridge.refresh();
    if (!answer) {
        refuse(way, madeAgainst, answer.error());
        return Q_EMIT changed();
    }
    std::erase_if(stack(way), [&](const Step &one) { return one.revision == step.revision; });
    // The way back is to take back this very revision.
    stack(way == Way::Undo ? Way::Redo : Way::Undo).push_back({step.text, answer->revision});
    m_known = answer->revision;
    Q_EMIT went(way, step.text);
    Q_EMIT changed();
}

} // namespace arc
