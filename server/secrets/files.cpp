// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/files.h"

#include "server/base/file_descriptor.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

Error failed(const std::string &path, int errnoValue)
{
    const ErrorCode code = errnoValue == ENOENT ? ErrorCode::NotFound : ErrorCode::DataDir;
    return {code, fmt::format("{}: {}", path, strerror(errnoValue))};
}

bool writeAll(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
}

} // namespace

Result<std::string> readSmallFile(const std::string &path, size_t bytesMax)
{
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file)
        return failed(path, errno);
    std::string text(bytesMax + 1, '\0');
    size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failed(path, errno);
        if (count == 0)
            break;
        size += static_cast<size_t>(count);
    }
    if (size > bytesMax)
        return Error {ErrorCode::Invalid,
                      fmt::format("{} is larger than {} bytes", path, bytesMax)};
    text.resize(size);
    return text;
}

Result<void> replaceFile(const std::string &path, std::string_view bytes, unsigned mode)
{
    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str()); // of a process that was killed while it wrote
    const FileDescriptor file(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file)
        return failed(fresh, errno);
    if (!writeAll(file.get(), bytes) || ::fsync(file.get()) != 0
        || ::rename(fresh.c_str(), path.c_str()) != 0)
        return failed(path, errno);
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory)
        ::fsync(directory.get());
    return {};
}

Result<void> makeFolder(const std::string &path)
{
    if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)
        return {};
    return failed(path, errno);
}

} // namespace arc
