// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/http/files/open_confined.h"
#include "server/http/syntax/coding_rules.h"
#include "server/http/syntax/conditional.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

class FolderWatcher;

/// What a route wants of its files beside the bytes.
struct FileWishes {
    bool precompressed = false; ///< app.js.br beside app.js is served for it
    bool immutable = false;     ///< names that carry a hash may be kept for ever
    bool listing = false;       ///< folders without an index are listed
    size_t listingMax = 0;      ///< names in such a list
    auto operator<=>(const FileWishes &) const = default;
};

/// Where a static handler looks: shared by the handler and the jobs it starts. Immutable.
struct FileScope {
    FileScope(std::vector<std::string> rootFolders, std::string indexName,
              const FileWishes &wanted = {});
    bool hasFolders() const noexcept { return !index.empty() || wishes.listing; }

    const std::vector<std::string> roots; ///< searched in order; absolute
    const std::string index;              ///< served for a folder; empty: none
    const FileWishes wishes;
    const std::string key; ///< equal for equal scopes
    const uint64_t keyHash;
};

/// How a file is wanted: as it is, or coded.
struct FileVariant {
    Coding coding = Coding::Identity;
    CodingLevel level = CodingLevel::Balanced;
    bool mayMake = false; ///< else only a neighbour that was compressed before is served

    bool operator==(const FileVariant &) const = default;
    /// A small number, different for different variants.
    uint8_t number() const noexcept
    {
        return static_cast<uint8_t>(static_cast<unsigned>(coding) * 8
                                    + static_cast<unsigned>(level) * 2 + (mayMake ? 1 : 0));
    }
};

/// What a path led to. Immutable, so pieces of answers may keep it while the cache already holds
/// another.
struct FileEntry {
    /// Files up to this size are held in memory. Where one write of head and body, which copies,
    /// costs as much as sendfile depends on what else uses the caches: on a quiet machine near
    /// 128 KiB, on a busy one near 32, where 128 KiB from memory cost a third more.
    static constexpr uint64_t kInMemoryMax = 64 * 1024;
    /// What an open descriptor counts as in the cache.
    static constexpr uint64_t kOpenFileCost = 128 * 1024;

    /// 200; 301 a folder asked for without its "/"; 403; 404; 503 the system could not (never
    /// cached).
    int status = 404;
    uint64_t size = 0;
    int64_t modified = 0; ///< Unix seconds, never later than when it was read
    std::string etag;     ///< empty: it has no validators
    /// Content-Type, Content-Encoding; then what a 304 has as well: ETag, Last-Modified and others.
    std::string lines;
    size_t sharedAt = 0;     ///< where that second part of `lines` begins
    std::string variedLines; ///< `lines` and Vary; of a coded one `lines` have it already
    std::string_view type;   ///< constant text
    std::string content;     ///< of small files
    std::shared_ptr<const FileDescriptor> file; ///< of large files
    Coding coding = Coding::Identity;
    CodingSet neighbours;          ///< of an original: what lies beside it compressed
    bool isOriginalBetter = false; ///< of a variant: it would not be smaller, or there is none

    /// Which file it was, to notice another one in its place.
    struct Stamp {
        uint64_t device = 0, inode = 0;
        int64_t modifiedNs = 0, changedNs = 0;
        uint64_t size = 0;
        bool operator==(const Stamp &) const = default;
    };
    std::optional<Stamp> stamp; ///< of 200, except for lists of folders
    bool isYoung = false; ///< read so soon after a change that the next may have the same stamp
    std::optional<Stamp> neighbourStamp; ///< of a variant that is a neighbour

    uint64_t codedFrom = 0; ///< bytes this was made of; 0: nothing was made
    std::chrono::nanoseconds codedIn {0};

    Validators validators() const noexcept
    {
        return etag.empty() ? Validators {} : Validators {.etag = etag, .modified = modified};
    }
    std::string_view linesFor(bool varies) const noexcept { return varies ? variedLines : lines; }
    /// Memory it holds, an open descriptor counted as kOpenFileCost so that the byte limit bounds
    /// descriptors as well.
    uint64_t cost() const noexcept;
};

struct FileLoad {
    std::shared_ptr<const FileEntry> entry; ///< null: what is there still is what was known
    int watch = -1;                         ///< of the folder it lies in
    bool mustCode =
        false; ///< the look has found that the file is to be compressed: `entry` is null
};

/// A look takes microseconds, compressing up to seconds.
enum class LoadStep : uint8_t { Look, Code };

/// Looks a path up and reads it; in the second step compresses it where that is to be done. May
/// block: runs on the pool. `path` begins with "/" or is empty. `known`: what was found last time,
/// or null.
FileLoad loadFile(const FileScope &scope, const std::string &path, const FileVariant &variant,
                  OpenStrategy strategy, const FileEntry *known, FolderWatcher &watcher,
                  LoadStep step);

} // namespace arc
