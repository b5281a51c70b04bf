// SPDX-License-Identifier: Apache-2.0
#include "server/observe/log_writer.h"

#include "server/base/assert.h"

#include <algorithm>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace arc {

LogWriter::LogWriter(const std::string &folder, LogLimits limits)
    : m_limits(limits), m_file(folder + "/access.log", limits),
      m_wakeFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), m_thread("log-writer", [this] { work(); })
{
    // Without an eventfd, poll() ignores it: the writer then looks every interval only.
}

LogWriter::~LogWriter()
{
    stop();
}

void LogWriter::addRing(std::shared_ptr<LogRing> ring)
{
    ARC_ASSERT(ring);
    {
        std::scoped_lock lock(m_mutex);
        m_sources.push_back({std::move(ring), false});
    }
    wake(); // a writer that sleeps has not told this ring
}

void LogWriter::removeRing(const std::shared_ptr<LogRing> &ring)
{
    {
        std::scoped_lock lock(m_mutex);
        for (Source &source : m_sources)
            source.retiring = source.retiring || source.ring == ring;
    }
    wake();
}

void LogWriter::setLimits(LogLimits limits)
{
    std::scoped_lock lock(m_mutex);
    m_limits = limits;
}

std::string LogWriter::trouble() const
{
    std::scoped_lock lock(m_mutex);
    return m_trouble;
}

void LogWriter::wake() noexcept
{
    if (m_wakePending.exchange(true, std::memory_order_acq_rel))
        return;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(m_wakeFd.get(), &one, sizeof one);
}

void LogWriter::stop()
{
    m_stopping.store(true);
    wake();
    m_thread.join();
}

void LogWriter::work()
{
    constexpr int kQuietLooks = 2; // in a row, before it sleeps until it is woken
    int quiet = 0;
    bool last = false;
    while (!last) {
        pollfd wait {.fd = m_wakeFd.get(), .events = POLLIN};
        const bool untilWoken = quiet >= kQuietLooks && prepareToSleep();
        poll(&wait, 1, untilWoken ? -1 : static_cast<int>(kInterval.count()));
        uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = read(m_wakeFd.get(), &count, sizeof count);
        // Before the rings are read, so that a wake from now on is not lost.
        m_wakePending.exchange(false, std::memory_order_acq_rel);
        last = m_stopping.load();
        quiet = drain() ? 0 : quiet + 1;
    }
}

/// Every ring's producer will wake us with its next line; false: there is one already.
bool LogWriter::prepareToSleep()
{
    if (!m_wakeFd)
        return false;
    std::scoped_lock lock(m_mutex);
    return std::ranges::all_of(m_sources, [](const Source &source) {
        return !source.retiring && source.ring->prepareToSleep();
    });
}

/// Whether there was anything to do.
bool LogWriter::drain()
{
    std::vector<Source> sources;
    {
        std::scoped_lock lock(m_mutex);
        sources = m_sources;
        m_file.setLimits(m_limits);
        // The copies keep them alive until they have been read for the last time.
        std::erase_if(m_sources, [](const Source &source) { return source.retiring; });
    }
    bool found = false;
    for (const Source &source : sources) {
        source.ring->wakeUp();
        m_batch.clear();
        source.ring->drain(m_batch);
        found = found || !m_batch.empty();
        m_dropped.fetch_add(m_file.append(m_batch), std::memory_order_relaxed);
    }
    std::string trouble = m_file.trouble();
    std::scoped_lock lock(m_mutex);
    m_trouble = std::move(trouble);
    return found || !m_trouble.empty();
}

} // namespace arc
