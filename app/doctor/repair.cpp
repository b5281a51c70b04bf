// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/repair.h"

#include "server/base/text.h"
#include "server/store/backup.h"
#include "server/store/data_dir.h"

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace arc {

Result<std::string> repairDataDir(const std::string &path)
{
    std::error_code error;
    if (!std::filesystem::is_directory(path, error))
        return fmt::format("{}: there is no data directory yet; nothing to repair", path);
    auto held = DataDir::open(path); // an engine that serves must not lose its file
    if (!held)
        return std::move(held).error();
    const std::string database = held->database();
    if (auto finished = finishRestore(database); !finished)
        return std::move(finished).error();
    const bool isLost = !checkNotLost(database);
    const bool isThere = std::filesystem::exists(database, error) || error;
    if (!isThere && !isLost)
        return fmt::format("{}: there is no database yet; nothing to repair", database);
    if (isThere && ::access(database.c_str(), R_OK | W_OK) != 0)
        return Error {ErrorCode::DataDir,
                      fmt::format("{}: may not be read and written; give the file back to the "
                                  "engine's user",
                                  database)};
    if (!isLost) {
        const auto damaged = Database::isDamaged(database);
        if (!damaged)
            return damaged.error();
        if (!*damaged)
            return fmt::format("{}: is sound; nothing to repair", database);
    }
    auto restored = restoreBackup(database);
    if (!restored)
        return Error {ErrorCode::DataDir, restored.error().message()};
    const std::string kept = restored->damagedPath.empty()
        ? std::string()
        : "; the damaged file lies at " + restored->damagedPath;
    return fmt::format("{}: was {}; revision {}, copied at {}, is in its place{}", database,
                       isThere ? "damaged" : "missing", restored->revision,
                       formatTimestamp(restored->backedUpMs), kept);
}

} // namespace arc
