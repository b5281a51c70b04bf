// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/draft_store.h"
#include "gui/models/pending_changes.h"
#include "server/base/error.h"

#include <QTimer>

#include <map>
#include <set>

namespace arc {

class ControlBridge;

/// Takes the window's pending changes to the engine as one revision, and keeps them safe until
/// then: tried after every edit, compared with every revision that others make, written to a draft
/// file. GUI thread.
class Staging : public QObject {
    Q_OBJECT
public:
    static constexpr int kDraftDelayMs = 1000;
    static constexpr size_t kOwnMax = 100;

    enum class State { Empty, Checking, Ready, Refused, Conflict, Applying, Unreachable };

    /// `draftFile` empty: drafts end with the window.
    Staging(ControlBridge &bridge, const QString &draftFile, QObject *parent = nullptr);
    ~Staging() override;

    PendingChanges &changes() { return m_changes; }
    State state() const;
    QString whyNotApply() const; ///< one sentence; empty: Apply works
    /// Of the last attempt; stays until something is edited.
    const QString &failure() const { return m_failure; }

    void apply();
    void discard();
    void bringBack(); ///< what the last discard() threw away
    /// The edits that the last Apply carried.
    const std::vector<StagedEdit> &lastApplied() const { return m_applied; }
    /// The last Apply was taken back by the revision `now`: its edits wait again.
    void reopenApplied(uint64_t now);

    /// Whose workers an Apply restarts, and how many edits wait for the engine's next start.
    QStringList restarts() const;
    int engineRestarts() const;

    /// Somebody else's revisions that lie between what the edits were made against and now.
    struct Foreign {
        uint64_t from = 0;
        uint64_t to = 0;
        QString author; ///< of the newest; empty: not known
        int64_t atUnixMs = 0;
        bool overlaps = false; ///< they changed what is staged here, not only other things
    };
    const std::optional<Foreign> &foreign() const { return m_foreign; }
    void putOnTop(); ///< keep the edits, on top of what others did
    /// This window made that revision: edits go on top of it without a question.
    void knowOwn(uint64_t revision);

    const QString &restoredNote() const { return m_restoredNote; }
    void flushDraft(); ///< now, instead of when nothing was edited for a second

Q_SIGNALS:
    void changed(); ///< anything above
    /// `apps`: whose workers are being replaced for it.
    void applied(int count, uint64_t revision, const QStringList &apps);
    void conflictFound(); ///< by an Apply: the user waits for an answer
    void draftUnreadable(const QString &movedTo);

private:
    void edited();
    void check();
    void takeCheck(Result<api::ChangeOutcome> answer);
    void settle();
    void takeApplied(const std::vector<StagedEdit> &sent, Result<api::ChangeOutcome> answer);
    void compare(bool offerAlways);
    void finishCompare();
    void nameForeign();
    bool isOwn(uint64_t from, uint64_t to) const;
    void takeDraft(DraftStore::Found found, const QByteArray &bytes);

    ControlBridge &m_bridge;
    PendingChanges m_changes;
    DraftStore m_drafts;
    QTimer m_draftDelay;
    std::set<uint64_t> m_own; ///< the newest kOwnMax revisions that this window made
    bool m_draftRead = false;
    bool m_checking = false;
    bool m_checkAgain = false;
    bool m_checkFailed = false; ///< the engine was not asked; asked again when it tells anything
    bool m_checked = false;     ///< what is staged now was found good
    bool m_applying = false;
    bool m_askedToApply = false; ///< the comparison that runs answers an Apply
    bool m_applyWanted = false;  ///< refused for this window's own revisions only; after the check
    bool m_offerAlways = false;
    QString m_failure;
    QString m_restoredNote;
    std::optional<Foreign> m_foreign;
    struct Comparison {
        uint64_t serial = 0;
        int waiting = 0;
        uint64_t revision = 0;
        std::map<std::pair<std::string, std::string>, api::SettingViews> levels;
    };
    Comparison m_comparison;
    std::vector<StagedEdit> m_applied; ///< by the last Apply
    uint64_t m_settling = 0;           ///< its revision, until the pages can show it; 0: none
    std::vector<StagedEdit> m_discarded;
    uint64_t m_discardedAgainst = 0;
};

} // namespace arc
