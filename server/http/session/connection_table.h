// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace arc {

class Http1Connection;
class Http1Exchange;

/// A connection's place in the list of those quiet longest; a member of the connection.
struct IdleLink {
    Http1Connection *previous = nullptr;
    Http1Connection *next = nullptr;
    std::chrono::steady_clock::time_point since {};
    bool listed = false;
};

/// The connections of a loop: slots with generations, and which of them are idle, in the order in
/// which they became so. Confined to its loop.
class ConnectionTable {
public:
    ConnectionTable();
    ~ConnectionTable();

    uint32_t reserve(); ///< a free slot for put()
    void put(uint32_t slot, std::unique_ptr<Http1Connection> connection);
    std::unique_ptr<Http1Connection> remove(uint32_t slot) noexcept;
    size_t size() const noexcept { return m_count; }

    /// A new exchange began on a slot: earlier ids no longer fit.
    uint32_t nextGeneration(uint32_t slot) noexcept { return ++m_slots[slot].generation; }
    Http1Connection *find(uint32_t slot, uint32_t generation) const noexcept;

    /// Idle from `now` on. The list is in order to one second, so that a busy keep-alive connection
    /// is not moved each time.
    void markIdle(Http1Connection &connection, std::chrono::steady_clock::time_point now) noexcept;
    void markBusy(Http1Connection &connection) noexcept;
    Http1Connection *quietest() const noexcept; ///< the idle one that was quiet longest, or null
    template <class F>
    void forEach(F &&f)
    {
        for (size_t slot = 0; slot < m_slots.size(); ++slot)
            if (m_slots[slot].connection)
                f(*m_slots[slot].connection);
    }

private:
    void unlink(Http1Connection &connection) noexcept;

    struct Slot {
        std::unique_ptr<Http1Connection> connection;
        uint32_t generation = 0;
    };
    std::vector<Slot> m_slots;
    std::vector<uint32_t> m_free;
    size_t m_count = 0;
    Http1Connection *m_oldest = nullptr;
    Http1Connection *m_newest = nullptr;
};

} // namespace arc
