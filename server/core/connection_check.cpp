// SPDX-License-Identifier: Apache-2.0
#include "server/core/connection_check.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace arc {

namespace {

struct AddressesFree {
    void operator()(addrinfo *list) const noexcept { ::freeaddrinfo(list); }
};

/// 0, or why there is no connection, as errno.
int connectWithin(const sockaddr *address, socklen_t length, std::chrono::milliseconds time)
{
    const FileDescriptor socket(
        ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket)
        return errno;
    if (::connect(socket.get(), address, length) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    const auto deadline = std::chrono::steady_clock::now() + time;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd one {.fd = socket.get(), .events = POLLOUT, .revents = 0};
        const int ready = ::poll(&one, 1, std::max(0, int(left.count())));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return ETIMEDOUT;
        int failure = 0;
        socklen_t size = sizeof failure;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
        return failure;
    }
}

Reached reachedOrWhy(const std::string &place, int failure)
{
    if (failure == 0)
        return {true, fmt::format("{} accepts connections", place)};
    if (failure == ECONNREFUSED)
        return {false, fmt::format("nobody listens at {}", place)};
    if (failure == ETIMEDOUT)
        return {false,
                fmt::format("{} does not answer within {}", place,
                            formatDuration(std::chrono::duration<double>(kConnectTime).count()))};
    return {false, fmt::format("{} cannot be reached: {}", place, strerror(failure))};
}

Reached checkServer(const ConnectionTarget &target)
{
    const bool isSix = target.host.find(':') != std::string::npos;
    const std::string place =
        fmt::format("{}{}{}:{}", isSix ? "[" : "", target.host, isSix ? "]" : "", target.port);
    addrinfo wanted {};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    const int failed =
        ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &wanted, &found);
    const std::unique_ptr<addrinfo, AddressesFree> all(found);
    if (failed == EAI_NONAME || failed == EAI_NODATA)
        return {false, fmt::format("the name {} is not known", target.host)};
    if (failed)
        return {false,
                fmt::format("the name {} cannot be looked up: {}", target.host,
                            ::gai_strerror(failed))};
    // The first that takes us, as every client does; the time is that of all together.
    const auto deadline = std::chrono::steady_clock::now() + kConnectTime;
    int failure = ETIMEDOUT;
    for (const addrinfo *each = all.get(); each; each = each->ai_next) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            break;
        failure = connectWithin(each->ai_addr, each->ai_addrlen, left);
        if (failure == 0)
            break;
    }
    return reachedOrWhy(place, failure);
}

Reached checkSocket(const ConnectionTarget &target)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (target.path.size() >= sizeof address.sun_path)
        return {false, fmt::format("{} is too long for the path of a socket", target.path)};
    std::memcpy(address.sun_path, target.path.c_str(), target.path.size() + 1);
    const int failure =
        connectWithin(reinterpret_cast<const sockaddr *>(&address), sizeof address, kConnectTime);
    if (failure == ENOENT)
        return {false, fmt::format("there is no socket {}", target.path)};
    return reachedOrWhy(target.path, failure);
}

std::string userHere()
{
    passwd entry {};
    passwd *found = nullptr;
    char buffer[4096];
    if (::getpwuid_r(::geteuid(), &entry, buffer, sizeof buffer, &found) == 0 && found)
        return entry.pw_name;
    return fmt::format("user {}", ::geteuid());
}

/// SQLite writes its journal beside the file, so the folder must be writable as well.
Reached checkFile(const ConnectionTarget &target)
{
    const std::string folder = target.path.substr(0, target.path.rfind('/') + 1);
    struct stat info { };
    if (::stat(folder.c_str(), &info) != 0)
        return {false, fmt::format("there is no folder {}", folder)};
    const bool isThere = ::stat(target.path.c_str(), &info) == 0;
    if (isThere && !S_ISREG(info.st_mode))
        return {false, fmt::format("{} is no file", target.path)};
    if (isThere && ::access(target.path.c_str(), R_OK | W_OK) != 0)
        return {false, fmt::format("the file {} is not writable for {}", target.path, userHere())};
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        return {false, fmt::format("the folder {} is not writable for {}", folder, userHere())};
    return {true,
            isThere ? fmt::format("the file {} can be written", target.path)
                    : fmt::format("the file {} is not there yet, and can be made", target.path)};
}

} // namespace

Reached checkConnection(const ConnectionTarget &target)
{
    switch (target.kind) {
    case ConnectionTarget::Kind::Tcp:
        return checkServer(target);
    case ConnectionTarget::Kind::UnixSocket:
        return checkSocket(target);
    case ConnectionTarget::Kind::File:
        return checkFile(target);
    case ConnectionTarget::Kind::Memory:
        break;
    }
    return {true, "a database in memory: each worker has its own"};
}

} // namespace arc
