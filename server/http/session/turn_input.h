// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <sys/types.h>

namespace arc {

/// The loop's one read buffer. In its turn a connection puts its partial message in front and reads
/// behind it; what is left at the end of the turn goes back to the connection. So an idle
/// connection holds no buffer. Confined to the loop; views are valid until the next receive() or
/// load().
class TurnInput {
public:
    static constexpr size_t kReadBytes = 64 * 1024;

    TurnInput() { makeRoom(kReadBytes); }

    void load(std::string_view partial);
    std::string_view bytes() const noexcept { return {m_bytes.get() + m_from, m_to - m_from}; }
    void consume(size_t count) noexcept { m_from += count; }
    void clear() noexcept { m_from = m_to = 0; }
    /// Room of kReadBytes behind what is there, for whoever fills it otherwise; add() tells how
    /// far.
    std::span<char> room();
    void add(size_t count) noexcept { m_to += count; }
    /// One recv() behind what is there; its result and errno. Asks for kReadBytes.
    ssize_t receive(int socket);

private:
    void makeRoom(size_t behind);

    std::unique_ptr<char[]> m_bytes;
    size_t m_capacity = 0;
    size_t m_from = 0;
    size_t m_to = 0;
};

} // namespace arc
