// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// One thing in a folder that a release holds.
struct ReleaseEntry {
    /// Shared: a link to what lies in the folder itself.
    enum class Kind : char { Folder = 'd', File = 'f', Link = 'l', Shared = 's' };

    Kind kind = Kind::File;
    std::string path; ///< in the folder
    std::string
        content;       ///< File: SHA-256 in hexadecimal, empty until known; links: where they lead
    unsigned mode = 0; ///< of the copy: what the original allows, but for writing
    int64_t size = 0;  ///< File
    int64_t mtimeNs = 0; ///< as this and what follows were when it was looked at
    int64_t ctimeNs = 0;
    uint64_t inode = 0;
    uint64_t device = 0;
    int64_t copyMtimeNs = 0; ///< of the copy: of a link, that of the release that it was made for

    /// As far as can be told without reading it: any change of content or mode moves ctime.
    bool looksAs(const ReleaseEntry &other) const noexcept
    {
        return kind == other.kind && size == other.size && mtimeNs == other.mtimeNs
            && ctimeNs == other.ctimeNs && inode == other.inode && device == other.device;
    }
};

/// What a release is made of, sorted by path.
struct Manifest {
    int64_t scannedNs = 0; ///< Unix time at which looking at the folder began
    std::vector<ReleaseEntry> entries;

    int64_t files() const noexcept;
    int64_t bytes() const noexcept;
    const ReleaseEntry *find(std::string_view path) const noexcept;
    /// SHA-256 over kinds, paths, modes and contents, nothing else: the same for the same.
    std::string hash() const;
    /// The first digits of it, by which a release is called.
    static constexpr size_t kIdDigits = 16;
    std::string id() const { return hash().substr(0, kIdDigits); }
};

/// A file of its own format, since paths are any bytes: fields with blanks between them, the path
/// last, each entry ended by a NUL.
std::string writeManifest(const Manifest &manifest);
Result<Manifest> readManifest(std::string_view text);

} // namespace arc
