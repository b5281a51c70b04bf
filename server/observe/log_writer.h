// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/base/log_ring.h"
#include "server/base/thread.h"
#include "server/observe/log_file.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace arc {

/// The thread that brings the rings of the loops to disk, into access.log of a folder.
///
/// It looks at all rings twice a second while lines come, and at once when woken; after a second
/// without any it sleeps until it is woken, which is what LogRing::wantsConsumer() asks a producer
/// to do. Its memory is one ring's worth of lines. A disk that fails costs lines, which are
/// counted, and never holds a loop up. Every member may be called by any thread.
class LogWriter {
public:
    static constexpr std::chrono::milliseconds kInterval {500};

    explicit LogWriter(const std::string &folder, LogLimits limits = {});
    ~LogWriter(); ///< stop()
    LogWriter(const LogWriter &) = delete;

    void addRing(std::shared_ptr<LogRing> ring);
    /// Once its producer has ended: what it still holds is written, then it is let go.
    void removeRing(const std::shared_ptr<LogRing> &ring);
    /// Counts from the next lines on.
    void setLimits(LogLimits limits);
    /// Drains soon. One system call at most, so loops may call it.
    void wake() noexcept;
    /// Writes what the rings hold, then ends the thread. Producers should have ended before.
    void stop();
    /// Why lines are being dropped, with their number; empty while the file can be written.
    std::string trouble() const;
    /// Lines lost because the disk failed. Those that a full ring lost: LogRing::linesDropped().
    uint64_t linesDropped() const noexcept { return m_dropped.load(std::memory_order_relaxed); }

private:
    struct Source {
        std::shared_ptr<LogRing> ring;
        bool retiring = false;
    };
    void work();
    bool drain();
    bool prepareToSleep();

    mutable std::mutex m_mutex; // guards m_sources, m_limits and m_trouble; held for a copy
    std::vector<Source> m_sources;
    LogLimits m_limits;
    std::string m_trouble;

    LogFile m_file;      // the writer's thread only
    std::string m_batch; // the writer's thread only
    FileDescriptor m_wakeFd;
    std::atomic<bool> m_wakePending {false};
    std::atomic<bool> m_stopping {false};
    std::atomic<uint64_t> m_dropped {0};
    Thread m_thread; // last: it uses everything above
};

} // namespace arc
