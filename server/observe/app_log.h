// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"
#include "server/observe/log_file.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// What hosted apps write to their standard output and error: a rotating file for each app,
/// app-ID.log of a folder, one line "TIME [pid] text" each ("[engine]" where the engine speaks).
///
/// Every member may be called by any thread. write() never waits for a disk: an own thread writes.
/// When it cannot keep up, lines are dropped and counted, and the file tells the count.
class AppLog {
public:
    static constexpr size_t kQueueBytesMax = 4 * 1024 * 1024;

    explicit AppLog(std::string folder, LogLimits limits = {});
    ~AppLog(); ///< writes what is queued
    AppLog(const AppLog &) = delete;

    void setLimits(LogLimits limits);
    /// pid 0: the engine speaks. The line comes without its newline.
    void write(const std::string &app, int pid, std::string_view line);
    /// What was written before is in the files when it returns. Blocks for the disk.
    void flush();
    uint64_t linesDropped() const;

    static std::string fileName(std::string_view app); ///< "app-shop.log"

private:
    struct Line {
        std::string app;
        std::string text;
    };

    void work();

    const std::string m_folder;
    mutable std::mutex m_mutex; // guards the queue, its size, limits, counts and m_stopping
    std::condition_variable m_wake;
    std::vector<Line> m_queue;
    size_t m_queueBytes = 0;
    LogLimits m_limits;
    std::map<std::string, uint64_t> m_untold; // dropped lines that a file does not tell yet
    uint64_t m_dropped = 0;
    bool m_stopping = false;

    std::mutex m_filesMutex; // guards m_files; taken before m_mutex; held while a batch is written
    std::map<std::string, LogFile> m_files;
    Thread m_thread; // last: it uses everything above
};

} // namespace arc
