// SPDX-License-Identifier: Apache-2.0
#include "server/store/job_tables.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kAnswerMax = 1'000;
constexpr std::string_view kColumns = "id, app, schedule, started_by, state, due_at, started_at, "
                                      "ended_at, exit_code, signal, cause, output, mark";

JobRun runOf(const Statement &row)
{
    return {.id = static_cast<uint64_t>(row.number(0)),
            .app = row.text(1),
            .schedule = row.text(2),
            .startedBy = row.text(3),
            .state = row.text(4),
            .dueUnixMs = row.number(5),
            .startedUnixMs = row.number(6),
            .endedUnixMs = row.number(7),
            .exitCode = static_cast<int>(row.number(8)),
            .signalNumber = static_cast<int>(row.number(9)),
            .cause = row.text(10),
            .output = row.text(11),
            .mark = row.text(12)};
}

/// All rows of a bound statement.
template <class T, class Read>
Result<std::vector<T>> allOf(Result<Statement> &rows, Read read)
{
    std::vector<T> out;
    while (true) {
        auto row = rows->step();
        if (!row)
            return std::move(row).error();
        if (!*row)
            return out;
        out.push_back(read(*rows));
    }
}

template <class... Values>
Result<std::vector<JobRun>> selectRuns(Database &database, std::string_view where,
                                       const Values &...values)
{
    auto rows = database.prepare(fmt::format("SELECT {} FROM job_run {}", kColumns, where));
    if (!rows)
        return std::move(rows).error();
    (rows->bind(values), ...);
    return allOf<JobRun>(rows, runOf);
}

void makeLost(JobRun &run, int64_t nowUnixMs)
{
    const bool wasRunning = run.state == "running";
    run.state = "lost";
    run.endedUnixMs = nowUnixMs;
    run.cause = wasRunning ? "the engine ended while it ran, so what became of it is not known"
                           : "the engine ended while it waited for the run before it";
}

Result<void> writeAll(Database &database, const std::vector<JobRun> &runs)
{
    auto transaction = Transaction::begin(database);
    if (!transaction)
        return std::move(transaction).error();
    for (const JobRun &run : runs) {
        if (auto written = writeRun(database, run); !written)
            return written;
    }
    return transaction->commit();
}

} // namespace

Result<FoundRuns> findRuns(Database &database, int64_t nowUnixMs)
{
    FoundRuns found;
    auto running = selectRuns(database, "WHERE state IN ('running', 'waiting') ORDER BY id");
    if (!running)
        return std::move(running).error();
    found.lost = std::move(*running);
    for (JobRun &run : found.lost)
        makeLost(run, nowUnixMs);
    // A full disk must not hide what has to be ended; the next run that is written will tell of it.
    (void)writeAll(database, found.lost);
    auto last = database.number("SELECT max(id) FROM job_run");
    auto newest =
        selectRuns(database, "WHERE id IN (SELECT max(id) FROM job_run GROUP BY app, schedule)");
    if (!last || !newest)
        return last ? std::move(newest).error() : std::move(last).error();
    found.lastId = static_cast<uint64_t>(*last);
    found.newest = std::move(*newest);
    for (JobRun &one : found.newest) {
        const auto lost = std::find_if(found.lost.begin(), found.lost.end(),
                                       [&](const JobRun &run) { return run.id == one.id; });
        if (lost != found.lost.end())
            one = *lost; // also where it could not be written
    }
    auto rows = database.prepare("SELECT app, schedule, times, up_to FROM schedule_mark");
    if (!rows)
        return std::move(rows).error();
    auto marks = allOf<ScheduleMark>(rows, [](const Statement &row) {
        return ScheduleMark {row.text(0), row.text(1), row.text(2), row.number(3)};
    });
    if (!marks)
        return std::move(marks).error();
    found.marks = std::move(*marks);
    return found;
}

Result<void> writeRun(Database &database, const JobRun &run)
{
    auto written = execute(
        database,
        fmt::format("INSERT OR REPLACE INTO job_run ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    kColumns),
        run.id, run.app, run.schedule, run.startedBy, run.state, run.dueUnixMs, run.startedUnixMs,
        run.endedUnixMs, int64_t {run.exitCode}, int64_t {run.signalNumber}, run.cause, run.output,
        run.mark);
    if (!written)
        return written;
    auto own = execute(database,
                       "DELETE FROM job_run WHERE app=?1 AND schedule=?2 AND state NOT IN "
                       "('running', 'waiting') AND id <= (SELECT id FROM "
                       "job_run WHERE app=?1 AND schedule=?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
                       run.app, run.schedule, uint64_t {RunStore::kRunsPerScheduleMax});
    if (!own)
        return own;
    return execute(database,
                   "DELETE FROM job_run WHERE state NOT IN ('running', 'waiting') AND id <= "
                   "(SELECT id FROM job_run ORDER BY id DESC LIMIT 1 OFFSET ?)",
                   uint64_t {RunStore::kRunsMax});
}

Result<void> writeMark(Database &database, const ScheduleMark &mark)
{
    if (mark.times.empty())
        return execute(database, "DELETE FROM schedule_mark WHERE app=? AND schedule=?", mark.app,
                       mark.schedule);
    return execute(database,
                   "INSERT OR REPLACE INTO schedule_mark (app, schedule, times, up_to) "
                   "VALUES (?, ?, ?, ?)",
                   mark.app, mark.schedule, mark.times, mark.upToUnix);
}

Result<std::vector<JobRun>> readRuns(Database &database, const RunFilter &filter)
{
    const int64_t before = filter.before == 0
        ? INT64_MAX
        : static_cast<int64_t>(std::min<uint64_t>(filter.before, INT64_MAX));
    return selectRuns(database,
                      "WHERE app=? AND id < ? AND (? = '' OR schedule = ?) "
                      "ORDER BY id DESC LIMIT ?",
                      filter.app, before, filter.schedule, filter.schedule,
                      uint64_t {std::min(filter.limit, kAnswerMax)});
}

} // namespace arc
