// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/run_store.h"
#include "server/store/database.h"

namespace arc {

// The history of schedules in the tables job_run and schedule_mark. Store thread only; each call
// may wait for the disk.

/// Tells what still ran as lost, and reads what an engine needs to go on.
Result<FoundRuns> findRuns(Database &database, int64_t nowUnixMs);
/// Then forgets what is beyond RunStore's limits.
Result<void> writeRun(Database &database, const JobRun &run);
Result<void> writeMark(Database &database, const ScheduleMark &mark);
/// Newest first, at most 1000.
Result<std::vector<JobRun>> readRuns(Database &database, const RunFilter &filter);

} // namespace arc
