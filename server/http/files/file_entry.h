// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/http/files/open_confined.h"
#include "server/http/syntax/conditional.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// Where a static handler looks: shared by the handler and the jobs it starts. Immutable.
struct FileScope {
    FileScope(std::vector<std::string> rootFolders, std::string indexName);
    const std::vector<std::string> roots; ///< searched in order; absolute
    const std::string index;              ///< served for a folder; empty: folders are not there
    const std::string key;                ///< equal for equal scopes
    const uint64_t keyHash;
};

/// What a path led to. Immutable, so pieces of answers may keep it while the cache already holds
/// another.
struct FileEntry {
    /// Files up to this size are held in memory: measured, one writev of head and body beats
    /// sendfile below it.
    static constexpr uint64_t kInMemoryMax = 128 * 1024;

    /// 200; 301 a folder asked for without its "/"; 403; 404; 503 the system could not (never
    /// cached).
    int status = 404;
    uint64_t size = 0;
    int64_t modified = 0; ///< Unix seconds
    std::string etag;
    std::string lines;     ///< Content-Type, ETag, Last-Modified, Accept-Ranges
    std::string_view type; ///< constant text
    std::string content;   ///< of small files
    std::shared_ptr<const FileDescriptor> file; ///< of large files

    /// Which file it was, to notice another one in its place.
    struct Stamp {
        uint64_t device = 0, inode = 0;
        int64_t modifiedNs = 0, changedNs = 0;
        uint64_t size = 0;
        bool operator==(const Stamp &) const = default;
    };
    std::optional<Stamp> stamp; ///< of 200

    Validators validators() const noexcept { return {.etag = etag, .modified = modified}; }
    /// Memory it holds, an open descriptor counted as kInMemoryMax so that the byte limit bounds
    /// descriptors as well.
    uint64_t cost() const noexcept;
};

/// Looks a path up and reads it. May block: runs on the pool. `path` begins with "/" or is empty.
/// Null when what is there still is what `known` describes.
std::shared_ptr<const FileEntry> loadFile(const FileScope &scope, const std::string &path,
                                          OpenStrategy strategy,
                                          const std::optional<FileEntry::Stamp> &known);

} // namespace arc
