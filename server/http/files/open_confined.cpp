// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/open_confined.h"

#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace arc {

namespace {

// Without O_NONBLOCK the open of a named pipe that took the place of the file in between would
// hang.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kLookFlags = O_PATH | O_CLOEXEC;

FileDescriptor openBeneath(int root, const char *path, int flags) noexcept
{
    open_how how {};
    how.flags = static_cast<uint64_t>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long fd = -1;
    do {
        fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    } while (fd < 0 && errno == EINTR);
    return FileDescriptor(static_cast<int>(fd));
}

/// One component after the other. ".." cannot be one of them: it is removed from paths before, and
/// refused here again.
FileDescriptor openByWalk(int root, const std::string &path, int flags) noexcept
{
    FileDescriptor folder(fcntl(root, F_DUPFD_CLOEXEC, 0));
    size_t from = 0;
    while (folder) {
        from = path.find_first_not_of('/', from);
        const size_t to = path.find('/', from);
        const std::string name = from == path.npos ? "." : path.substr(from, to - from);
        const bool isLast = from == path.npos || path.find_first_not_of('/', to) == path.npos;
        if (name == "..") {
            errno = EXDEV;
            return {};
        }
        const int folderOnly = to == path.npos ? 0 : O_DIRECTORY; // "a.txt/" is no file
        FileDescriptor next(
            openat(folder.get(), name.c_str(),
                   (isLast ? flags : O_PATH | O_CLOEXEC) | folderOnly | O_NOFOLLOW));
        if (isLast)
            return next;
        folder = std::move(next);
        from = to;
    }
    return {};
}

FileDescriptor openOne(int root, const std::string &path, int flags, OpenStrategy strategy) noexcept
{
    if (strategy == OpenStrategy::Openat2)
        return openBeneath(root, path.empty() ? "." : path.c_str(), flags);
    return openByWalk(root, path, flags);
}

} // namespace

OpenStrategy bestOpenStrategy() noexcept
{
    static const OpenStrategy best = [] {
        const FileDescriptor root(open("/", kLookFlags | O_DIRECTORY));
        return root && openBeneath(root.get(), ".", kLookFlags) ? OpenStrategy::Openat2
                                                                : OpenStrategy::Walk;
    }();
    return best;
}

ConfinedFile openConfined(const std::string &root, std::string path, OpenStrategy strategy) noexcept
{
    ConfinedFile file;
    const auto failed = [&](int error) {
        file.error = error;
        file.fd.reset();
        return std::move(file);
    };
    path.erase(0, path.find_first_not_of('/')); // absolute paths are not beneath anything
    const FileDescriptor folder(open(root.c_str(), kLookFlags | O_DIRECTORY));
    if (!folder)
        return failed(errno);
    const FileDescriptor seen = openOne(folder.get(), path, kLookFlags, strategy);
    if (!seen || fstat(seen.get(), &file.status) != 0)
        return failed(errno);
    if (S_ISDIR(file.status.st_mode))
        return file;
    if (S_ISLNK(file.status.st_mode)) // the walk opens the link itself
        return failed(ELOOP);
    if (!S_ISREG(file.status.st_mode))
        return failed(EACCES);
    file.fd = openOne(folder.get(), path, kReadFlags, strategy);
    if (!file.fd || fstat(file.fd.get(), &file.status) != 0)
        return failed(errno);
    if (!S_ISREG(file.status.st_mode)) // replaced between the two looks
        return failed(EACCES);
    return file;
}

FileDescriptor openFolderConfined(const std::string &root, std::string path,
                                  OpenStrategy strategy) noexcept
{
    path.erase(0, path.find_first_not_of('/'));
    const FileDescriptor folder(open(root.c_str(), kLookFlags | O_DIRECTORY));
    if (!folder)
        return {};
    return openOne(folder.get(), path, O_RDONLY | O_CLOEXEC | O_DIRECTORY, strategy);
}

} // namespace arc
