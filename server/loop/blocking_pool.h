// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"
#include "server/loop/event_loop.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace arc {

/// A few threads for what may block: cold files, name lookups. A job goes in, its answer comes back
/// as mail. Every home loop outlives the pool.
class BlockingPool {
public:
    /// What a job takes: a look at the disk, or long work, as compressing is. Long ones have at
    /// most half of the threads (of one thread: that one, behind the short ones), so that what
    /// clients can make long never keeps a plain file waiting; and a queue of their own.
    enum class Length : uint8_t { Short, Long };
    static constexpr size_t kLongQueueMax = 32; ///< a client waits for no more than these

    explicit BlockingPool(size_t threads, size_t queueMax = 1024);
    BlockingPool(const BlockingPool &) = delete;
    ~BlockingPool(); ///< finishes what was accepted

    /// Any thread. `job` runs on a pool thread and returns what then runs on `home` (or nothing).
    /// The job is destroyed before its answer is posted: what both hold is let go by `home`.
    /// False when the queue of its length is full: nothing will be called.
    bool submit(EventLoop &home, std::function<std::function<void()>()> job,
                Length length = Length::Short);

private:
    struct Job {
        EventLoop *home = nullptr;
        std::function<std::function<void()>()> run;
    };
    void work();
    bool mayRunLong() const noexcept { return !m_long.empty() && m_longRunning < m_longMax; }

    const size_t m_queueMax;
    const size_t m_threadCount;
    const size_t m_longMax; // that run at one time
    std::mutex m_mutex;     // guards what follows up to m_stopping; held for a push or a pop
    std::condition_variable m_wake;
    std::deque<Job> m_jobs;
    std::deque<Job> m_long;
    size_t m_longRunning = 0;
    bool m_stopping = false;
    std::vector<Thread> m_threads;
};

} // namespace arc
