// SPDX-License-Identifier: Apache-2.0
#include "server/releases/folder_scan.h"

#include "server/base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <set>

#include <dirent.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

/// SQLite keeps these beside a database: they are as shared as it is.
constexpr std::string_view kCompanions[] = {"-wal", "-shm", "-journal"};
constexpr std::string_view kUploads[] = {"media", "uploads", "instance"};

std::string_view nameOf(std::string_view path) noexcept
{
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

/// Where a symbolic link may lead: within the folder, told by its words alone.
bool staysInside(std::string_view link, std::string_view target)
{
    if (target.starts_with('/'))
        return false;
    int64_t depth = std::ranges::count(link, '/');
    bool wentDown = false; // a ".." behind a name leads wherever that name does
    for (const std::string_view part : split(target, '/')) {
        if (part == "..") {
            if (wentDown || --depth < 0)
                return false;
        } else if (!part.empty() && part != ".") {
            wentDown = true;
        }
    }
    return true;
}

class Scan {
public:
    Scan(const std::string &folder, const ReleaseRules &rules, CopyProgress &progress)
        : m_folder(folder), m_rules(rules), m_progress(progress)
    {
    }

    Result<Manifest> run()
    {
        struct timespec now { };
        ::clock_gettime(CLOCK_REALTIME, &now);
        m_manifest.scannedNs = nanoseconds(now);
        struct stat dataDir { };
        if (::stat(m_rules.dataDir.c_str(), &dataDir) == 0)
            m_dataDir = {dataDir.st_dev, dataDir.st_ino};
        for (const std::string &path : m_rules.shared) {
            if (auto shared = addShared(path); !shared)
                return std::move(shared).error();
        }
        m_left.push_back("");
        while (!m_left.empty()) {
            const std::string path = std::move(m_left.back());
            m_left.pop_back();
            if (auto looked = look(path); !looked)
                return std::move(looked).error();
        }
        std::ranges::sort(m_manifest.entries, {}, &ReleaseEntry::path);
        return std::move(m_manifest);
    }

private:
    std::string full(const std::string &path) const { return m_folder + "/" + path; }

    Error unreadable(const std::string &path, int error) const
    {
        return {ErrorCode::Invalid,
                fmt::format("{} cannot be copied: {}; mend that, or name it in release.exclude",
                            path.empty() ? m_folder : path, std::strerror(error))};
    }

    Result<void> addShared(const std::string &path)
    {
        struct stat status { };
        if (::lstat(full(path).c_str(), &status) != 0)
            return Error {ErrorCode::Invalid,
                          fmt::format("release.shared names {}, and there is none in {}: make it, "
                                      "or take it out of the setting",
                                      path, m_folder)};
        // Where it leads is content: the same files elsewhere have other data.
        m_manifest.entries.push_back(
            {.kind = ReleaseEntry::Kind::Shared, .path = path, .content = full(path)});
        return {};
    }

    bool isShared(const std::string &path) const
    {
        return std::ranges::any_of(m_rules.shared, [&](const std::string &shared) {
            return path == shared
                || (path.starts_with(shared)
                    && std::ranges::find(kCompanions, std::string_view(path).substr(shared.size()))
                        != std::end(kCompanions));
        });
    }

    bool isExcluded(const std::string &path) const
    {
        return std::ranges::any_of(m_rules.exclude, [&](const std::string &pattern) {
            const bool isPath = pattern.find('/') != pattern.npos;
            const std::string name(isPath ? path : nameOf(path));
            return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0;
        });
    }

    Result<void> look(const std::string &folder)
    {
        const std::unique_ptr<DIR, int (*)(DIR *)> open(
            ::opendir(folder.empty() ? m_folder.c_str() : full(folder).c_str()), &::closedir);
        if (!open)
            return unreadable(folder, errno);
        bool hasDjango = folder.empty();
        std::vector<std::string> folders;
        for (errno = 0; const dirent *each = ::readdir(open.get()); errno = 0) {
            const std::string_view name = each->d_name;
            if (name == "." || name == "..")
                continue;
            hasDjango = hasDjango || name == "manage.py";
            const std::string path =
                folder.empty() ? std::string(name) : folder + "/" + each->d_name;
            if (isShared(path) || isExcluded(path))
                continue;
            if (auto added = add(path, folders); !added)
                return added;
        }
        if (errno)
            return unreadable(folder, errno);
        for (std::string &path : folders) {
            const bool isPackage = ::access(full(path + "/__init__.py").c_str(), F_OK) == 0;
            if (hasDjango && !isPackage
                && std::ranges::find(kUploads, nameOf(path)) != std::end(kUploads))
                return refuseUploads(path);
            m_left.push_back(std::move(path));
        }
        return {};
    }

    static Error refuseUploads(const std::string &path)
    {
        return {ErrorCode::Invalid,
                fmt::format("{} looks like a folder that the app writes to: what comes into one "
                            "release's copy of it would be missing in the next; name it in "
                            "release.shared, or in release.exclude",
                            path)};
    }

    Result<void> add(const std::string &path, std::vector<std::string> &folders)
    {
        if (m_progress.isCancelled)
            return cancelledCopy();
        ReleaseEntry entry {.path = path};
        struct stat status { };
        if (::lstat(full(path).c_str(), &status) != 0)
            return unreadable(path, errno);
        describe(entry, status);
        if (S_ISDIR(status.st_mode)) {
            if (std::pair {status.st_dev, status.st_ino} == m_dataDir)
                return Error {ErrorCode::Invalid,
                              fmt::format("{} is the engine's own data directory, which is no part "
                                          "of an app: name it in release.exclude",
                                          path)};
            entry.kind = ReleaseEntry::Kind::Folder;
            folders.push_back(path);
        } else if (S_ISLNK(status.st_mode)) {
            if (auto good = addLink(entry); !good)
                return good;
        } else if (S_ISREG(status.st_mode)) {
            if (isSqliteName(path) && (entry.size == 0 || !path.ends_with(".db")))
                return refuseDatabase(path);
        } else {
            return refuseSpecial(path, status.st_mode);
        }
        return count(std::move(entry));
    }

    Result<void> addLink(ReleaseEntry &entry)
    {
        entry.kind = ReleaseEntry::Kind::Link;
        char target[4096];
        const ssize_t size = ::readlink(full(entry.path).c_str(), target, sizeof target);
        if (size < 0)
            return unreadable(entry.path, errno);
        entry.content.assign(target, static_cast<size_t>(size));
        entry.mode = 0;
        if (staysInside(entry.path, entry.content))
            return {};
        return Error {ErrorCode::Invalid,
                      fmt::format("{} is a link to {}, which a copy of the folder would not hold; "
                                  "name it in release.shared or release.exclude, or put there "
                                  "what it leads to",
                                  entry.path, entry.content)};
    }

    static Error refuseSpecial(const std::string &path, mode_t mode)
    {
        const std::string_view kind = S_ISSOCK(mode) ? "a socket"
            : S_ISFIFO(mode)                         ? "a pipe"
                                                     : "a device";
        return {ErrorCode::Invalid,
                fmt::format("{} is {}, which cannot be copied: remove it, or name it in "
                            "release.exclude",
                            path, kind)};
    }

    Result<void> count(ReleaseEntry entry)
    {
        m_progress.bytes += entry.size;
        m_progress.files += entry.kind == ReleaseEntry::Kind::File;
        m_manifest.entries.push_back(std::move(entry));
        if (static_cast<int64_t>(m_manifest.entries.size()) > m_rules.filesMax)
            return Error {ErrorCode::Full,
                          fmt::format("{} has more than {} files and folders (release.files); name "
                                      "in release.exclude what the app does not need",
                                      m_folder, m_rules.filesMax)};
        if (m_progress.bytes > m_rules.bytesMax)
            return Error {ErrorCode::Full,
                          fmt::format("{} holds more than {} (release.size_mib); name in "
                                      "release.exclude what the app does not need",
                                      m_folder, formatBytes(double(m_rules.bytesMax)))};
        return {};
    }

    const std::string &m_folder;
    const ReleaseRules &m_rules;
    CopyProgress &m_progress;
    Manifest m_manifest;
    std::vector<std::string> m_left; ///< folders to be looked at
    std::pair<dev_t, ino_t> m_dataDir {};
};

} // namespace

Error refuseDatabase(const std::string &path)
{
    return {ErrorCode::Invalid,
            fmt::format("{} is an SQLite database: each release would have one of its own, and "
                        "lose what the others wrote; name it in release.shared, or in "
                        "release.exclude",
                        path)};
}

Result<Manifest> scanFolder(const std::string &folder, const ReleaseRules &rules,
                            CopyProgress &progress)
{
    return Scan(folder, rules, progress).run();
}

Result<void> checkUnchanged(const std::string &folder, const ReleaseRules &rules,
                            const Manifest &seen)
{
    CopyProgress progress;
    auto now = scanFolder(folder, rules, progress);
    if (!now)
        return std::move(now).error();
    // A folder's times move with what is excluded from it, too.
    const auto isSame = [](const ReleaseEntry &a, const ReleaseEntry &b) {
        return a.path == b.path && a.mode == b.mode
            && (a.kind == ReleaseEntry::Kind::Folder ? a.kind == b.kind : a.looksAs(b));
    };
    const auto [was, is] = std::ranges::mismatch(seen.entries, now->entries, isSame);
    if (was == seen.entries.end() && is == now->entries.end())
        return {};
    const bool isGone =
        is == now->entries.end() || (was != seen.entries.end() && was->path < is->path);
    return Error {ErrorCode::Conflict,
                  fmt::format("{} changed while {} was copied: deploy again when nobody writes to "
                              "it; what the app itself writes belongs into release.shared",
                              isGone ? was->path : is->path, folder)};
}

} // namespace arc
