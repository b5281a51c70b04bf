// SPDX-License-Identifier: Apache-2.0
#include "server/store/data_dir.h"

#include "server/base/text.h"
#include "server/store/migrations.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

Error unusable(const std::string &path, int errnoValue)
{
    const bool isFull = errnoValue == ENOSPC || errnoValue == EDQUOT || errnoValue == EFBIG;
    return {ErrorCode::DataDir,
            fmt::format("{}: {}; {}", path, strerror(errnoValue),
                        isFull ? "free some space" : "choose another data directory")};
}

std::string nameOf(uid_t uid)
{
    char buffer[1024];
    passwd entry {};
    passwd *found = nullptr;
    if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found)
        return found->pw_name;
    return fmt::format("user {}", uid);
}

/// Files of two users in one data directory lock one of them out, sooner or later: also root would.
Result<void> checkOwner(const std::string &path)
{
    struct stat info { };
    if (stat(path.c_str(), &info) != 0)
        return {}; // what is not there is about to be made
    if (!S_ISDIR(info.st_mode))
        return unusable(path, ENOTDIR);
    if (info.st_uid == geteuid() && (info.st_mode & S_IWOTH)) // a database may be put there
        return Error {ErrorCode::DataDir,
                      fmt::format("{} may be written by everybody; take that right away with "
                                  "`chmod o-w {}`, or choose another data directory",
                                  path, path)};
    if (info.st_uid == geteuid())
        return {};
    return Error {ErrorCode::DataDir,
                  fmt::format("{} belongs to {}; start Arcology as {}, or choose another data "
                              "directory",
                              path, nameOf(info.st_uid), nameOf(info.st_uid))};
}

Result<void> makeDirectory(const std::string &path)
{
    if (mkdir(path.c_str(), 0700) == 0)
        return {};
    if (errno != EEXIST)
        return unusable(path, errno);
    struct stat info { };
    if (stat(path.c_str(), &info) != 0)
        return unusable(path, errno);
    return S_ISDIR(info.st_mode) ? Result<void>() : unusable(path, ENOTDIR);
}

/// The process that wrote the lock file; 0 when it cannot be read.
uint64_t holderOf(int fd)
{
    char text[24] {};
    const ssize_t size = pread(fd, text, sizeof text - 1, 0);
    if (size <= 0)
        return 0;
    std::string_view line(text, static_cast<size_t>(size));
    if (line.ends_with('\n'))
        line.remove_suffix(1);
    return parseUnsigned(line).value_or(0);
}

Error heldBy(const std::string &directory, uint64_t pid)
{
    const std::string who = pid > 0 ? fmt::format(" (pid {})", pid) : std::string();
    return {ErrorCode::DataDir,
            fmt::format("{} is in use by another engine{}; stop it, or choose another data "
                        "directory",
                        directory, who)};
}

/// Of an open file description rather than flock's: whether one is held can then be asked without
/// holding it for a moment, which made an engine that just started believe in another one.
struct flock wholeFile(short type)
{
    struct flock range { };
    range.l_type = type;
    range.l_whence = SEEK_SET;
    return range;
}

Result<FileDescriptor> takeLock(const std::string &directory)
{
    const std::string path = directory + "/lock";
    FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock)
        return unusable(path, errno);
    struct flock whole = wholeFile(F_WRLCK);
    if (fcntl(lock.get(), F_OFD_SETLK, &whole) != 0) {
        if (errno != EAGAIN && errno != EACCES)
            return unusable(path, errno);
        return heldBy(directory, holderOf(lock.get()));
    }
    const std::string line = fmt::format("{}\n", getpid());
    const bool isWritten = ftruncate(lock.get(), 0) == 0
        && pwrite(lock.get(), line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
    if (!isWritten)
        return unusable(path, errno);
    return lock;
}

} // namespace

DataDir::DataDir(std::string path, FileDescriptor lock)
    : m_path(std::move(path)), m_lock(std::move(lock))
{
}

Result<void> DataDir::check(const std::string &path)
{
    return checkOwner(path);
}

Result<void> DataDir::examine(const std::string &path)
{
    if (auto usable = check(path); !usable)
        return usable;
    const FileDescriptor lock(::open((path + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct flock holder = wholeFile(F_RDLCK);
    if (lock && fcntl(lock.get(), F_OFD_GETLK, &holder) == 0 && holder.l_type != F_UNLCK)
        return heldBy(path, holderOf(lock.get()));
    return examineDatabase(path + "/arcology.db");
}

Result<DataDir> DataDir::open(const std::string &path)
{
    if (path.empty())
        return Error {ErrorCode::DataDir, "the data directory has no name"};
    std::error_code error;
    std::filesystem::path whole = std::filesystem::absolute(path, error).lexically_normal();
    if (!error && !whole.has_filename())
        whole = whole.parent_path(); // a trailing slash
    if (!error)
        std::filesystem::create_directories(whole.parent_path(), error);
    if (error)
        return unusable(path, error.value());
    const std::string directory = whole.string();
    if (auto own = checkOwner(directory); !own)
        return std::move(own).error();
    if (auto made = makeDirectory(directory); !made)
        return std::move(made).error();
    auto lock = takeLock(directory);
    if (!lock)
        return std::move(lock).error();
    DataDir dir(directory, std::move(*lock));
    for (const std::string &inner : {dir.logs(), dir.run()}) {
        if (auto made = makeDirectory(inner); !made)
            return std::move(made).error();
    }
    return dir;
}

} // namespace arc
