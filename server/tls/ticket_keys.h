// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

namespace arc {

/// The keys that session tickets are sealed with: the current one, and two that are still read.
/// Immutable, shared by all loops, so that a ticket of one loop is good on every other. Wiped at
/// the end; never stored, so a restart makes every ticket void.
class TicketKeys {
public:
    static constexpr size_t kKeysMax = 3;
    static constexpr size_t kNameBytes = 16;

    struct Key {
        std::array<unsigned char, kNameBytes> name {};
        std::array<unsigned char, 32> cipher {};
        std::array<unsigned char, 32> mac {};
    };

    /// One fresh key; with `before`, its newer keys stay readable.
    static Result<std::shared_ptr<const TicketKeys>> make(const TicketKeys *before);
    ~TicketKeys();
    TicketKeys(const TicketKeys &) = delete;

    const Key &current() const noexcept { return m_keys[0]; }
    /// The key of a ticket's name, or null.
    const Key *find(const unsigned char *name) const noexcept;

private:
    TicketKeys() = default;
    std::array<Key, kKeysMax> m_keys {};
    size_t m_count = 0;
};

} // namespace arc
