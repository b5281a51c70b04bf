// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/hop.h"
#include "server/control/api/control.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace arc {

class EngineLauncher;

/// What is known about the engine: nothing yet, its answers are fresh, or it stopped answering.
enum class Link { Connecting, Live, Lost };

/// What a dropped path is, found out away from the GUI thread.
struct PathFacts {
    bool exists = false;
    bool isFolder = false;
    QString folder; ///< the path itself, or the folder of a file
};

/// The window's side of Control, and the only place where answers hop to the GUI thread.
///
/// GUI thread. While watching it asks for a snapshot once a second and at once when watching
/// begins; while not watching it owns no active timer. Figures keep their last value when the
/// engine falls silent: link() says how much they are worth, asOfUnixMs() from when they are.
class ControlBridge : public QObject {
    Q_OBJECT
public:
    static constexpr int kRefreshMs = 1000;
    static constexpr int kLostAfterMs = 3000;
    static constexpr int kHistorySeconds = 300;
    static constexpr int kUnansweredMax = 4; ///< snapshot calls in flight

    ControlBridge(Control &control, EngineLauncher *launcher, QObject *parent = nullptr);
    ~ControlBridge() override;

    /// One call; `done` runs on the GUI thread unless `receiver` is gone by then.
    template <class Request, class Answer>
    void call(void (Control::*operation)(Request, std::function<void(Result<Answer>)>),
              std::type_identity_t<Request> what, QObject *receiver,
              std::type_identity_t<std::function<void(Result<Answer>)>> done)
    {
        (m_control.*operation)(std::move(what),
                               [hop = m_hop, guard = QPointer<QObject>(receiver),
                                done = std::move(done)](Result<Answer> answer) {
                                   hop->run([guard, done, answer = std::move(answer)]() mutable {
                                       if (guard)
                                           done(std::move(answer));
                                   });
                               });
    }

    /// Looks at a path on the thread pool: a dead network mount must not freeze the window.
    void inspect(const QString &path, QObject *receiver, std::function<void(PathFacts)> done);

    /// Whole files, there for the same reason: at most as long as a request to the engine may be.
    void readFile(const QString &path, QObject *receiver,
                  std::function<void(Result<std::string>)> done);
    void writeFile(const QString &path, const std::string &text, QObject *receiver,
                   std::function<void(Result<void>)> done);

    void setWatching(bool watching);
    bool isWatching() const { return m_timer.isActive(); }
    void refresh(); ///< now, besides the regular beat

    Link link() const { return m_link; }
    int64_t asOfUnixMs() const { return m_snapshot.unixMs; }
    const QString &problem() const { return m_problem; } ///< of the last call that failed
    /// The engine answers, but not us: it is of another version, or denies this user.
    bool isRefused() const { return m_isRefused; }

    const api::Snapshot &snapshot() const { return m_snapshot; }
    const api::Status &status() const { return m_status; }
    const api::SiteViews &sites() const { return m_sites; }
    const api::RevisionViews &revisions() const { return m_revisions; } ///< the newest few
    bool sitesKnown() const { return m_sitesKnown; }
    const api::SiteView *site(const std::string &id) const;
    const api::SiteFigures *siteFigures(const std::string &id) const;
    const api::PoolFigures *pool(const std::string &app) const;

    bool canStartEngine() const { return m_launcher != nullptr; }
    QString engineCause() const;
    void startEngine();
    bool isStartingEngine() const { return m_startingEngine; }

Q_SIGNALS:
    void snapshotChanged();
    void statusChanged();
    void sitesChanged();
    void revisionsChanged();
    void historyLoaded(const arc::api::History &history);
    void linkChanged();
    void engineStartFailed(const QString &why);

private:
    void beat();
    void takeProblem(const Error &error);
    void takeSnapshot(Result<api::Snapshot> answer);
    void fetchStatus();
    void fetchConfiguration();
    void fetchHistory();
    void setLink(Link link);

    Control &m_control;
    EngineLauncher *m_launcher;
    std::shared_ptr<Hop> m_hop;
    QTimer m_timer;
    QElapsedTimer m_sinceAnswer;
    QElapsedTimer m_sinceHistory;
    Link m_link = Link::Connecting;
    QString m_problem;
    bool m_isRefused = false;
    int m_unanswered = 0;
    int m_beats = 0;
    bool m_sitesKnown = false;
    bool m_startingEngine = false;
    uint64_t m_fetchedRevision = 0;
    int64_t m_fetchedMarks = 0;
    api::Snapshot m_snapshot;
    api::Status m_status;
    api::SiteViews m_sites;
    api::RevisionViews m_revisions;
};

} // namespace arc
