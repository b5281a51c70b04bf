// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/loopback_port.h"

#include <cerrno>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace arc {

namespace {

constexpr int kTriesMax = 64;

sockaddr_in loopback(uint16_t port) noexcept
{
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

FileDescriptor newSocket()
{
    return FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// 0: it cannot be bound.
uint16_t boundPort(uint16_t wanted)
{
    const FileDescriptor socket = newSocket();
    const int on = 1; // what ended connections of it left behind does not matter
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = loopback(wanted);
    socklen_t size = sizeof address;
    auto *plain = reinterpret_cast<sockaddr *>(&address);
    if (::bind(socket.get(), plain, size) != 0 || ::getsockname(socket.get(), plain, &size) != 0)
        return 0;
    return ntohs(address.sin_port);
}

} // namespace

uint16_t freeLoopbackPort(uint16_t wanted, const std::set<uint16_t> &taken)
{
    if (wanted && !taken.contains(wanted) && boundPort(wanted))
        return wanted;
    for (int i = 0; i < kTriesMax; ++i) {
        const uint16_t port = boundPort(0);
        if (!taken.contains(port))
            return port;
    }
    return 0;
}

bool PortProbe::accepts(uint16_t port)
{
    if (!m_socket) {
        m_socket = newSocket();
        const sockaddr_in address = loopback(port);
        const int failed =
            ::connect(m_socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address);
        if (failed && errno != EINPROGRESS) {
            m_socket.reset();
            return false;
        }
    }
    pollfd ready {.fd = m_socket.get(), .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 0) == 0)
        return false;
    int problem = 0;
    socklen_t size = sizeof problem;
    const bool isMade =
        ::getsockopt(m_socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
    m_socket.reset();
    return isMade;
}

} // namespace arc
