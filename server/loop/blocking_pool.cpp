// SPDX-License-Identifier: Apache-2.0
#include "server/loop/blocking_pool.h"

#include "server/base/assert.h"

namespace arc {

BlockingPool::BlockingPool(size_t threads, size_t queueMax) : m_queueMax(queueMax)
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

bool BlockingPool::submit(EventLoop &home, std::function<std::function<void()>()> job)
{
    {
        std::scoped_lock lock(m_mutex);
        if (m_stopping || m_jobs.size() >= m_queueMax)
            return false;
        m_jobs.push_back({&home, std::move(job)});
    }
    m_wake.notify_one();
    return true;
}

void BlockingPool::work()
{
    for (;;) {
        Job job;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [this] { return m_stopping || !m_jobs.empty(); });
            if (m_jobs.empty())
                return;
            job = std::move(m_jobs.front());
            m_jobs.pop_front();
        }
        std::function<void()> answer = job.run();
        job.run = nullptr; // first, so that what job and answer share dies at home, not here
        if (answer)
            job.home->post(std::move(answer));
    }
}

} // namespace arc
