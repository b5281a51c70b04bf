// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/proxy_handshake.h"

#include "server/http/session/session_loop.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>

namespace arc {

ProxyHandshake::ProxyHandshake(SessionLoop &home, uint32_t slot, Origin origin, bool isTls)
    : Connection(home, slot, std::move(origin)), m_isTls(isTls)
{
    setDeadlines(m_home.loop().now() + m_rules->headTimeout);
}

ProxyHandshake::~ProxyHandshake() = default;

void ProxyHandshake::turn() noexcept
{
    std::array<char, kProxyHeaderBytesMax> bytes;
    const ssize_t count = ::recv(m_transport.socket(), bytes.data(), bytes.size(), MSG_PEEK);
    if (count < 0 && errno == EINTR) {
        m_moreToDo = true;
        return;
    }
    const bool hasEnded = m_peerClosed || count == 0;
    if (count < 0 && errno == EAGAIN && !hasEnded)
        return;
    ProxyHeader header;
    const ProxyOutcome outcome =
        readProxyHeader({bytes.data(), count < 0 ? 0 : static_cast<size_t>(count)}, header);
    switch (outcome.step) {
    case ProxyStep::NeedMore:
        // A probe that connects and leaves again is no fault worth a line.
        if (hasEnded || count < 0)
            close(CloseHow::Plainly);
        return;
    case ProxyStep::Refuse:
        refuse(outcome.reason);
        return;
    case ProxyStep::Done:
        break;
    }
    // All of it was seen in the socket, so it comes in one piece.
    if (::recv(m_transport.socket(), bytes.data(), outcome.bytesUsed, 0)
        != static_cast<ssize_t>(outcome.bytesUsed)) {
        close(CloseHow::WithReset);
        return;
    }
    m_home.metrics().bytesRead.add(static_cast<int64_t>(outcome.bytesUsed));
    proceed(header);
}

void ProxyHandshake::proceed(const ProxyHeader &header) noexcept
{
    Origin origin = release({});
    origin.readable = true; // behind the header lies what the client has sent meanwhile
    if (!header.namesNobody) {
        origin.peer = PeerAddress(header.client);
        origin.local = std::make_unique<const SocketAddress>(header.server);
    }
    m_home.proceedBehindProxy(*this, std::move(origin), m_isTls);
}

void ProxyHandshake::refuse(std::string_view reason) noexcept
{
    m_home.noteProxyRefused(peer(), reason);
    close(CloseHow::WithReset);
}

void ProxyHandshake::readDeadlinePassed() noexcept
{
    refuse("the PROXY header did not arrive in time");
}

} // namespace arc
