// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/releases/manifest.h"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace arc {

/// SHA-256 of what is added, in hexadecimal.
class ContentHash {
public:
    ContentHash();
    ~ContentHash();
    ContentHash(const ContentHash &) = delete;
    void add(std::string_view bytes);
    std::string end();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// How far a job of the blocking pool is, and whether it is still wanted. Written by the job, but
/// for isCancelled; read by anybody.
struct CopyProgress {
    std::atomic<int64_t> files {0};
    std::atomic<int64_t> filesDone {0};
    std::atomic<int64_t> bytes {0};
    std::atomic<int64_t> bytesDone {0};
    std::atomic<bool> isCancelled {false};
};

/// Does a file begin as SQLite's databases do?
bool isSqlite(std::string_view beginning) noexcept;
/// Is it called as they are?
bool isSqliteName(std::string_view path) noexcept;

/// Nanoseconds of a time as stat tells it.
int64_t nanoseconds(const struct timespec &time) noexcept;
/// Everything of a ReleaseEntry but its path and content, of what stat tells.
void describe(ReleaseEntry &entry, const struct stat &status) noexcept;

/// Copies a file to a new one, with the entry's mode and time; fills in what is in it, and how it
/// looked meanwhile. Conflict: it was written to while it was read. Invalid: it is a database.
Result<void> copyFile(const std::string &from, const std::string &to, ReleaseEntry &entry,
                      CopyProgress &progress);
/// What is in a file. Cancelled: it is not wanted any more.
Result<std::string> hashFile(const std::string &path, CopyProgress &progress);

/// Of everybody who was told to stop.
Error cancelledCopy();

} // namespace arc
