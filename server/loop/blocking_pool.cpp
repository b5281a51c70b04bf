// SPDX-License-Identifier: Apache-2.0
#include "server/loop/blocking_pool.h"

#include "server/base/assert.h"

#include <algorithm>

namespace arc {

BlockingPool::BlockingPool(size_t threads, size_t queueMax)
    : m_queueMax(queueMax), m_threadCount(threads), m_longMax(std::max<size_t>(1, threads / 2))
{
    ARC_ASSERT(threads > 0);
    m_threads.reserve(threads);
    for (size_t i = 0; i < threads; ++i)
        m_threads.emplace_back("blocking-" + std::to_string(i), [this] { work(); });
}

BlockingPool::~BlockingPool()
{
    {
        std::scoped_lock lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    for (Thread &thread : m_threads)
        thread.join(); // before the members that the threads use are gone
}

bool BlockingPool::submit(EventLoop &home, std::function<std::function<void()>()> job,
                          Length length)
{
    {
        std::scoped_lock lock(m_mutex);
        std::deque<Job> &queue = length == Length::Long ? m_long : m_jobs;
        const size_t most = length == Length::Long ? kLongQueueMax : m_queueMax;
        if (m_stopping || queue.size() >= most)
            return false;
        queue.push_back({&home, std::move(job)});
    }
    m_wake.notify_one();
    return true;
}

void BlockingPool::work()
{
    for (;;) {
        Job job;
        bool isLong = false;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [this] { return m_stopping || !m_jobs.empty() || mayRunLong(); });
            // First, where a thread is left for the short ones: they would never let it in.
            isLong = mayRunLong() && (m_jobs.empty() || m_longMax < m_threadCount);
            std::deque<Job> &queue = isLong ? m_long : m_jobs;
            if (queue.empty()) // a thread that is at a long one takes the long ones that are left
                return;
            job = std::move(queue.front());
            queue.pop_front();
            m_longRunning += isLong;
        }
        std::function<void()> answer = job.run();
        job.run = nullptr; // first, so that what job and answer share dies at home, not here
        if (answer)
            job.home->post(std::move(answer));
        if (isLong) {
            std::scoped_lock lock(m_mutex);
            --m_longRunning;
        }
    }
}

} // namespace arc
