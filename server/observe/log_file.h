// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace arc {

/// How much disk one log may take: this file and `filesMax` rotated ones, x.log.1 the youngest.
struct LogLimits {
    int64_t fileBytesMax = 64LL * 1024 * 1024;
    int64_t filesMax = 5;
};

/// A log file that rotates itself. Lines it cannot write (disk full, folder gone) are dropped and
/// counted; it says so once on standard error, tries again at each append, and says when it works
/// again. A file that somebody moved away is made anew. Blocks for the disk; confined to one
/// thread.
class LogFile {
public:
    LogFile(std::string path, LogLimits limits);

    void setLimits(LogLimits limits) { m_limits = limits; }
    /// Whole lines, each with its newline. Returns how many of them were dropped.
    size_t append(std::string_view lines);
    /// Why lines are being dropped, with their number; empty while they are not.
    std::string trouble() const;

private:
    bool prepare();
    bool open();
    bool rotate();
    void removeBeyondLimit() const;
    size_t write(std::string_view lines);
    size_t writeBytes(std::string_view bytes);
    void failed(int errnoValue, size_t linesDropped);
    void worked();
    std::string rotatedPath(int64_t number) const;

    const std::string m_path;
    LogLimits m_limits;
    FileDescriptor m_file;
    dev_t m_device = 0;
    ino_t m_inode = 0;
    int64_t m_size = 0;
    bool m_tornLine = false; // the file ends within a line
    int m_failing = 0;       // errno of the last append; 0: it worked
    size_t m_droppedSinceFailing = 0;
};

} // namespace arc
