// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/transport.h"

#include "server/http/session/turn_input.h"

#include <cerrno>

#include <sys/socket.h>

namespace arc {

Transport::Received Transport::receive(TurnInput &input) noexcept
{
    if (m_tls) {
        const TlsStream::Received got = m_tls->receive(m_socket.get(), input.room());
        input.add(m_tls->dropsInput() ? 0 : got.bytes);
        return {.bytes = got.bytes, .mayHoldMore = got.mayHoldMore, .hasEnded = got.hasEnded};
    }
    const ssize_t count = input.receive(m_socket.get());
    if (count > 0) {
        const auto bytes = static_cast<size_t>(count);
        // A short read means the socket is drained; new bytes give a new edge.
        return {.bytes = bytes, .mayHoldMore = bytes == TurnInput::kReadBytes};
    }
    if (count < 0 && errno == EINTR)
        return {.mayHoldMore = true};
    return {.hasEnded = count == 0 || errno != EAGAIN};
}

Transport::Peek Transport::peek() const noexcept
{
    char byte = 0;
    const ssize_t count = ::recv(m_socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0)
        return Peek::Bytes;
    if (count < 0 && errno == EINTR)
        return Peek::Interrupted;
    return count < 0 && errno == EAGAIN ? Peek::Nothing : Peek::Gone;
}

void Transport::endOutput() noexcept
{
    if (m_tls) {
        m_tls->endOutput();
        m_tls->flush(m_socket.get());
        m_tls->dropInput();
        // It would cut off a record that the kernel's TLS still holds, which close() sends.
        if (m_tls->isInKernel())
            return;
    }
    ::shutdown(m_socket.get(), SHUT_WR);
}

void Transport::close(CloseHow how) noexcept
{
    if (how == CloseHow::WithReset) {
        const linger reset {.l_onoff = 1, .l_linger = 0};
        ::setsockopt(m_socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    } else if (m_tls && !m_tls->dropsInput()) {
        m_tls->endOutput();
        m_tls->flush(m_socket.get());
    }
    m_socket.reset();
}

} // namespace arc
