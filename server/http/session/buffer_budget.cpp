// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/buffer_budget.h"

namespace arc {

bool BufferBudget::tryGrant() noexcept
{
    // Only a number is shared, no data behind it: relaxed is enough.
    if (m_granted.fetch_add(kGrantBytes, std::memory_order_relaxed) + kGrantBytes <= limit())
        return true;
    m_granted.fetch_sub(kGrantBytes, std::memory_order_relaxed);
    return false;
}

void BufferBudget::giveBack(int64_t grants) noexcept
{
    m_granted.fetch_sub(grants * kGrantBytes, std::memory_order_relaxed);
}

LoopBudget::~LoopBudget()
{
    if (m_shared)
        m_shared->giveBack(m_grants);
}

void LoopBudget::charge(int64_t bytes) noexcept
{
    m_used += bytes;
    if (!m_shared)
        return;
    if (bytes > 0) {
        cover();
        return;
    }
    const int64_t needed = (m_used + BufferBudget::kGrantBytes - 1) / BufferBudget::kGrantBytes;
    const int64_t spare = m_grants - needed;
    if (spare > kSpareGrants) {
        m_shared->giveBack(spare - kSpareGrants);
        m_grants -= spare - kSpareGrants;
    }
}

bool LoopBudget::isExhausted() noexcept
{
    return m_shared && !cover();
}

bool LoopBudget::cover() noexcept
{
    while (m_used >= m_grants * BufferBudget::kGrantBytes) {
        if (!m_shared->tryGrant())
            return m_used == 0; // other loops hold it all; one that holds nothing may still serve
                                // from nothing
        ++m_grants;
    }
    return true;
}

} // namespace arc
