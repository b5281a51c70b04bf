// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace arc {

class Connection;

/// A connection's place in the list of those quiet longest; a member of the connection.
struct IdleLink {
    Connection *previous = nullptr;
    Connection *next = nullptr;
    std::chrono::steady_clock::time_point since {}; ///< zero: it is not in the list
    bool isListed() const noexcept { return since != std::chrono::steady_clock::time_point(); }
};

/// The connections of a loop: slots with generations, and which of them are idle, in the order in
/// which they became so. Confined to its loop.
class ConnectionTable {
public:
    ConnectionTable();
    ~ConnectionTable();

    uint32_t reserve(); ///< a free slot for put()
    void put(uint32_t slot, std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> remove(uint32_t slot) noexcept;
    /// Another protocol on the same slot; returns the one before.
    std::unique_ptr<Connection> replace(uint32_t slot, std::unique_ptr<Connection> next) noexcept;
    size_t size() const noexcept { return m_count; }

    /// For an exchange that begins on a slot. The connection knows the generations that are still
    /// running; none comes again.
    uint32_t nextGeneration(uint32_t slot) noexcept { return ++m_slots[slot].generation; }
    Connection *at(uint32_t slot) const noexcept; ///< or null

    /// Idle from `now` on. The list is in order to one second, so that a busy keep-alive connection
    /// is not moved each time.
    void markIdle(Connection &connection, std::chrono::steady_clock::time_point now) noexcept;
    void markBusy(Connection &connection) noexcept;
    Connection *quietest() const noexcept; ///< the idle one that was quiet longest, or null
    template <class F>
    void forEach(F &&f)
    {
        for (size_t slot = 0; slot < m_slots.size(); ++slot)
            if (m_slots[slot].connection)
                f(*m_slots[slot].connection);
    }

private:
    void unlink(Connection &connection) noexcept;

    struct Slot {
        std::unique_ptr<Connection> connection;
        uint32_t generation = 0;
    };
    std::vector<Slot> m_slots;
    std::vector<uint32_t> m_free;
    size_t m_count = 0;
    Connection *m_oldest = nullptr;
    Connection *m_newest = nullptr;
};

} // namespace arc
