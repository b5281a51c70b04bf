// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/file_entry.h"

#include "server/http/files/file_types.h"
#include "server/http/message.h"
#include "server/http/syntax/date.h"

#include <cerrno>
#include <functional>

#include <fmt/format.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr uint64_t kEntryOverhead = 512;

std::string keyOf(const std::vector<std::string> &roots, const std::string &index)
{
    std::string key = index;
    for (const std::string &root : roots)
        key.append(1, '\0').append(root);
    return key;
}

std::shared_ptr<const FileEntry> failure(int status)
{
    auto entry = std::make_shared<FileEntry>();
    entry->status = status;
    return entry;
}

int statusOfError(int error) noexcept
{
    switch (error) {
    case EACCES:
    case EPERM:
        return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
    case EAGAIN: // openat2: a rename went on below the root
        return 503;
    default: // not there, or a way out of the root (EXDEV, ELOOP)
        return 404;
    }
}

FileEntry::Stamp stampOf(const struct stat &status) noexcept
{
    const auto ns = [](const timespec &time) {
        return int64_t {time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    };
    return {.device = status.st_dev,
            .inode = status.st_ino,
            .modifiedNs = ns(status.st_mtim),
            .changedNs = ns(status.st_ctim),
            .size = static_cast<uint64_t>(status.st_size)};
}

/// Reads a small file whole; false when it fails or shrinks meanwhile.
bool readAll(int fd, std::string &out)
{
    size_t have = 0;
    while (have < out.size()) {
        const ssize_t got =
            pread(fd, out.data() + have, out.size() - have, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += static_cast<size_t>(got);
    }
    return true;
}

std::shared_ptr<const FileEntry> makeEntry(ConfinedFile file, std::string_view name)
{
    auto entry = std::make_shared<FileEntry>();
    entry->status = 200;
    entry->stamp = stampOf(file.status);
    entry->size = entry->stamp->size;
    entry->modified = file.status.st_mtim.tv_sec;
    entry->etag = fmt::format("\"{:x}-{:x}\"", entry->stamp->modifiedNs, entry->size);
    entry->type = contentTypeOf(name);
    if (entry->size <= FileEntry::kInMemoryMax) {
        entry->content.resize(static_cast<size_t>(entry->size));
        if (!readAll(file.fd.get(), entry->content))
            return failure(503); // being written just now
    } else {
        entry->file = std::make_shared<const FileDescriptor>(std::move(file.fd));
    }
    HeaderBlock block;
    block.add("Content-Type", entry->type);
    block.add("ETag", entry->etag);
    block.add("Last-Modified", formatHttpDate(entry->modified));
    block.add("Accept-Ranges", "bytes");
    entry->lines = block.lines();
    return entry;
}

} // namespace

FileScope::FileScope(std::vector<std::string> rootFolders, std::string indexName)
    : roots(std::move(rootFolders)), index(std::move(indexName)), key(keyOf(roots, index)),
      keyHash(std::hash<std::string> {}(key))
{
}

uint64_t FileEntry::cost() const noexcept
{
    return kEntryOverhead + content.size() + lines.size() + (file ? kInMemoryMax : 0);
}

std::shared_ptr<const FileEntry> loadFile(const FileScope &scope, const std::string &path,
                                          OpenStrategy strategy,
                                          const std::optional<FileEntry::Stamp> &known)
{
    const bool asksFolder = path.ends_with('/');
    if (asksFolder && scope.index.empty())
        return failure(404);
    const std::string wanted = asksFolder ? path + scope.index : path;
    int worst = 404;
    for (const std::string &root : scope.roots) {
        ConfinedFile file = openConfined(root, wanted, strategy);
        if (!file.error && !file.fd) { // a folder
            if (!asksFolder && !scope.index.empty())
                return failure(301);
            continue;
        }
        if (!file.error) {
            if (known && *known == stampOf(file.status))
                return nullptr;
            return makeEntry(std::move(file), wanted);
        }
        const int status = statusOfError(file.error);
        worst = status == 404 ? worst : status;
    }
    return failure(worst);
}

} // namespace arc
