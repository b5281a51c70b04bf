// SPDX-License-Identifier: Apache-2.0
#include "server/net/listen.h"

#include "server/base/assert.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

/// Connections the kernel holds for us before we accept them; it caps this at net.core.somaxconn.
constexpr int kBacklog = 4096;
constexpr uint16_t kPrivilegedPortMax = 1023;

FileDescriptor makeSocket(int family) noexcept
{
    return FileDescriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool setOption(const FileDescriptor &socket, int level, int option, int value) noexcept
{
    return setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

Error bindError(const SocketAddress &address, int errnoValue)
{
    if (errnoValue == EADDRINUSE) {
        const std::string holder = address.isTcp() ? portHolder(address.port()) : std::string();
        return Error {ErrorCode::AddressInUse,
                      fmt::format("{} is in use{}{}; choose another address, or end that program",
                                  address.text(), holder.empty() ? "" : " by ", holder)};
    }
    if (errnoValue == EACCES && address.isTcp() && address.port() <= kPrivilegedPortMax) {
        return Error {ErrorCode::Forbidden,
                      fmt::format("{}: ports below {} need the right CAP_NET_BIND_SERVICE; choose "
                                  "a port from {} on",
                                  address.text(), kPrivilegedPortMax + 1, kPrivilegedPortMax + 1)};
    }
    if (errnoValue == EADDRNOTAVAIL) {
        return Error {ErrorCode::Invalid,
                      fmt::format("{} is no address of this computer; `ip address` lists those",
                                  address.text())};
    }
    return errnoError("cannot listen on " + address.text(), errnoValue);
}

/// An unbound socket for an address, with what must be set before bind().
FileDescriptor prepareTcp(const SocketAddress &address) noexcept
{
    FileDescriptor socket = makeSocket(address.family());
    if (!socket || !setOption(socket, SOL_SOCKET, SO_REUSEADDR, 1))
        return {};
    // The default is a system setting (bindv6only), so it is always said.
    if (address.family() == AF_INET6
        && !setOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, address.isEveryAddress() ? 0 : 1))
        return {};
    return socket;
}

bool bindTo(const FileDescriptor &socket, const SocketAddress &address) noexcept
{
    return bind(socket.get(), address.system(), address.systemLength()) == 0;
}

Result<BoundListener> bindTcp(SocketAddress address, size_t count)
{
    FileDescriptor first = prepareTcp(address);
    if (!first && errno == EAFNOSUPPORT && address.isEveryAddress()
        && address.family() == AF_INET6) {
        address = address.withoutIpv6();
        first = prepareTcp(address);
    }
    if (!first || !bindTo(first, address))
        return bindError(address, errno);

    sockaddr_storage bound {};
    socklen_t length = sizeof bound;
    if (getsockname(first.get(), reinterpret_cast<sockaddr *>(&bound), &length) != 0)
        return bindError(address, errno);
    address.setPort(SocketAddress::fromSystem(reinterpret_cast<sockaddr *>(&bound), length).port());

    // Only now, so that the bind above found foreign holders that allow sharing, too.
    if (count > 1 && !setOption(first, SOL_SOCKET, SO_REUSEPORT, 1))
        return bindError(address, errno);
    BoundListener result {.address = address};
    result.sockets.push_back(std::move(first));
    while (result.sockets.size() < count) {
        FileDescriptor sibling = prepareTcp(address);
        if (!sibling || !setOption(sibling, SOL_SOCKET, SO_REUSEPORT, 1)
            || !bindTo(sibling, address))
            return bindError(address, errno);
        result.sockets.push_back(std::move(sibling));
    }
    for (const FileDescriptor &socket : result.sockets) {
        if (listen(socket.get(), kBacklog) != 0)
            return bindError(address, errno);
    }
    return result;
}

/// Removes the file of a socket on which nobody listens any more. False with errno EADDRINUSE when
/// somebody does, or when the file is something else.
bool removeStaleSocket(const SocketAddress &address) noexcept
{
    const std::string path = address.host();
    struct stat status { };
    if (lstat(path.c_str(), &status) != 0)
        return errno == ENOENT;
    if (!S_ISSOCK(status.st_mode)) {
        errno = EEXIST;
        return false;
    }
    const FileDescriptor probe = makeSocket(AF_UNIX);
    if (!probe)
        return false;
    // EAGAIN is a full backlog: somebody listens there.
    if (connect(probe.get(), address.system(), address.systemLength()) == 0
        || errno != ECONNREFUSED) {
        errno = EADDRINUSE;
        return false;
    }
    return unlink(path.c_str()) == 0;
}

Result<BoundListener> bindUnix(const SocketAddress &address, size_t count, int unixMode)
{
    FileDescriptor first = makeSocket(AF_UNIX);
    // Before bind(), so that the file never has more rights than asked for, not even for a moment.
    if (!first || fchmod(first.get(), static_cast<mode_t>(unixMode)) != 0)
        return bindError(address, errno);
    if (!bindTo(first, address)) {
        if (errno != EADDRINUSE || !removeStaleSocket(address) || !bindTo(first, address)) {
            if (errno == EEXIST)
                return Error {ErrorCode::Conflict, address.host() + " exists and is not a socket"};
            return bindError(address, errno);
        }
    }
    // The process's umask took rights away that were asked for.
    if (chmod(address.host().c_str(), static_cast<mode_t>(unixMode)) != 0
        || listen(first.get(), kBacklog) != 0)
        return bindError(address, errno);
    BoundListener result {.address = address};
    result.sockets.push_back(std::move(first));
    while (result.sockets.size() < count) {
        FileDescriptor twin(fcntl(result.sockets.front().get(), F_DUPFD_CLOEXEC, 0));
        if (!twin)
            return bindError(address, errno);
        result.sockets.push_back(std::move(twin));
    }
    return result;
}

} // namespace

Result<BoundListener> bindListener(const SocketAddress &address, size_t count, int unixMode)
{
    ARC_ASSERT(count > 0);
    if (address.isUnix())
        return bindUnix(address, count, unixMode);
    if (address.isTcp())
        return bindTcp(address, count);
    return Error {ErrorCode::Invalid, "no address to listen on"};
}

} // namespace arc
