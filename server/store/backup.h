// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/database.h"

#include <string>

namespace arc {

// The copy of a database that lies beside it, and the way back to it. All of it waits for the disk,
// so it runs on the store's thread or in a command; one process at a time (DataDir's lock).
//
// A kill or loss of power at any moment leaves either the old copy or the new one, and either the
// damaged file or the copy in its place: what goes on is finished by the next finishRestore().

/// <database>.backup
std::string backupPath(const std::string &databasePath);

/// "arcology doctor --repair ...", for the sentence that says what to do.
std::string repairCommand(const std::string &databasePath);

/// What a crash of the disk leaves: no database, or an empty one, where a copy says that there was
/// one. Opened as it is it would begin anew, and its first commit would replace the copy. DataDir
/// with the remedy; otherwise nothing, also while a restore waits for its finishRestore().
Result<void> checkNotLost(const std::string &databasePath);

/// Replaces the copy by what was committed last. A copy that quick_check finds damaged does not
/// replace a good one.
Result<void> backUp(Database &database);

struct Restored {
    uint64_t revision = 0;   ///< what the copy holds
    int64_t backedUpMs = 0;  ///< Unix time of the copy
    std::string damagedPath; ///< where the damaged file lies now; empty: there was none
};
/// Puts the copy in the place of the database, which is kept as <database>.damaged (.damaged-2,
/// ...) with its log. NotFound: there is no copy. DataDir: the copy is damaged, too, or the disk
/// fails; the database then lies where it was.
Result<Restored> restoreBackup(const std::string &databasePath);

/// Ends a restoreBackup() that was interrupted; nothing to do in all other cases. Before a database
/// is opened. DataDir: what should be put in place is no sound database; nothing is changed then.
Result<void> finishRestore(const std::string &databasePath);

} // namespace arc
