// SPDX-License-Identifier: Apache-2.0
#include "server/releases/release_store.h"

#include "server/base/file_descriptor.h"
#include "server/secrets/files.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

namespace fs = std::filesystem;
using Kind = ReleaseEntry::Kind;

constexpr const char *kManifestName = "/files";

/// Empty: it is as it was copied.
std::string changeOf(const std::string &path, const ReleaseEntry &entry, CopyProgress &progress)
{
    struct stat status { };
    if (::lstat(path.c_str(), &status) != 0)
        return "is gone";
    switch (entry.kind) {
    case Kind::Folder:
        return S_ISDIR(status.st_mode) ? "" : "is no folder any more";
    case Kind::Shared:
    case Kind::Link: {
        std::error_code error;
        return fs::read_symlink(path, error).string() == entry.content ? "" : "has changed";
    }
    case Kind::File: {
        const auto content = hashFile(path, progress);
        return content && *content == entry.content ? "" : "has changed";
    }
    }
    return {};
}

} // namespace

std::string ReleaseStore::tree(const std::string &store, const std::string &id)
{
    return store + "/" + id + "/tree";
}

bool ReleaseStore::isWhole(const std::string &store, const std::string &id)
{
    return ::access(tree(store, id).c_str(), X_OK) == 0;
}

Result<Manifest> ReleaseStore::manifest(const std::string &store, const std::string &id)
{
    const std::string path = store + "/" + id + kManifestName;
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error || size > kManifestBytesMax)
        return Error {ErrorCode::DataDir, fmt::format("{} cannot be read", path)};
    auto text = readSmallFile(path, size);
    if (!text)
        return std::move(text).error();
    auto manifest = readManifest(*text);
    if (!manifest)
        return std::move(manifest).error().within(path);
    return manifest;
}

Result<void> ReleaseStore::keep(const std::string &store, const std::string &fresh,
                                const Manifest &manifest)
{
    if (auto written = replaceFile(fresh + kManifestName, writeManifest(manifest), 0600); !written)
        return written;
    // One call for all files: fsync of each would wait for the disk as often.
    const FileDescriptor folder(::open(store.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::syncfs(folder.get()) != 0)
        return errnoError(store, errno);
    return {};
}

Result<void> ReleaseStore::place(const std::string &store, const std::string &fresh,
                                 const std::string &id)
{
    removeTree(retire(store, id));
    if (::rename(fresh.c_str(), (store + "/" + id).c_str()) != 0)
        return errnoError(store + "/" + id, errno);
    const FileDescriptor folder(::open(store.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder)
        ::fsync(folder.get());
    return {};
}

Result<void> ReleaseStore::retell(const std::string &store, Manifest manifest)
{
    const std::string id = manifest.id();
    auto before = ReleaseStore::manifest(store, id);
    if (!before)
        return std::move(before).error();
    for (ReleaseEntry &entry : manifest.entries) {
        if (const ReleaseEntry *copied = before->find(entry.path))
            entry.copyMtimeNs = copied->copyMtimeNs;
    }
    return replaceFile(store + "/" + id + kManifestName, writeManifest(manifest), 0600);
}

Result<void> ReleaseStore::verify(const std::string &store, const std::string &id,
                                  CopyProgress &progress)
{
    auto manifest = ReleaseStore::manifest(store, id);
    if (!manifest)
        return std::move(manifest).error();
    progress.files = manifest->files();
    progress.bytes = manifest->bytes();
    const std::string tree = ReleaseStore::tree(store, id);
    for (const ReleaseEntry &entry : manifest->entries) {
        const std::string change = changeOf(tree + "/" + entry.path, entry, progress);
        if (progress.isCancelled)
            return cancelledCopy();
        if (!change.empty())
            return Error {ErrorCode::Conflict,
                          fmt::format("release {} is not what was copied: {} in {} {}", id,
                                      entry.path, tree, change)};
        progress.filesDone += entry.kind == Kind::File;
    }
    return {};
}

Result<void> ReleaseStore::checkKept(const std::string &store, const std::string &id)
{
    const auto manifest = ReleaseStore::manifest(store, id);
    if (!manifest)
        return manifest.error();
    const std::string tree = ReleaseStore::tree(store, id);
    for (const ReleaseEntry &entry : manifest->entries) {
        struct stat status { };
        const std::string path = tree + "/" + entry.path;
        const bool isThere = ::lstat(path.c_str(), &status) == 0;
        std::error_code error;
        bool isSame = isThere;
        if (entry.kind == Kind::File)
            isSame = isThere && S_ISREG(status.st_mode) && status.st_size == entry.size
                && nanoseconds(status.st_mtim) == entry.copyMtimeNs;
        else if (entry.kind == Kind::Folder)
            isSame = isThere && S_ISDIR(status.st_mode);
        else
            isSame = isThere && fs::read_symlink(path, error).string() == entry.content;
        if (!isSame)
            return Error {ErrorCode::Conflict,
                          fmt::format("release {} is not what was copied: {} in {} {}", id,
                                      entry.path, tree, isThere ? "has changed" : "is gone")};
    }
    return {};
}

Result<void> ReleaseStore::checkNothingWritten(const std::string &store, const std::string &id)
{
    const auto manifest = ReleaseStore::manifest(store, id);
    const std::string tree = ReleaseStore::tree(store, id);
    std::error_code error;
    fs::recursive_directory_iterator each(tree, error);
    for (const fs::recursive_directory_iterator end; manifest && !error && each != end;
         each.increment(error)) {
        std::error_code ignored;
        const std::string path = each->path().string().substr(tree.size() + 1);
        if (each->is_symlink(ignored) || !each->is_regular_file(ignored)
            || ("/" + path).find("/__pycache__/") != std::string::npos)
            continue;
        const ReleaseEntry *copied = manifest->find(path);
        struct stat status { };
        if (::lstat(each->path().c_str(), &status) != 0
            || (copied && status.st_size == copied->size
                && nanoseconds(status.st_mtim) == copied->copyMtimeNs))
            continue;
        return Error {ErrorCode::Invalid,
                      fmt::format("the app has written {0} within release {1}, and no other "
                                  "release would have it: move {2}/{0} into the app's folder and "
                                  "name it in release.shared, or remove it",
                                  path, id, tree)};
    }
    return {};
}

namespace {

/// To a name that nothing takes for a release.
std::string renameAway(const std::string &folder, const std::string &name)
{
    constexpr int kNamesTried = 100; // the others wait to be removed
    for (int i = 0; i < kNamesTried; ++i) {
        std::string gone = fmt::format("{}/.gone-{}.{}", folder, name, i);
        if (::rename((folder + "/" + name).c_str(), gone.c_str()) == 0)
            return gone;
        if (errno != ENOTEMPTY && errno != EEXIST)
            break;
    }
    return {};
}

} // namespace

std::string ReleaseStore::retire(const std::string &store, const std::string &id)
{
    return renameAway(store, id);
}

std::vector<std::string> ReleaseStore::clean(const std::string &store,
                                             const std::set<std::string> &kept)
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator each(store, error), end; !error && each != end;
         each.increment(error)) {
        std::error_code ignored;
        const std::string name = each->path().filename().string();
        if (each->is_directory(ignored) && !kept.contains(name))
            names.push_back(name);
    }
    std::vector<std::string> gone;
    for (const std::string &name : names)
        gone.push_back(name.starts_with(".gone-") ? store + "/" + name : renameAway(store, name));
    return gone;
}

void removeTree(const std::string &path)
{
    std::error_code error;
    if (path.empty())
        return;
    if (!fs::is_symlink(path, error) && fs::is_directory(path, error)) {
        fs::permissions(path, fs::perms::owner_all, error);
        fs::recursive_directory_iterator each(path, error);
        for (const fs::recursive_directory_iterator end; !error && each != end;
             each.increment(error)) {
            std::error_code ignored;
            if (!each->is_symlink(ignored) && each->is_directory(ignored))
                fs::permissions(each->path(), fs::perms::owner_all, ignored);
        }
    }
    fs::remove_all(path, error);
}

} // namespace arc
