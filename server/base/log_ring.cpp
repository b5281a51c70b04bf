// SPDX-License-Identifier: Apache-2.0
#include "server/base/log_ring.h"

#include "server/base/assert.h"

#include <algorithm>
#include <cstring>

namespace arc {

LogRing::LogRing(size_t capacityBytes)
    : m_capacity(capacityBytes), m_bytes(std::make_unique<char[]>(capacityBytes))
{
    ARC_ASSERT(capacityBytes && (capacityBytes & (capacityBytes - 1)) == 0);
}

void LogRing::put(uint64_t place, std::string_view bytes) noexcept
{
    if (bytes.empty())
        return;
    const size_t at = place & (m_capacity - 1);
    const size_t first = std::min(bytes.size(), m_capacity - at);
    std::memcpy(&m_bytes[at], bytes.data(), first);
    if (first < bytes.size())
        std::memcpy(&m_bytes[0], bytes.data() + first, bytes.size() - first);
}

bool LogRing::push(std::string_view line, std::string_view rest) noexcept
{
    const uint64_t written = m_written.load(std::memory_order_relaxed);
    const size_t size = line.size() + rest.size();
    if (m_capacity - (written - m_read.load(std::memory_order_acquire)) < size) {
        m_dropped.store(m_dropped.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return false;
    }
    put(written, line);
    put(written + line.size(), rest);
    m_written.store(written + size, std::memory_order_seq_cst);
    return true;
}

void LogRing::drain(std::string &out)
{
    const uint64_t read = m_read.load(std::memory_order_relaxed);
    const size_t size = m_written.load(std::memory_order_acquire) - read;
    const size_t at = read & (m_capacity - 1);
    const size_t first = std::min(size, m_capacity - at);
    out.append(&m_bytes[at], first);
    out.append(&m_bytes[0], size - first);
    m_read.store(read + size, std::memory_order_release);
}

bool LogRing::wantsConsumer() noexcept
{
    if (m_asleep.load(std::memory_order_seq_cst))
        return m_asleep.exchange(false, std::memory_order_acq_rel);
    const uint64_t written = m_written.load(std::memory_order_relaxed);
    if (written - m_halfAt < m_capacity / 2)
        return false;
    m_halfAt = written;
    return true;
}

bool LogRing::prepareToSleep() noexcept
{
    m_asleep.store(true, std::memory_order_seq_cst);
    if (m_written.load(std::memory_order_seq_cst) == m_read.load(std::memory_order_relaxed))
        return true;
    wakeUp();
    return false;
}

} // namespace arc
