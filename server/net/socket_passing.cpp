// SPDX-License-Identifier: Apache-2.0
#include "server/net/socket_passing.h"

#include "server/base/assert.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr size_t kNameMax = 255;
constexpr size_t kPerMessage = 64;    // the kernel takes at most 253 (SCM_MAX_FD)
constexpr size_t kSocketsMax = 65536; // of one engine: loops times listeners

bool fill(sockaddr_un &address, const std::string &path)
{
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    return true;
}

Result<void> checkPeer(const FileDescriptor &socket)
{
    ucred peer {};
    socklen_t length = sizeof peer;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return errnoError("sockets cannot be handed over", errno);
    if (peer.uid != geteuid() && peer.uid != 0)
        return Error {ErrorCode::Forbidden,
                      fmt::format("sockets are not handed over between users (uid {})", peer.uid)};
    return {};
}

/// One message; without descriptors it is the end.
bool sendOne(const FileDescriptor &socket, std::string_view text, std::span<const int> fds)
{
    iovec vector {.iov_base = const_cast<char *>(text.data()), .iov_len = text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kPerMessage)] {};
    msghdr message {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    return sendmsg(socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

bool isReadable(const FileDescriptor &socket, std::chrono::milliseconds patience)
{
    pollfd one {.fd = socket.get(), .events = POLLIN, .revents = 0};
    int ready = 0;
    do {
        ready = poll(&one, 1, static_cast<int>(patience.count()));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/// The byte of who has them all.
Result<void> waitUntilTaken(const FileDescriptor &socket)
{
    char byte = 0;
    if (!isReadable(socket, kSocketsTakenTime))
        return Error {
            ErrorCode::Unavailable,
            fmt::format(
                "the other engine did not say within {} s that it has the sockets",
                std::chrono::duration_cast<std::chrono::seconds>(kSocketsTakenTime).count())};
    const ssize_t size = recv(socket.get(), &byte, sizeof byte, 0);
    if (size != 1)
        return errnoError("the other engine left before it had the sockets",
                          size < 0 ? errno : ECONNRESET);
    return {};
}

/// Appends the descriptors that came with a message; false when there is none.
bool takeDescriptors(msghdr &message, const std::string &name, std::vector<NamedSocket> &sockets)
{
    const size_t before = sockets.size();
    for (cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            sockets.push_back({name, FileDescriptor(fd)});
        }
    }
    return sockets.size() > before;
}

} // namespace

Result<void> passSockets(const std::string &path,
                         const std::vector<std::pair<std::string, std::vector<int>>> &sockets)
{
    sockaddr_un address {};
    const FileDescriptor out(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!out || !fill(address, path))
        return Error {ErrorCode::Invalid, fmt::format("{} is no path of a socket", path)};
    if (connect(out.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return errnoError("no engine takes sockets at " + path, errno);
    if (auto peer = checkPeer(out); !peer)
        return peer;
    const auto refused = [] {
        return errnoError("the other engine does not take the sockets", errno);
    };
    for (const auto &[name, fds] : sockets) {
        ARC_ASSERT(!name.empty() && name.size() <= kNameMax);
        for (size_t i = 0; i < fds.size(); i += kPerMessage) {
            const size_t count = std::min(kPerMessage, fds.size() - i);
            if (!sendOne(out, name, {fds.data() + i, count}))
                return refused();
        }
    }
    if (!sendOne(out, "end", {}))
        return refused();
    return waitUntilTaken(out);
}

Result<SocketReceiver> SocketReceiver::listen(std::string path)
{
    sockaddr_un address {};
    if (!fill(address, path))
        return Error {ErrorCode::Invalid, fmt::format("{} is no path of a socket", path)};
    ::unlink(path.c_str());
    SocketReceiver receiver(std::move(path));
    receiver.m_socket.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int fd = receiver.m_socket.get();
    // The rights are those of the descriptor when it is bound.
    if (fd < 0 || fchmod(fd, 0600) != 0
        || bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
        || ::listen(fd, 1) != 0)
        return errnoError("cannot listen on " + receiver.m_path, errno);
    return receiver;
}

SocketReceiver::~SocketReceiver()
{
    if (!m_path.empty())
        ::unlink(m_path.c_str());
}

Result<std::vector<NamedSocket>> SocketReceiver::receive(std::chrono::milliseconds patience)
{
    const auto broken = [this](int why) {
        return errnoError("the sockets did not arrive at " + m_path, why);
    };
    if (!isReadable(m_socket, patience))
        return broken(ETIMEDOUT);
    FileDescriptor in(accept4(m_socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!in)
        return broken(errno);
    if (auto peer = checkPeer(in); !peer)
        return std::move(peer).error();
    std::vector<NamedSocket> sockets;
    while (sockets.size() < kSocketsMax) {
        char text[kNameMax];
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kPerMessage)];
        iovec vector {.iov_base = text, .iov_len = sizeof text};
        msghdr message {};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        if (!isReadable(in, patience))
            return broken(ETIMEDOUT);
        const ssize_t size = recvmsg(in.get(), &message, MSG_CMSG_CLOEXEC);
        if (size <= 0) // it left before the end
            return broken(size < 0 ? errno : ECONNRESET);
        const bool hasMore =
            takeDescriptors(message, std::string(text, static_cast<size_t>(size)), sockets);
        if (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC))
            return broken(EMFILE); // this process may not have more; what came is closed
        if (!hasMore) {
            m_sender = std::move(in);
            return sockets;
        }
    }
    return broken(EMFILE);
}

void SocketReceiver::acknowledge() noexcept
{
    const char taken = '+';
    [[maybe_unused]] const ssize_t sent = ::send(m_sender.get(), &taken, 1, MSG_NOSIGNAL);
    m_sender.reset();
}

void SocketReceiver::cancel() noexcept
{
    ::shutdown(m_socket.get(), SHUT_RDWR); // wakes who waits for a connection there
}

} // namespace arc
