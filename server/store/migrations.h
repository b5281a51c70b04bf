// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/database.h"

namespace arc {

/// Brings a database to the newest schema: each embedded sql/NNNN_name.sql above PRAGMA
/// user_version in a transaction of its own. DataDir when the file was written by a newer Arcology;
/// it is left as it is.
Result<void> migrate(Database &database);
/// Whether a database could be opened and migrated, found out without changing anything. One that
/// is not there could.
Result<void> examineDatabase(const std::string &path);

} // namespace arc
