// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_level.h"
#include "server/base/thread.h"
#include "server/observe/log_file.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// One line the engine said about itself.
struct EngineLogLine {
    int64_t unixMs = 0;
    LogLevel level = LogLevel::Info;
    std::string message;
};

/// The engine's own log: standard error if wanted, engine.log of a folder, rotating, and the last
/// lines for the control API.
///
/// Every member may be called by any thread and none waits for a disk or a terminal: an own thread
/// writes. When it cannot keep up, lines are dropped from its queue (not from the last lines) and
/// counted; the count is told when it goes on.
class EngineLog {
public:
    static constexpr size_t kLastLinesMax = 500;
    static constexpr size_t kQueueMax = 4096;
    /// Longer messages are cut. With the head of the line it stays below PIPE_BUF, so that standard
    /// error never takes half a line.
    static constexpr size_t kMessageBytesMax = 3 * 1024;

    explicit EngineLog(const std::string &folder, bool toStderr = true,
                       LogLevel level = LogLevel::Info);
    ~EngineLog(); ///< writes what is queued
    EngineLog(const EngineLog &) = delete;

    /// Counts from the next lines on.
    void setLimits(LogLimits limits);
    void setLevel(LogLevel level);
    LogLevel level() const;

    /// Control characters are made visible, so that one message is one line.
    void write(LogLevel level, std::string_view message);
    void debug(std::string_view message) { write(LogLevel::Debug, message); }
    void info(std::string_view message) { write(LogLevel::Info, message); }
    void warning(std::string_view message) { write(LogLevel::Warning, message); }
    void error(std::string_view message) { write(LogLevel::Error, message); }

    /// The youngest lines, oldest first, at most kLastLinesMax.
    std::vector<EngineLogLine> lastLines(size_t countMax) const;
    uint64_t linesDropped() const;

private:
    class Output; // what the own thread writes with

    void work();

    const std::string m_path;
    const bool m_toStderr;
    mutable std::mutex m_mutex; // guards what follows, but m_thread; held for a push or a swap
    std::condition_variable m_wake;
    LogLevel m_level;
    std::deque<EngineLogLine> m_last;
    std::vector<EngineLogLine> m_queue;
    uint64_t m_dropped = 0;
    LogLimits m_limits;
    bool m_stopping = false;
    Thread m_thread; // last: it uses everything above
};

} // namespace arc
