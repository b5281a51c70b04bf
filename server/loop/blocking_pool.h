// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"
#include "server/loop/event_loop.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace arc {

/// A few threads for what may block: cold files, name lookups. A job goes in, its answer comes back
/// as mail. Every home loop outlives the pool.
class BlockingPool {
public:
    explicit BlockingPool(size_t threads, size_t queueMax = 1024);
    BlockingPool(const BlockingPool &) = delete;
    ~BlockingPool(); ///< finishes what was accepted

    /// Any thread. `job` runs on a pool thread and returns what then runs on `home` (or nothing).
    /// The job is destroyed before its answer is posted: what both hold is let go by `home`.
    /// False when the queue is full: nothing will be called.
    bool submit(EventLoop &home, std::function<std::function<void()>()> job);

private:
    struct Job {
        EventLoop *home = nullptr;
        std::function<std::function<void()>()> run;
    };
    void work();

    const size_t m_queueMax;
    std::mutex m_mutex; // guards m_jobs and m_stopping; held for a push or a pop
    std::condition_variable m_wake;
    std::deque<Job> m_jobs;
    bool m_stopping = false;
    std::vector<Thread> m_threads;
};

} // namespace arc
