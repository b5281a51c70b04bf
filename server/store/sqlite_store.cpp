// SPDX-License-Identifier: Apache-2.0
#include "server/store/sqlite_store.h"

#include "server/base/text.h"
#include "server/store/backup.h"
#include "server/store/config_tables.h"
#include "server/store/job_tables.h"
#include "server/store/migrations.h"

#include <fmt/format.h>
#include <unistd.h>

namespace arc {

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string &path, Deliver deliver,
                                                       std::chrono::milliseconds backUpEvery)
{
    const auto refused = [](Error error) {
        return Error {ErrorCode::DataDir, error.message()};
    };
    if (auto finished = finishRestore(path); !finished)
        return refused(std::move(finished).error());
    if (auto there = checkNotLost(path); !there)
        return refused(std::move(there).error());
    auto database = Database::open(path);
    if (!database)
        return refused(std::move(database).error());
    if (auto done = migrate(*database); !done)
        return refused(std::move(done).error());
    auto current = loadConfig(*database);
    if (!current)
        return refused(std::move(current).error());
    return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(*database), std::move(*current),
                                                        std::move(deliver), backUpEvery));
}

SqliteStore::SqliteStore(Database database, StoredConfig current, Deliver deliver,
                         std::chrono::milliseconds backUpEvery)
    : m_database(std::move(database)), m_current(std::move(current)), m_deliver(std::move(deliver)),
      m_backUpEvery(backUpEvery), m_thread("store", [this] { workOff(); })
{
}

SqliteStore::~SqliteStore()
{
    stop();
    m_thread.join();
}

void SqliteStore::stop()
{
    {
        std::scoped_lock lock(m_mutex);
        m_isStopping = true;
    }
    m_wake.notify_one();
}

Result<void> SqliteStore::enqueue(Job job)
{
    {
        std::scoped_lock lock(m_mutex);
        if (m_isStopping)
            return Error {ErrorCode::Cancelled, "the store is closed"};
        if (m_jobs.size() >= kJobsMax)
            return Error {ErrorCode::Full, "too many changes are waiting to be stored"};
        m_jobs.push_back(std::move(job));
    }
    m_wake.notify_one();
    return {};
}

std::string SqliteStore::trouble() const
{
    std::scoped_lock lock(m_mutex);
    return m_trouble;
}

void SqliteStore::workOff()
{
    // What an engine before this one left without a copy: killed, or of an older version.
    if (m_current.revision > 0 && ::access(backupPath(m_database->path()).c_str(), F_OK) != 0)
        changed();
    while (true) {
        Job job;
        {
            std::unique_lock lock(m_mutex);
            const auto isNeeded = [this] {
                return m_isStopping || !m_jobs.empty();
            };
            if (m_backUpAt)
                m_wake.wait_until(lock, *m_backUpAt, isNeeded);
            else
                m_wake.wait(lock, isNeeded);
            if (!m_jobs.empty()) {
                job = std::move(m_jobs.front());
                m_jobs.pop_front();
            } else if (m_isStopping) {
                return;
            }
        }
        // Changes that wait go first: their callers wait, too.
        if (job)
            job();
        else
            backUpNow();
    }
}

/// The copy is out of date from now on.
void SqliteStore::changed()
{
    if (m_backUpAt)
        return;
    const Time now = std::chrono::steady_clock::now();
    m_backUpAt = m_backedUpAt ? std::max(now, *m_backedUpAt + m_backUpEvery) : now;
}

void SqliteStore::backUpNow()
{
    m_backUpAt.reset();
    m_backedUpAt = std::chrono::steady_clock::now();
    const auto done = backUp(*m_database);
    if (!done)
        changed(); // tried again when the next one is due
    std::scoped_lock lock(m_mutex);
    m_trouble = done
        ? std::string()
        : fmt::format("no copy of the configuration could be made: {}", done.error().message());
}

template <class T>
void SqliteStore::submit(Callback<T> done, std::function<Result<T>()> work)
{
    // The job hands its callback over: a copy left here would let go of what the caller put into it
    // on this thread.
    auto taken = enqueue([this, done, work = std::move(work)]() mutable {
        m_deliver([done = std::move(done), result = work()]() mutable { done(std::move(result)); });
    });
    if (!taken)
        m_deliver([done, error = std::move(taken).error()] { done(error); });
}

/// Somebody may have changed the file by hand, and a COMMIT that failed may have reached the disk
/// all the same.
Result<void> SqliteStore::refresh()
{
    auto newest = newestRevision(*m_database);
    if (!newest)
        return std::move(newest).error();
    if (*newest == m_current.revision)
        return {};
    auto current = loadConfig(*m_database);
    if (!current)
        return std::move(current).error();
    m_current = std::move(*current);
    return {};
}

void SqliteStore::load(Callback<StoredConfig> done)
{
    submit<StoredConfig>(std::move(done), [this]() -> Result<StoredConfig> {
        if (auto fresh = refresh(); !fresh)
            return std::move(fresh).error();
        return m_current;
    });
}

void SqliteStore::commit(uint64_t expected, Document document, std::string author,
                         std::string summary, Callback<uint64_t> done)
{
    Revision revision {.author = std::move(author), .summary = std::move(summary)};
    submit<uint64_t>(
        std::move(done),
        [this, expected, document = std::move(document), revision = std::move(revision)] {
            return commitNow(expected, document, revision);
        });
}

Result<uint64_t> SqliteStore::commitNow(uint64_t expected, const Document &document,
                                        Revision revision)
{
    if (auto valid = validate(document); !valid)
        return std::move(valid).error();
    auto transaction = Transaction::begin(*m_database);
    if (!transaction)
        return std::move(transaction).error();
    if (auto fresh = refresh(); !fresh)
        return std::move(fresh).error();
    if (expected != m_current.revision)
        return Error {
            ErrorCode::Conflict,
            fmt::format("the configuration is at revision {} by now; this change was made "
                        "against {}",
                        m_current.revision, expected)};
    revision.diff = diffDocuments(m_current.document, document);
    if (revision.diff.empty())
        return expected;
    revision.number = expected + 1;
    revision.atUnixMs = unixNowMs();
    if (revision.summary.empty())
        revision.summary = summarise(revision.diff);
    // Applied rather than copied, so that memory and disk have the objects in the same order.
    auto next = applyDiff(m_current.document, revision.diff);
    if (!next)
        return std::move(next).error();
    if (auto written = writeRevision(*m_database, revision); !written)
        return std::move(written).error();
    if (auto committed = transaction->commit(); !committed)
        return std::move(committed).error();
    m_current.document = std::move(*next);
    m_current.revision = revision.number;
    changed();
    return revision.number;
}

void SqliteStore::history(uint64_t before, size_t limit, Callback<std::vector<Revision>> done)
{
    submit<std::vector<Revision>>(std::move(done), [this, before, limit] {
        return readHistory(*m_database, before, std::min(limit, kHistoryLimitMax));
    });
}

void SqliteStore::documentAt(uint64_t revision, Callback<Document> done)
{
    submit<Document>(std::move(done), [this, revision] { return documentAtNow(revision); });
}

Result<Document> SqliteStore::documentAtNow(uint64_t revision)
{
    if (auto fresh = refresh(); !fresh)
        return std::move(fresh).error();
    if (revision > m_current.revision)
        return Error {ErrorCode::NotFound, fmt::format("there is no revision {}", revision)};
    Document document = m_current.document;
    uint64_t at = m_current.revision; // the one `document` is of
    while (at > revision) {
        auto step = readHistory(*m_database, at + 1, std::min(at - revision, uint64_t {100}));
        if (!step)
            return std::move(step).error();
        for (const Revision &one : *step) {
            if (one.number != at)
                break;
            auto before = applyDiff(document, invertDiff(one.diff));
            if (!before)
                return std::move(before).error().within(fmt::format("revision {}", one.number));
            document = std::move(*before);
            --at;
        }
        if (step->empty() || step->front().number < at)
            return Error {ErrorCode::NotFound,
                          fmt::format("revision {} is no longer kept", revision)};
    }
    return document;
}

void SqliteStore::openRuns(int64_t nowUnixMs, Callback<FoundRuns> done)
{
    submit<FoundRuns>(std::move(done),
                      [this, nowUnixMs] { return findRuns(*m_database, nowUnixMs); });
}

void SqliteStore::putRun(JobRun run, Callback<void> done)
{
    submit<void>(std::move(done), [this, run = std::move(run)]() -> Result<void> {
        auto transaction = Transaction::begin(*m_database);
        if (!transaction)
            return std::move(transaction).error();
        auto written = writeRun(*m_database, run);
        return written ? transaction->commit() : written;
    });
}

void SqliteStore::putMark(ScheduleMark mark, Callback<void> done)
{
    submit<void>(std::move(done),
                 [this, mark = std::move(mark)] { return writeMark(*m_database, mark); });
}

void SqliteStore::runs(RunFilter filter, Callback<std::vector<JobRun>> done)
{
    submit<std::vector<JobRun>>(std::move(done), [this, filter = std::move(filter)] {
        return readRuns(*m_database, filter);
    });
}

void SqliteStore::close(Callback<void> done)
{
    submit<void>(std::move(done), [this]() -> Result<void> {
        if (m_backUpAt)
            backUpNow();
        m_backUpAt.reset();
        m_database.reset(); // the last connection writes the log back into the file
        return {};
    });
    stop();
}

} // namespace arc
