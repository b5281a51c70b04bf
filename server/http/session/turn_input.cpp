// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/turn_input.h"

#include <algorithm>
#include <cstring>

#include <sys/socket.h>

namespace arc {

void TurnInput::load(std::string_view partial)
{
    clear();
    if (partial.empty())
        return;
    makeRoom(partial.size());
    std::memcpy(m_bytes.get(), partial.data(), partial.size());
    m_to = partial.size();
}

std::span<char> TurnInput::room()
{
    if (m_from == m_to)
        clear();
    makeRoom(kReadBytes);
    return {m_bytes.get() + m_to, kReadBytes};
}

ssize_t TurnInput::receive(int socket)
{
    const ssize_t count = ::recv(socket, room().data(), kReadBytes, 0);
    if (count > 0)
        m_to += static_cast<size_t>(count);
    return count;
}

void TurnInput::makeRoom(size_t behind)
{
    if (m_capacity - m_to >= behind)
        return;
    const size_t held = m_to - m_from;
    if (m_capacity - held >= behind) {
        std::memmove(m_bytes.get(), m_bytes.get() + m_from, held);
    } else {
        // Grows to the largest head that limits.* allow plus one read, and stays there.
        const size_t wanted = std::max(held + behind, m_capacity * 2);
        auto larger = std::make_unique_for_overwrite<char[]>(wanted);
        if (held)
            std::memcpy(larger.get(), m_bytes.get() + m_from, held);
        m_bytes = std::move(larger);
        m_capacity = wanted;
    }
    m_from = 0;
    m_to = held;
}

} // namespace arc
