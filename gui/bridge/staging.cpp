// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/staging.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"

#include <QDateTime>

#include <algorithm>
#include <set>
#include <utility>

namespace arc {

Staging::Staging(ControlBridge &bridge, const QString &draftFile, QObject *parent)
    : QObject(parent), m_bridge(bridge), m_drafts(draftFile, this)
{
    m_draftDelay.setSingleShot(true);
    m_draftDelay.setInterval(kDraftDelayMs);
    connect(&m_draftDelay, &QTimer::timeout, this, &Staging::flushDraft);
    connect(&m_changes, &PendingChanges::changed, this, &Staging::edited);
    connect(&m_changes, &PendingChanges::annotated, this, &Staging::changed);
    connect(&bridge, &ControlBridge::linkChanged, this, [this] {
        if (m_bridge.link() != Link::Live) // the bar says why not; nothing happens unasked later
            m_applyWanted = m_askedToApply = false;
        settle();
        if (m_bridge.link() == Link::Live && !m_checked)
            check();
        Q_EMIT changed();
    });
    connect(&bridge, &ControlBridge::sitesChanged, this, [this] {
        settle();
        compare(false);
    });
    connect(&bridge, &ControlBridge::revisionsChanged, this, &Staging::nameForeign);
    connect(&bridge, &ControlBridge::snapshotChanged, this, [this] {
        if (m_foreign)
            Q_EMIT changed(); // "20 s ago" grows older
        if (std::exchange(m_checkFailed, false)) {
            m_failure.clear();
            check();
        }
    });
    m_drafts.read(
        [this](DraftStore::Found found, const QByteArray &bytes) { takeDraft(found, bytes); });
}

Staging::~Staging()
{
    if (m_draftDelay.isActive())
        flushDraft();
}

Staging::State Staging::state() const
{
    if (m_applying || m_applyWanted)
        return State::Applying;
    if (m_changes.isEmpty())
        return State::Empty;
    if (m_bridge.link() != Link::Live)
        return State::Unreachable;
    if (m_foreign)
        return State::Conflict;
    if (m_changes.hasProblem() || !m_failure.isEmpty())
        return State::Refused;
    return m_checked ? State::Ready : State::Checking;
}

QString Staging::whyNotApply() const
{
    switch (state()) {
    case State::Ready:
        return {};
    case State::Empty:
        return tr("Nothing is changed");
    case State::Checking:
        return tr("The engine is being asked whether this can be applied");
    case State::Refused:
        return m_failure.isEmpty() ? tr("The engine would refuse this as it is; Review shows why")
                                   : m_failure;
    case State::Conflict:
        return tr("The configuration was changed meanwhile; decide first what becomes of yours");
    case State::Applying:
        return tr("Being applied");
    case State::Unreachable:
        return tr("The engine is not reachable; your changes are kept");
    }
    return {};
}

void Staging::edited()
{
    m_failure.clear();
    m_checked = m_checkFailed = m_applyWanted = false;
    if (m_changes.isEmpty()) {
        m_foreign.reset();
        m_restoredNote.clear();
    } else if (m_foreign && m_foreign->overlaps && !m_changes.hasConflict()) {
        m_foreign.reset(); // the edits in question were taken out
    }
    if (m_draftRead)
        m_draftDelay.start();
    check();
    Q_EMIT changed();
}

// ---- tried

void Staging::check()
{
    if (m_changes.isEmpty() || m_foreign || m_applying || m_bridge.link() != Link::Live)
        return;
    if (m_checking) {
        m_checkAgain = true;
        return;
    }
    m_checking = true;
    m_checkAgain = false;
    api::ChangeSet set = m_changes.changeSet(m_bridge.sites());
    set.dryRun = true;
    m_bridge.call(&Control::applyChanges, std::move(set), this,
                  [this](Result<api::ChangeOutcome> answer) { takeCheck(std::move(answer)); });
}

void Staging::takeCheck(Result<api::ChangeOutcome> answer)
{
    m_checking = false;
    if (m_checkAgain) // edited meanwhile: this answer is about something else
        return check();
    const bool wanted = std::exchange(m_applyWanted, false);
    if (!answer) {
        m_checkFailed = true;
        m_failure = tr("It could not be checked: %1").arg(toQString(answer.error().message()));
        Q_EMIT changed();
        return;
    }
    m_checked = true;
    m_changes.setProblems(answer->problems);
    if (wanted)
        apply(); // refused meanwhile: the bar and the review say why
}

// ---- applied

void Staging::apply()
{
    if (state() != State::Ready)
        return;
    m_applying = true;
    m_bridge.call(&Control::applyChanges, m_changes.changeSet(m_bridge.sites()), this,
                  [this, sent = m_changes.edits()](Result<api::ChangeOutcome> answer) {
                      takeApplied(sent, std::move(answer));
                  });
    Q_EMIT changed();
}

void Staging::takeApplied(const std::vector<StagedEdit> &sent, Result<api::ChangeOutcome> answer)
{
    m_bridge.refresh();
    if (answer) {
        m_restoredNote.clear();
        m_offerAlways = false;
        m_applied = sent;
        m_settling = answer->revision;
        Q_EMIT applied(int(sent.size()), answer->revision, restarts());
        settle();
        return;
    }
    m_applying = false;
    m_failure = tr("Nothing was changed: %1").arg(toQString(answer.error().message()));
    if (answer.error().code() == ErrorCode::Conflict) {
        // Most likely another revision was faster than this window's figures.
        m_askedToApply = true;
        m_bridge.call(&Control::sites, {}, this, [this](Result<api::SiteViews> sites) {
            if (sites && sites->revision != m_changes.madeAgainst())
                m_failure.clear(); // the comparison that follows tells it better
            else
                m_askedToApply = false;
            m_bridge.refresh();
            // The window heard of that revision while the Apply was on its way: nothing will tell
            // of it again.
            if (sites && sites->revision == m_bridge.sites().revision)
                compare(false);
            Q_EMIT changed();
        });
    }
    Q_EMIT changed();
}

/// Edits go when the window knows what took their place: a field must not show the old value again
/// in between.
void Staging::settle()
{
    if (m_settling == 0
        || (m_bridge.sites().revision < m_settling && m_bridge.link() == Link::Live))
        return;
    m_applying = false;
    m_changes.settle(m_applied, std::exchange(m_settling, 0));
    flushDraft();
}

void Staging::discard()
{
    m_discarded = m_changes.edits();
    m_discardedAgainst = m_changes.madeAgainst();
    m_offerAlways = false;
    m_changes.clear();
    flushDraft();
}

void Staging::bringBack()
{
    std::vector<StagedEdit> edits = std::exchange(m_discarded, {});
    for (const StagedEdit &newer : m_changes.edits())
        std::erase_if(edits, [&](const StagedEdit &edit) { return edit.id == newer.id; });
    edits.insert(edits.end(), m_changes.edits().begin(), m_changes.edits().end());
    if (!edits.empty())
        m_changes.replace(std::move(edits), m_discardedAgainst);
    compare(false);
}

void Staging::reopenApplied(uint64_t now)
{
    m_discarded = std::exchange(m_applied, {});
    m_discardedAgainst = now;
    bringBack();
}

QStringList Staging::restarts() const
{
    std::set<QString> apps;
    for (const StagedEdit &edit : m_changes.edits()) {
        if (edit.effect() != Effect::RestartsWorkers)
            continue;
        if (edit.id.kind == EditId::Kind::SiteField && !edit.app.empty())
            apps.insert(toQString(edit.app));
        if (edit.id.kind == EditId::Kind::Setting && edit.id.scope == "app")
            apps.insert(toQString(edit.id.object));
        for (const api::PoolFigures &pool : m_bridge.snapshot().pools) {
            if (edit.id.scope == "engine" && !pool.workers.empty())
                apps.insert(toQString(pool.app));
        }
    }
    return {apps.begin(), apps.end()};
}

int Staging::engineRestarts() const
{
    return int(std::ranges::count(m_changes.edits(), Effect::EngineRestart, &StagedEdit::effect));
}

// ---- compared with what others did

void Staging::compare(bool offerAlways)
{
    m_offerAlways = m_offerAlways || offerAlways;
    if (m_changes.isEmpty() || m_applying || !m_bridge.sitesKnown())
        return;
    const uint64_t newest = m_bridge.sites().revision;
    // Older: the window's own picture lags behind what it did itself. Only an engine that refused
    // because of it has really gone back.
    const bool isBehind = newest < m_changes.madeAgainst() && !m_askedToApply;
    if (newest == m_changes.madeAgainst() || newest == 0 || isBehind) {
        m_offerAlways = m_askedToApply = false;
        return;
    }
    m_comparison = {.serial = m_comparison.serial + 1, .revision = newest};
    std::set<std::pair<std::string, std::string>> levels;
    for (const StagedEdit &edit : m_changes.edits()) {
        if (edit.id.kind == EditId::Kind::Setting)
            levels.emplace(edit.id.scope, edit.id.object);
    }
    m_comparison.waiting = int(levels.size());
    if (levels.empty())
        return finishCompare();
    for (const auto &level : levels) {
        m_bridge.call(
            &Control::settings, {.scope = level.first, .object = level.second}, this,
            [this, level, serial = m_comparison.serial](Result<api::SettingViews> answer) {
                if (serial != m_comparison.serial)
                    return; // a newer comparison runs
                if (answer)
                    m_comparison.levels[level] = std::move(*answer);
                else if (answer.error().code() != ErrorCode::NotFound)
                    return; // the next revision or answer asks again
                if (--m_comparison.waiting == 0)
                    finishCompare();
            });
    }
}

void Staging::finishCompare()
{
    const uint64_t from = m_foreign ? m_foreign->from : m_changes.madeAgainst();
    const uint64_t newest = m_comparison.revision;
    m_changes.follow(newest, [this](const EditId &id) -> std::optional<Current> {
        if (id.kind == EditId::Kind::SiteField)
            return currentOf(id, m_bridge.sites());
        const auto level = m_comparison.levels.find({id.scope, id.object});
        if (level == m_comparison.levels.end())
            return {};
        return currentOf(id, level->second);
    });
    const bool own = isOwn(from, newest);
    if (own && m_changes.hasConflict())
        m_changes.putOnTop();
    const bool isAsked = std::exchange(m_askedToApply, false);
    if (isAsked)
        m_failure.clear(); // what follows tells it better
    const bool offer =
        std::exchange(m_offerAlways, false) || (isAsked && !own) || m_changes.hasConflict();
    if (m_changes.isEmpty())
        return;
    // Pressed when only an undo of this window was not known yet: done as soon as it is checked.
    m_applyWanted = isAsked && own && !offer && m_bridge.link() == Link::Live;
    if (offer) {
        m_foreign = Foreign {.from = from, .to = newest, .overlaps = m_changes.hasConflict()};
        nameForeign();
    }
    m_draftDelay.start();
    check();
    Q_EMIT changed();
    if (offer && isAsked)
        Q_EMIT conflictFound();
}

void Staging::nameForeign()
{
    if (!m_foreign)
        return;
    for (const api::RevisionView &one : m_bridge.revisions().revisions) {
        if (one.revision == m_foreign->to) {
            m_foreign->author = toQString(one.author);
            m_foreign->atUnixMs = one.atUnixMs;
            Q_EMIT changed();
        }
    }
}

void Staging::putOnTop()
{
    m_foreign.reset();
    m_offerAlways = false;
    m_changes.putOnTop();
}

bool Staging::isOwn(uint64_t from, uint64_t to) const
{
    return to > from && to - from <= kOwnMax
        && std::ranges::distance(m_own.upper_bound(from), m_own.upper_bound(to))
        == std::ptrdiff_t(to - from);
}

void Staging::knowOwn(uint64_t revision)
{
    m_own.insert(revision);
    if (m_own.size() > kOwnMax)
        m_own.erase(m_own.begin());
    // The window's own picture may have been faster than the answer.
    if (m_foreign && isOwn(m_foreign->from, m_foreign->to))
        putOnTop();
}

// ---- drafts

void Staging::takeDraft(DraftStore::Found found, const QByteArray &bytes)
{
    m_draftRead = true;
    if (found == DraftStore::Found::Nothing)
        return;
    auto draft = PendingChanges::readDraft(bytes);
    if (!draft)
        return Q_EMIT draftUnreadable(m_drafts.setAside());
    for (const StagedEdit &newer : m_changes.edits())
        std::erase_if(draft->edits, [&](const StagedEdit &edit) { return edit.id == newer.id; });
    const int count = int(draft->edits.size());
    const QString when =
        QDateTime::fromMSecsSinceEpoch(draft->savedUnixMs).date() == QDate::currentDate()
        ? clockText(draft->savedUnixMs).left(5)
        : dateTimeText(draft->savedUnixMs);
    m_restoredNote = tr("%n change(s) from %1 restored", nullptr, count).arg(when);
    std::vector<StagedEdit> edits = std::move(draft->edits);
    edits.insert(edits.end(), m_changes.edits().begin(), m_changes.edits().end());
    m_changes.replace(std::move(edits), draft->madeAgainst);
    // Older than the engine: offered with what happened meanwhile, never put on top silently.
    compare(true);
    Q_EMIT changed();
}

void Staging::flushDraft()
{
    m_draftDelay.stop();
    if (!m_draftRead)
        return;
    if (m_changes.isEmpty())
        m_drafts.remove();
    else
        m_drafts.write(m_changes.toDraft(QDateTime::currentMSecsSinceEpoch()));
}

} // namespace arc
