// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/connection_table.h"

#include "server/http/session/connection.h"

namespace arc {

ConnectionTable::ConnectionTable() = default;
ConnectionTable::~ConnectionTable() = default;

uint32_t ConnectionTable::reserve()
{
    if (m_free.empty()) {
        m_slots.emplace_back();
        return static_cast<uint32_t>(m_slots.size() - 1);
    }
    const uint32_t slot = m_free.back();
    m_free.pop_back();
    return slot;
}

void ConnectionTable::put(uint32_t slot, std::unique_ptr<Connection> connection)
{
    m_slots[slot].connection = std::move(connection);
    ++m_count;
}

std::unique_ptr<Connection> ConnectionTable::remove(uint32_t slot) noexcept
{
    std::unique_ptr<Connection> removed = std::move(m_slots[slot].connection);
    markBusy(*removed);
    m_free.push_back(slot);
    --m_count;
    return removed;
}

std::unique_ptr<Connection> ConnectionTable::replace(uint32_t slot,
                                                     std::unique_ptr<Connection> next) noexcept
{
    markBusy(*m_slots[slot].connection);
    return std::exchange(m_slots[slot].connection, std::move(next));
}

Connection *ConnectionTable::at(uint32_t slot) const noexcept
{
    return slot < m_slots.size() ? m_slots[slot].connection.get() : nullptr;
}

void ConnectionTable::markIdle(Connection &connection,
                               std::chrono::steady_clock::time_point now) noexcept
{
    IdleLink &link = connection.idleLink();
    if (link.isListed() && (&connection == m_newest || now - link.since < std::chrono::seconds(1)))
        return;
    if (link.isListed())
        unlink(connection);
    link = {.previous = m_newest, .next = nullptr, .since = now};
    (m_newest ? m_newest->idleLink().next : m_oldest) = &connection;
    m_newest = &connection;
}

void ConnectionTable::markBusy(Connection &connection) noexcept
{
    if (connection.idleLink().isListed())
        unlink(connection);
}

Connection *ConnectionTable::quietest() const noexcept
{
    return m_oldest;
}

void ConnectionTable::unlink(Connection &connection) noexcept
{
    IdleLink &link = connection.idleLink();
    (link.previous ? link.previous->idleLink().next : m_oldest) = link.next;
    (link.next ? link.next->idleLink().previous : m_newest) = link.previous;
    link = {};
}

} // namespace arc
