// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"
#include "server/control/api/codec.h"
#include "server/control/api/control.h"

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace arc::test {

/// An engine that is not there: keeps a real configuration document with real revisions, invents
/// moving figures, and does what a test tells it. Answers at once on the caller's thread (or when
/// released, see hold()). One thread.
///
/// It begins with three sites: "shop" (Django, WSGI, runs), "docs" (static files, runs) and "api"
/// (FastAPI, stopped).
class FakeControl final : public Control {
public:
    FakeControl();
    enum class Begin { Empty };
    explicit FakeControl(Begin); ///< no site at all: the first start

#define OPERATION(NAME, METHOD, PATH, ROLE, REQUEST, ANSWER, VERB, CONFIRM, HELP)                  \
    void NAME(api::REQUEST what, Callback<api::ANSWER> done) override                              \
    {                                                                                              \
        take<api::ANSWER>(#NAME, std::move(what), std::move(done),                                 \
                          [this](const api::REQUEST &asked) { return NAME##Now(asked); });         \
    }
#include "server/control/api/operations.def"

    // ---- what a test may look at
    struct Call {
        std::string operation; ///< "startSite"
        std::string request;   ///< as JSON
    };
    std::vector<Call> calls; ///< oldest first; clear it freely
    size_t count(std::string_view operation) const;
    const Document &document() const
    {
        return m_revisions.back().document;
    }
    uint64_t revision() const
    {
        return m_revisions.back().view.revision;
    }

    // ---- what a test may tell it
    /// The next call of this operation fails; several are queued.
    void failNext(const std::string &operation, Error error);
    /// Every call fails until it is called with nothing: an engine that has gone away.
    void failAll(std::optional<Error> error)
    {
        m_failAll = std::move(error);
    }
    /// Answers wait from now on, until release() lets them go in order. `only`: an operation, when
    /// all others go on being answered.
    void hold(std::string only = {})
    {
        m_holding = true;
        m_heldOnly = std::move(only);
    }
    size_t held() const
    {
        return m_held.size();
    }
    void release();
    /// Milliseconds of Unix time; the real clock unless set.
    void setClock(std::function<int64_t()> clock)
    {
        m_clock = std::move(clock);
    }
    /// Somebody else changes an engine setting: the revision moves on.
    void changeElsewhere(const std::string &key, const std::string &value);
    void changeElsewhere(Document document, const std::string &by);
    /// "failed" or "degraded" need a cause.
    void setSiteState(const std::string &site, std::string state, std::string cause = {});
    /// A new generation starts beside the one that serves, and so many of its workers are ready;
    /// -1: none does.
    void setNextGeneration(const std::string &site, int readyWorkers)
    {
        m_states[site].nextWorkers = readyWorkers;
    }
    /// A site that is added or started reports "starting" for this many snapshots (default 1) ...
    int startupSnapshots = 1;
    /// ... and then fails with this cause, unless it is empty.
    std::string startFails;
    /// What recognise() answers for a folder; other folders are NotProject.
    std::map<std::string, api::Recognition> folders;
    std::string author = "test";                               ///< of the revisions to come
    std::map<std::string, std::string> pinned;                 ///< setting key → "command line"
    std::map<std::string, std::vector<std::string>> appRoutes; ///< app → static folders it names
    std::map<std::string, std::string> outputs;                ///< site → what its app wrote
    std::map<std::string, std::string> logTexts; ///< "engine", "access" → their text
    int64_t skipLines = 0;    ///< the next tail with a cursor says so many were skipped
    size_t searchStep = 4096; ///< bytes that one step of a search looks through
    std::vector<std::string> commandOutput {"Operations to perform:\n",
                                            "  Applying shop.0001_initial... OK\n"};
    int commandExit = 0;
    bool commandHangs = false;                      ///< runs until it is cancelled
    std::vector<std::string> warnings;              ///< of status
    std::vector<api::WorkerEnd> ends;               ///< of workers, newest first
    std::vector<api::ScheduleRun> scheduleRunsKept; ///< of all schedules, newest first
    api::ReleaseViews releasesKept;                 ///< of every site
    /// How services that are enabled and not "running" do, by name, and why.
    std::map<std::string, std::pair<std::string, std::string>> serviceStates;
    std::string scheduleEnd = "done";              ///< state of a run when it is asked for again
    std::vector<api::ConnectionCheck> connections; ///< what checkConnections answers
    std::string listenerError;                     ///< why no listener is open; empty: all are
    bool hasLocalCa = true;                        ///< a listener speaks TLS
    std::vector<api::CertificateView> moreCertificates; ///< beside those of the document
    std::map<std::string, std::vector<std::string>> certificateUsers; ///< id → sites
    std::string renewalProblem; ///< why the local CA signs nothing anew; empty: it does

private:
    struct Kept {
        api::RevisionView view;
        Document document;
    };
    struct SiteState {
        std::string state;
        std::string cause;
        int startupLeft = 0;
        int64_t since = 0; ///< Unix ms
        int firstPid = 0;
        int64_t restarts = 0;
        uint64_t generation = 1;
        int nextWorkers = -1; ///< ready ones of a generation that starts; -1: none does
    };
    struct Task {
        api::TaskView view; ///< output: all of it
        size_t piecesShown = 0;
    };

#define OPERATION(NAME, METHOD, PATH, ROLE, REQUEST, ANSWER, VERB, CONFIRM, HELP)                  \
    Result<api::ANSWER> NAME##Now(const api::REQUEST &what);
#include "server/control/api/operations.def"

    template <class Answer, class Request, class Work>
    void take(const char *operation, Request what, Callback<Answer> done, Work work)
    {
        calls.push_back({operation, api::toJson(what)});
        auto answer = [this, operation, what = std::move(what), done = std::move(done), work] {
            if (auto failure = nextFailure(operation))
                return done(std::move(*failure));
            done(work(what));
        };
        if (m_holding && (m_heldOnly.empty() || m_heldOnly == operation))
            m_held.push_back(std::move(answer));
        else
            answer();
    }
    std::optional<Error> nextFailure(const std::string &operation);

    // Logs (fake_control_logs.cpp)
    Result<std::string> logText(const std::string &source, const std::string &site) const;

    // Configuration (fake_control_config.cpp)
    Result<api::Changed> commit(uint64_t madeAgainst, Document document, bool dryRun = false);
    const Kept *findRevision(uint64_t revision) const;
    api::SiteView viewOf(const SiteConfig &site) const;
    std::vector<std::string> urlsOf(const SiteConfig &site) const;
    std::map<std::string, std::string, std::less<>> sources() const;

    // Figures (fake_control_figures.cpp)
    void startState(const std::string &site);
    void moveStates();
    double loadOf(const std::string &site, int64_t unixMs) const;
    api::SiteFigures figuresOf(const SiteConfig &site, int64_t unixMs) const;
    api::PoolFigures poolOf(const SiteConfig &site, int64_t unixMs) const;
    void addNextGeneration(api::PoolFigures &pool, const SiteState &state) const;
    int64_t now() const
    {
        return m_clock();
    }

    std::function<int64_t()> m_clock;
    std::vector<Kept> m_revisions;
    std::map<std::string, SiteState> m_states;
    std::map<std::string, Task> m_tasks;
    std::map<std::string, std::deque<Error>> m_failures;
    std::optional<Error> m_failAll;
    bool m_holding = false;
    std::string m_heldOnly; ///< empty: all are
    std::deque<std::function<void()>> m_held;
    std::set<int> m_killed;
    int m_nextPid = 4200;
    int64_t m_startedUnixMs = 0;
};

} // namespace arc::test
