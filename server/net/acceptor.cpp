// SPDX-License-Identifier: Apache-2.0
#include "server/net/acceptor.h"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace arc {

namespace {

/// Connections taken in one turn, so that a flood of them cannot starve those there are.
constexpr int kAcceptsPerTurnMax = 64;
constexpr std::chrono::milliseconds kExhaustedPause {100};

} // namespace

Acceptor::Acceptor(EventLoop &loop, FileDescriptor socket, Callback callback, void *context)
    : m_loop(loop), m_socket(std::move(socket)), m_callback(callback), m_context(context),
      m_retry(&Acceptor::retry, this)
{
    // Linux hands this option on to accepted sockets: one system call here instead of one for each.
    // A Unix socket refuses it, and needs none.
    const int on = 1;
    setsockopt(m_socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    m_event.watchInput(loop, m_socket.get(), &Acceptor::ready, this);
}

void Acceptor::pause() noexcept
{
    m_paused = true;
    m_retry.disarm();
}

void Acceptor::resume() noexcept
{
    if (!m_paused)
        return;
    m_paused = false;
    m_loop.atEndOfTurn(m_nextTurn); // edges that came meanwhile were not followed
}

void Acceptor::ready(void *context, Readiness) noexcept
{
    static_cast<Acceptor *>(context)->acceptSome();
}

void Acceptor::retry(void *context) noexcept
{
    static_cast<Acceptor *>(context)->acceptSome();
}

void Acceptor::acceptSome() noexcept
{
    for (int i = 0; i < kAcceptsPerTurnMax; ++i) {
        if (m_paused || m_retry.isArmed() || !acceptOne())
            return;
    }
    m_loop.atEndOfTurn(m_nextTurn);
}

/// False when there is nothing more to take now.
bool Acceptor::acceptOne() noexcept
{
    sockaddr_storage peer {};
    socklen_t length = sizeof peer;
    FileDescriptor socket(accept4(m_socket.get(), reinterpret_cast<sockaddr *>(&peer), &length,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
        const auto address = SocketAddress::fromSystem(reinterpret_cast<sockaddr *>(&peer), length);
        if (!m_callback(m_context, std::move(socket), address))
            m_paused = true;
        return true;
    }
    switch (errno) {
    case EAGAIN:
        return false;
    case EINTR:
    case ECONNABORTED: // it left before we took it, as did those below
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM: // the firewall's rules forbid it
        return true;
    default:
        m_retry.arm(m_loop.timers(), kExhaustedPause);
        return false;
    }
}

} // namespace arc
