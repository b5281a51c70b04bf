// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

// Reading of logs that LogFile wrote: the file and its rotated ones as one text, oldest line first.
// Everything here blocks for the disk, keeps nothing open, and may run on any thread.
//
// A cursor names a place between two lines by file (inode, and a hash of its first bytes) and
// offset, so that it is still right after the file was rotated.

/// Most bytes one tailLog() answers with.
inline constexpr int64_t kLogTailBytesMax = 1024 * 1024;
/// With a filter, a tail looks through at most so many of the newest bytes.
inline constexpr int64_t kLogFilterBytesMax = 8 * 1024 * 1024;
/// Lines that are left out are counted in at most so many bytes; beyond, the count is unknown.
inline constexpr int64_t kLogCountBytesMax = 256LL * 1024 * 1024;
/// What one searchLog() looks through before it answers.
inline constexpr int64_t kLogSearchBytesMax = 4 * 1024 * 1024;
inline constexpr size_t kLogMatchesMax = 1000;
inline constexpr size_t kLogPatternBytesMax = 1024;

/// How much there is of a log.
struct LogExtent {
    int64_t bytes = 0;
    int files = 0; ///< with the rotated ones
};
LogExtent measureLog(const std::string &path);

struct LogTail {
    std::string text;         ///< whole lines
    std::string cursor;       ///< behind them
    int64_t skippedLines = 0; ///< newer than the cursor, older than `text`; -1: not known
    int64_t skippedBytes = 0;
    int64_t olderBytes = 0; ///< before `text`
    LogExtent extent;
};
/// Lines behind `after`, or the newest where it is empty; the newest `bytesMax` of them.
/// `mustContain`: only lines with this text; empty: all. A log that does not exist is empty.
/// A cursor whose file is gone gives what is there, with an unknown number of skipped lines.
Result<LogTail> tailLog(const std::string &path, const std::string &after, int64_t bytesMax,
                        const std::string &mustContain = {});

/// What to look for. A regular expression is RE2's: its time grows with the text only, whatever the
/// pattern is.
class LogPattern {
public:
    static Result<LogPattern> make(const std::string &text, bool isRegex, bool ignoreCase);
    ~LogPattern();
    LogPattern(LogPattern &&) noexcept;
    LogPattern &operator=(LogPattern &&) noexcept;

    bool matches(std::string_view line) const;

private:
    struct Compiled;
    explicit LogPattern(std::unique_ptr<Compiled> compiled);
    std::unique_ptr<Compiled> m_compiled;
};

struct LogMatches {
    std::vector<std::string> lines; ///< newest first
    std::string next;               ///< where the next call goes on
    int64_t leftBytes = 0;          ///< older than `next`
    int64_t totalBytes = 0;
    bool done = false;
};
/// One step of a search from the newest line to the oldest: who asks again with `next` until `done`
/// has seen all of it, and who stops asking has cancelled it.
Result<LogMatches> searchLog(const std::string &path, const LogPattern &pattern,
                             const std::string &from, size_t matchesMax,
                             const std::string &mustContain = {});

} // namespace arc
