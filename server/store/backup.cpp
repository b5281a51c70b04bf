// SPDX-License-Identifier: Apache-2.0
#include "server/store/backup.h"

#include "server/base/file_descriptor.h"
#include "server/store/config_tables.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

Error failed(const std::string &path, int errnoValue)
{
    return {ErrorCode::DataDir, fmt::format("{}: {}", path, strerror(errnoValue))};
}

bool exists(const std::string &path)
{
    struct stat info { };
    return ::lstat(path.c_str(), &info) == 0;
}

Result<void> syncFile(const std::string &path, int flags)
{
    const FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
    if (!file || ::fsync(file.get()) != 0)
        return failed(path, errno);
    return {};
}

std::string folderOf(const std::string &path)
{
    const size_t slash = path.rfind('/');
    return slash == path.npos ? "." : path.substr(0, std::max<size_t>(1, slash));
}

/// What was renamed in there survives loss of power.
Result<void> syncFolderOf(const std::string &path)
{
    return syncFile(folderOf(path), O_RDONLY | O_DIRECTORY);
}

Result<void> rename(const std::string &from, const std::string &to)
{
    if (::rename(from.c_str(), to.c_str()) != 0)
        return failed(from, errno);
    return {};
}

/// A database of ours that nobody has open is one file.
Result<void> copyFile(const std::string &from, const std::string &to)
{
    const FileDescriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in)
        return failed(from, errno);
    const FileDescriptor out(
        ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out)
        return failed(to, errno);
    std::array<char, 64 * 1024> buffer;
    for (;;) {
        const ssize_t size = ::read(in.get(), buffer.data(), buffer.size());
        if (size < 0)
            return failed(from, errno);
        if (size == 0)
            break;
        if (::write(out.get(), buffer.data(), static_cast<size_t>(size)) != size)
            return failed(to, errno ? errno : ENOSPC);
    }
    if (::fsync(out.get()) != 0)
        return failed(to, errno);
    return {};
}

/// The copy on its way into the place of the database. There whole or not at all.
std::string restorePath(const std::string &databasePath)
{
    return databasePath + ".restore";
}

std::string freeDamagedPath(const std::string &databasePath)
{
    std::string path = databasePath + ".damaged";
    for (int i = 2; exists(path); ++i)
        path = fmt::format("{}.damaged-{}", databasePath, i);
    return path;
}

/// From here on the restore is decided. In this order, because a log beside the copy would be
/// played into it: the log goes first. Each step may have been done before.
Result<std::string> moveIntoPlace(const std::string &databasePath)
{
    std::string damaged = freeDamagedPath(databasePath);
    if (exists(databasePath + "-wal")) {
        if (auto moved = rename(databasePath + "-wal", damaged + "-wal"); !moved)
            return std::move(moved).error();
    }
    ::unlink((databasePath + "-shm").c_str()); // an index of the log, made anew when needed
    if (exists(databasePath)) {
        if (auto moved = rename(databasePath, damaged); !moved)
            return std::move(moved).error();
    } else {
        damaged.clear();
    }
    if (auto safe = syncFolderOf(databasePath); !safe)
        return std::move(safe).error();
    if (auto moved = rename(restorePath(databasePath), databasePath); !moved)
        return std::move(moved).error();
    if (auto safe = syncFolderOf(databasePath); !safe)
        return std::move(safe).error();
    return damaged;
}

} // namespace

std::string backupPath(const std::string &databasePath)
{
    return databasePath + ".backup";
}

std::string repairCommand(const std::string &databasePath)
{
    return "arcology doctor --repair --data-dir " + folderOf(databasePath);
}

Result<void> checkNotLost(const std::string &databasePath)
{
    struct stat info { };
    const bool isMissing = ::stat(databasePath.c_str(), &info) != 0;
    if (isMissing ? errno != ENOENT : info.st_size != 0)
        return {};
    if (!exists(backupPath(databasePath)) || exists(restorePath(databasePath)))
        return {};
    return Error {ErrorCode::DataDir,
                  fmt::format("{}: is {}, but its copy is there; bring that back with `{}`, or "
                              "move {} away to begin with an empty configuration",
                              databasePath, isMissing ? "missing" : "empty",
                              repairCommand(databasePath), backupPath(databasePath))};
}

Result<void> backUp(Database &database)
{
    const std::string target = backupPath(database.path());
    const std::string fresh = target + ".new";
    ::unlink(fresh.c_str()); // of an engine that was killed meanwhile
    if (auto copied = database.copyTo(fresh); !copied)
        return copied;
    if (auto sound = Database::openUnchanged(fresh); !sound)
        return std::move(sound).error();
    if (auto safe = syncFile(fresh, O_RDWR); !safe)
        return safe;
    if (auto moved = rename(fresh, target); !moved)
        return moved;
    return syncFolderOf(target);
}

Result<Restored> restoreBackup(const std::string &databasePath)
{
    const std::string backup = backupPath(databasePath);
    struct stat info { };
    if (::stat(backup.c_str(), &info) != 0)
        return Error {ErrorCode::NotFound,
                      fmt::format("{}: there is no copy; import a document of `arcology ctl config "
                                  "export`, or move the damaged file away to begin anew",
                                  backup)};
    auto database = Database::openUnchanged(backup);
    if (!database)
        return std::move(database).error();
    auto revision = newestRevision(*database);
    if (!revision)
        return std::move(revision).error();
    Restored restored {.revision = *revision,
                       .backedUpMs = int64_t {info.st_mtim.tv_sec} * 1000,
                       .damagedPath = {}};
    const std::string fresh = restorePath(databasePath) + ".new";
    if (auto copied = copyFile(backup, fresh); !copied)
        return std::move(copied).error();
    if (auto moved = rename(fresh, restorePath(databasePath)); !moved)
        return std::move(moved).error();
    if (auto safe = syncFolderOf(databasePath); !safe)
        return std::move(safe).error();
    auto damaged = moveIntoPlace(databasePath);
    if (!damaged)
        return std::move(damaged).error();
    restored.damagedPath = std::move(*damaged);
    return restored;
}

Result<void> finishRestore(const std::string &databasePath)
{
    const std::string fresh = restorePath(databasePath);
    if (!exists(fresh))
        return {};
    if (!Database::openUnchanged(fresh)) // ours was sound when it got that name
        return Error {ErrorCode::DataDir,
                      fmt::format("{}: should be put in the place of the database, but is damaged; "
                                  "move it away",
                                  fresh)};
    auto done = moveIntoPlace(databasePath);
    return done ? Result<void>() : std::move(done).error();
}

} // namespace arc
