// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"
#include "server/config/config_store.h"
#include "server/config/run_store.h"
#include "server/store/database.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace arc {

/// The configuration, and the history of schedules, in one SQLite file, in a thread of its own.
///
/// Calls come from any thread, cost a push and are worked off in order; at kJobsMax waiting calls a
/// further one is answered Full. Answers go through `deliver`, called on the store's thread; it
/// must hand them on without waiting and must outlive the store. After close() calls are answered
/// Cancelled. Destroying the store finishes what was begun. A commit is validated, is one
/// transaction and is on the disk before it is answered. One that differs in nothing makes no
/// revision and answers `expected`. Reordering the objects of a document is no difference.
///
/// A copy of the file is kept beside it (store/backup.h): made after a commit, at most one each
/// `backUpEvery`, and by close().
class SqliteStore final : public ConfigStore, public RunStore {
public:
    template <class T>
    using Callback = ConfigStore::Callback<T>; // RunStore's is the same
    using Deliver = std::function<void(std::function<void()>)>;
    static constexpr size_t kJobsMax = 1024;

    /// Opens or creates the file and brings it to the newest schema; at start only, for it waits
    /// for the disk. DataDir: damaged, written by a newer Arcology, or not usable. The file is then
    /// left as it is.
    static Result<std::unique_ptr<SqliteStore>>
    open(const std::string &path, Deliver deliver,
         std::chrono::milliseconds backUpEvery = std::chrono::minutes(1));
    ~SqliteStore() override;
    /// Why the newest copy could not be made; empty: it is there, or not due yet. Any thread.
    std::string trouble() const;

    void load(Callback<StoredConfig> done) override;
    void commit(uint64_t expected, Document document, std::string author, std::string summary,
                Callback<uint64_t> done) override;
    void history(uint64_t before, size_t limit, Callback<std::vector<Revision>> done) override;
    void documentAt(uint64_t revision, Callback<Document> done) override;
    void close(Callback<void> done) override;

    void openRuns(int64_t nowUnixMs, Callback<FoundRuns> done) override;
    void putRun(JobRun run, Callback<void> done) override;
    void putMark(ScheduleMark mark, Callback<void> done) override;
    void runs(RunFilter filter, Callback<std::vector<JobRun>> done) override;

private:
    using Job = std::function<void()>;
    using Time = std::chrono::steady_clock::time_point;
    SqliteStore(Database database, StoredConfig current, Deliver deliver,
                std::chrono::milliseconds backUpEvery);

    template <class T>
    void submit(Callback<T> done, std::function<Result<T>()> work);
    Result<void> enqueue(Job job);
    void workOff();
    void stop();

    // Store thread only, once it runs.
    Result<void> refresh();
    Result<uint64_t> commitNow(uint64_t expected, const Document &document, Revision revision);
    Result<Document> documentAtNow(uint64_t revision);
    void changed();
    void backUpNow();
    std::optional<Database> m_database; ///< empty once closed
    StoredConfig m_current;
    std::optional<Time> m_backUpAt;   ///< when the copy is out of date: when to make the next
    std::optional<Time> m_backedUpAt; ///< the last try

    const Deliver m_deliver;
    const std::chrono::milliseconds m_backUpEvery;

    mutable std::mutex m_mutex; ///< guards the three below; held for a push, a pop or a copy
    std::string m_trouble;
    std::deque<Job> m_jobs;
    bool m_isStopping = false;
    std::condition_variable m_wake;
    Thread m_thread; ///< last: it uses all of the above
};

} // namespace arc
