// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/file_entry.h"

#include "server/base/text.h"
#include "server/http/coding/coder.h"
#include "server/http/files/file_types.h"
#include "server/http/files/folder_changes.h"
#include "server/http/files/folder_list.h"
#include "server/http/message.h"
#include "server/http/syntax/date.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <functional>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

namespace arc {

namespace {

constexpr uint64_t kEntryOverhead = 512;
constexpr off_t kReadAheadBytes = 2 * 1024 * 1024;
constexpr Coding kNeighbours[] = {Coding::Brotli, Coding::Zstd, Coding::Gzip};

std::string keyOf(const std::vector<std::string> &roots, const std::string &index,
                  const FileWishes &wishes)
{
    std::string key = fmt::format("{} {} {} {} ", wishes.precompressed, wishes.immutable,
                                  wishes.listing, wishes.listingMax)
        + index;
    for (const std::string &root : roots)
        key.append(1, '\0').append(root);
    return key;
}

std::shared_ptr<FileEntry> failure(int status)
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

/// Kernels before 6.13 stamp changes with a clock that stands still for up to 10 ms: of two writes
/// in one tick the second leaves no trace. What was read so soon is read again at the next look.
/// A time to come is of another clock and says nothing.
bool isYoung(const FileEntry::Stamp &stamp) noexcept
{
    constexpr int64_t kTickNs = 50'000'000; // with room for the time that reading takes
    timespec now {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const int64_t age = int64_t {now.tv_sec} * 1'000'000'000 + now.tv_nsec - stamp.changedNs;
    return age > -kTickNs && age < kTickNs;
}

bool isUnchanged(const FileEntry *known, const FileEntry::Stamp &stamp) noexcept
{
    return known && !known->isYoung && known->stamp == stamp;
}

/// RFC 9110 8.8.2.1: not later than the answer, so a time to come counts as now.
int64_t modifiedOf(const struct stat &status) noexcept
{
    return std::min<int64_t>(status.st_mtim.tv_sec, ::time(nullptr));
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

/// A strong tag, so it must be another one for other bytes, and times do not promise that: images,
/// packages and `rsync -t` bring new files with old times. What is read into memory anyway is
/// hashed: measured, that adds at most 14 us to a cold read on the pool, and several machines that
/// serve the same file agree. Larger files are not read for their tag; the time of their last
/// change (ctime), which nobody can set, tells a replaced one, at the price that machines disagree.
/// `content` is looked at for sizes up to kInMemoryMax.
std::string tagOf(const FileEntry::Stamp &stamp, std::string_view content)
{
    if (stamp.size <= FileEntry::kInMemoryMax)
        return fmt::format("\"{:x}-{:x}\"", XXH3_64bits(content.data(), content.size()),
                           stamp.size);
    return fmt::format("\"{:x}-{:x}-{:x}\"", stamp.modifiedNs, stamp.changedNs, stamp.size);
}

std::string_view suffixOf(Coding coding) noexcept
{
    return coding == Coding::Gzip ? ".gz" : coding == Coding::Brotli ? ".br" : ".zst";
}

bool isCompressedName(std::string_view name) noexcept
{
    return std::any_of(std::begin(kNeighbours), std::end(kNeighbours),
                       [&](Coding each) { return name.ends_with(suffixOf(each)); });
}

/// A compressed file beside the original that is not older than it: what an edit left behind is
/// not served.
ConfinedFile openNeighbour(const std::string &root, const std::string &name, Coding coding,
                           const FileEntry::Stamp &original, OpenStrategy strategy)
{
    ConfinedFile file = openConfined(root, name + std::string(suffixOf(coding)), strategy);
    if (file.fd && stampOf(file.status).modifiedNs < original.modifiedNs)
        file.fd.reset();
    return file;
}

/// What a path leads to below the first root that has it.
struct Opened {
    int status = 404; ///< 200: a file; 301: a folder; else an error
    ConfinedFile file;
    std::string root;
    std::string name;       ///< below the root, the index included
    std::string folderRoot; ///< a root that has the folder asked for
};

Opened openWanted(const FileScope &scope, const std::string &path, OpenStrategy strategy)
{
    Opened found;
    const bool asksFolder = path.ends_with('/');
    found.name = asksFolder ? path + scope.index : path;
    for (const std::string &root : scope.roots) {
        ConfinedFile file = openConfined(root, found.name, strategy);
        const bool isFolder = !file.error && !file.fd;
        if (isFolder && !asksFolder && scope.hasFolders()) {
            found.status = 301;
            return found;
        }
        if (!file.error && file.fd) {
            found.status = 200;
            found.file = std::move(file);
            found.root = root;
            return found;
        }
        if (asksFolder && found.folderRoot.empty()
            && (isFolder || isFolderBelow(root, path, strategy)))
            found.folderRoot = root;
        if (!isFolder) {
            const int status = statusOfError(file.error);
            found.status = status == 404 ? found.status : status;
        }
    }
    return found;
}

void writeLines(FileEntry &entry, std::string_view name, const FileWishes &wishes)
{
    const bool isCoded = entry.coding != Coding::Identity;
    HeaderBlock block;
    block.add("Content-Type", entry.type);
    if (isCoded)
        block.add("Content-Encoding", codingName(entry.coding));
    entry.sharedAt = block.lines().size();
    block.add("ETag", entry.etag);
    block.add("Last-Modified", formatHttpDate(entry.modified));
    if (wishes.immutable && nameCarriesHash(name))
        block.add("Cache-Control", "public, max-age=31536000, immutable");
    if (!isCoded) {
        block.add("Accept-Ranges", "bytes");
        entry.lines = block.lines();
    }
    block.add("Vary", "Accept-Encoding");
    entry.variedLines = block.lines();
    if (isCoded)
        entry.lines = entry.variedLines;
}

std::shared_ptr<FileEntry> makeEntry(ConfinedFile file)
{
    auto entry = std::make_shared<FileEntry>();
    entry->status = 200;
    entry->stamp = stampOf(file.status);
    entry->size = entry->stamp->size;
    entry->modified = modifiedOf(file.status);
    if (entry->size <= FileEntry::kInMemoryMax) {
        entry->content.resize(static_cast<size_t>(entry->size));
        if (!readAll(file.fd.get(), entry->content))
            return failure(503); // being written just now
    } else {
        // What leaves in the first turn of a loop should not be waited for there.
        ::posix_fadvise(file.fd.get(), 0, kReadAheadBytes, POSIX_FADV_WILLNEED);
        entry->file = std::make_shared<const FileDescriptor>(std::move(file.fd));
    }
    entry->isYoung = isYoung(*entry->stamp);
    entry->etag = tagOf(*entry->stamp, entry->content);
    return entry;
}

std::shared_ptr<const FileEntry> loadOriginal(const FileScope &scope, Opened &found,
                                              OpenStrategy strategy, const FileEntry *known)
{
    const FileEntry::Stamp stamp = stampOf(found.file.status);
    CodingSet neighbours;
    for (const Coding each : kNeighbours) {
        if (scope.wishes.precompressed && !isCompressedName(found.name)
            && openNeighbour(found.root, found.name, each, stamp, strategy).fd)
            neighbours.add(each);
    }
    if (isUnchanged(known, stamp) && known->neighbours == neighbours)
        return nullptr;
    auto entry = makeEntry(std::move(found.file));
    if (entry->status != 200)
        return entry;
    entry->neighbours = neighbours;
    entry->type = contentTypeOf(found.name);
    writeLines(*entry, found.name, scope.wishes);
    return entry;
}

/// Compresses the file itself; a body that hardly shrinks is better sent as it is.
void codeInto(FileEntry &entry, const FileVariant &variant, const FileDescriptor &file)
{
    constexpr uint64_t kWorthPercent = 92;
    std::string original(static_cast<size_t>(entry.stamp->size), '\0');
    const auto from = std::chrono::steady_clock::now();
    if (!variant.mayMake || !readAll(file.get(), original)) {
        entry.isOriginalBetter = true;
        return;
    }
    entry.isYoung = isYoung(*entry.stamp);
    // Weak: another version of a library may make other bytes of the same file.
    entry.etag = "W/" + tagOf(*entry.stamp, original);
    entry.content = codeWhole(variant.coding, variant.level, original);
    entry.codedFrom = original.size();
    entry.codedIn = std::chrono::steady_clock::now() - from;
    if (entry.content.empty() || entry.content.size() * 100 > original.size() * kWorthPercent) {
        entry.isOriginalBetter = true;
        entry.content = {};
    }
    entry.content.shrink_to_fit();
    entry.size = entry.content.size();
}

FileLoad loadVariant(const FileScope &scope, Opened &found, const FileVariant &variant,
                     OpenStrategy strategy, const FileEntry *known, LoadStep step)
{
    const FileEntry::Stamp stamp = stampOf(found.file.status);
    ConfinedFile beside;
    if (scope.wishes.precompressed && !isCompressedName(found.name))
        beside = openNeighbour(found.root, found.name, variant.coding, stamp, strategy);
    std::optional<FileEntry::Stamp> besideStamp;
    if (beside.fd)
        besideStamp = stampOf(beside.status);
    if (isUnchanged(known, stamp) && known->neighbourStamp == besideStamp)
        return {};
    if (!besideStamp && variant.mayMake && step == LoadStep::Look)
        return {.entry = nullptr, .mustCode = true};
    std::shared_ptr<FileEntry> entry;
    if (besideStamp) {
        entry = makeEntry(std::move(beside));
        if (entry->status != 200)
            return {entry};
        entry->etag.insert(entry->etag.size() - 1, fmt::format("-{}", codingName(variant.coding)));
    } else {
        entry = std::make_shared<FileEntry>();
        entry->status = 200;
    }
    entry->stamp = stamp;
    entry->neighbourStamp = besideStamp;
    entry->modified = modifiedOf(found.file.status);
    entry->coding = variant.coding;
    entry->type = contentTypeOf(found.name);
    if (!besideStamp)
        codeInto(*entry, variant, found.file.fd);
    writeLines(*entry, found.name, scope.wishes);
    return {entry};
}

} // namespace

FileScope::FileScope(std::vector<std::string> rootFolders, std::string indexName,
                     const FileWishes &wanted)
    : roots(std::move(rootFolders)), index(std::move(indexName)), wishes(wanted),
      key(keyOf(roots, index, wishes)), keyHash(std::hash<std::string> {}(key))
{
}

uint64_t FileEntry::cost() const noexcept
{
    return kEntryOverhead + content.size() + lines.size() + variedLines.size()
        + (file ? kOpenFileCost : 0);
}

FileLoad loadFile(const FileScope &scope, const std::string &path, const FileVariant &variant,
                  OpenStrategy strategy, const FileEntry *known, FolderWatcher &watcher,
                  LoadStep step)
{
    const bool asksFolder = path.ends_with('/');
    if (asksFolder && !scope.hasFolders())
        return {failure(404)};
    Opened found = openWanted(scope, path, strategy);
    if (found.status == 200) {
        // Before the content is read: what changes from now on is told.
        const size_t slash = std::min(found.name.rfind('/'), found.name.size());
        const int watch = watcher.watch(found.root + "/" + found.name.substr(0, slash));
        if (variant.coding == Coding::Identity)
            return {loadOriginal(scope, found, strategy, known), watch};
        FileLoad load = loadVariant(scope, found, variant, strategy, known, step);
        load.watch = watch;
        return load;
    }
    if (found.status == 404 && scope.wishes.listing && !found.folderRoot.empty()
        && variant.coding == Coding::Identity) {
        const int watch = watcher.watch(found.folderRoot + path);
        return {makeFolderList(found.folderRoot, path, scope.wishes.listingMax, strategy), watch};
    }
    return {failure(found.status)};
}

} // namespace arc
