// SPDX-License-Identifier: Apache-2.0
#include "server/workers/home_request.h"

#include "server/base/assert.h"
#include "server/base/text.h"

namespace arc {

void RequestQueue::pushBack(HomeRequest &request) noexcept
{
    ARC_DEBUG_ASSERT(!request.queued);
    request.previous = m_last;
    request.next = nullptr;
    (m_last ? m_last->next : m_first) = &request;
    m_last = &request;
    request.queued = true;
    ++m_size;
}

void RequestQueue::pushFront(HomeRequest &request) noexcept
{
    ARC_DEBUG_ASSERT(!request.queued);
    request.next = m_first;
    request.previous = nullptr;
    (m_first ? m_first->previous : m_last) = &request;
    m_first = &request;
    request.queued = true;
    ++m_size;
}

void RequestQueue::remove(HomeRequest &request) noexcept
{
    ARC_DEBUG_ASSERT(request.queued);
    (request.previous ? request.previous->next : m_first) = request.next;
    (request.next ? request.next->previous : m_last) = request.previous;
    request.next = request.previous = nullptr;
    request.queued = false;
    --m_size;
}

HomeRequest &HomeRequestTable::add(RequestId id)
{
    if (m_free.empty()) {
        m_all.push_back(std::make_unique<HomeRequest>(m_home, m_overdue));
        m_free.push_back(m_all.back().get());
    }
    HomeRequest &request = *m_free.back();
    m_free.pop_back();
    ARC_ASSERT(id.loop < m_bySide.size());
    auto &slots = m_bySide[id.loop];
    if (slots.size() <= id.slot)
        slots.resize(id.slot + 1);
    ARC_ASSERT(slots[id.slot] == nullptr);
    slots[id.slot] = &request;
    request.id = id;
    return request;
}

HomeRequest *HomeRequestTable::find(RequestId id) noexcept
{
    if (id.loop >= m_bySide.size() || id.slot >= m_bySide[id.loop].size())
        return nullptr;
    HomeRequest *request = m_bySide[id.loop][id.slot];
    return request && request->id == id ? request : nullptr;
}

void HomeRequestTable::release(HomeRequest &request) noexcept
{
    ARC_DEBUG_ASSERT(!request.queued && !request.worker);
    m_bySide[request.id.loop][request.id.slot] = nullptr;
    request.deadline.disarm();
    freeMemory(request.payload);
    request.attempts = 0;
    request.headSeen = request.asksSocket = request.isSocket = false;
    m_free.push_back(&request);
}

} // namespace arc
