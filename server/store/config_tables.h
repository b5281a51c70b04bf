// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/config_store.h"
#include "server/store/database.h"

namespace arc {

// The configuration in the tables object, setting and revision. Store thread only; each call may
// wait for the disk.

constexpr uint64_t kRevisionsKept = 10'000; ///< older history is deleted by a commit
constexpr size_t kHistoryLimitMax = 1'000;  ///< revisions of one answer

/// Reads everything. What this version does not understand stays in the tables and becomes a
/// warning.
Result<StoredConfig> loadConfig(Database &database);
/// Newest revision; 0 when nothing was ever committed.
Result<uint64_t> newestRevision(Database &database);
/// Writes a diff and its revision, inside a transaction of the caller's. Rows the diff does not
/// name are not touched.
Result<void> writeRevision(Database &database, const Revision &revision);
/// Newest first, below `before` (0: from the newest).
Result<std::vector<Revision>> readHistory(Database &database, uint64_t before, size_t limit);

} // namespace arc
