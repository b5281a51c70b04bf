// SPDX-License-Identifier: Apache-2.0
#include "server/core/supervisor.h"

#include <algorithm>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace arc {

namespace {

/// The manager's patience after the last request was answered: workers end, the store closes.
constexpr std::chrono::seconds kClosingTime {30};

void tell(const std::string &message)
{
    // Without a manager this does nothing; one that does not listen is no reason to stop serving.
    sd_notify(0, message.c_str());
}

SocketAddress addressOf(int socket)
{
    sockaddr_storage name {};
    socklen_t length = sizeof name;
    if (getsockname(socket, reinterpret_cast<sockaddr *>(&name), &length) != 0)
        return {};
    return SocketAddress::fromSystem(reinterpret_cast<sockaddr *>(&name), length);
}

/// One socket for IPv4 and IPv6, as ":8080" asks for.
bool takesBothFamilies(int socket)
{
    int only = 1;
    socklen_t length = sizeof only;
    return getsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &only, &length) == 0 && !only;
}

bool fits(int socket, const SocketAddress &bound, const SocketAddress &wanted)
{
    if (bound.isUnix()) // a path that is gone leads nobody to this socket
        return wanted.isUnix() && bound.host() == wanted.host()
            && ::access(wanted.host().c_str(), F_OK) == 0;
    if (!wanted.isEveryAddress())
        return bound == wanted && !takesBothFamilies(socket);
    if (bound.family() == AF_INET6)
        return takesBothFamilies(socket) && bound.port() == wanted.port() && bound.host() == "::";
    return bound.host() == "0.0.0.0" && bound.port() == wanted.port();
}

} // namespace

bool Supervisor::isPresent() noexcept
{
    return std::getenv("NOTIFY_SOCKET") != nullptr;
}

Supervisor Supervisor::fromEnvironment()
{
    Supervisor supervisor;
    char **names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; ++i) {
        supervisor.offer(names && names[i] ? names[i] : "",
                         FileDescriptor(SD_LISTEN_FDS_START + i));
        if (names)
            std::free(names[i]);
    }
    std::free(names);
    return supervisor;
}

void Supervisor::offer(std::string name, FileDescriptor socket)
{
    Offer offer {.name = std::move(name), .address = {}, .socket = std::move(socket)};
    const int fd = offer.socket.get();
    if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0
        && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0)
        offer.address = addressOf(fd);
    else
        offer.socket.reset(); // nothing to accept on
    m_offers.push_back(std::move(offer));
}

std::vector<std::string> Supervisor::offered() const
{
    std::vector<std::string> addresses;
    for (const Offer &offer : m_offers) {
        if (!offer.socket || offer.name.starts_with('@'))
            continue;
        std::string text = takesBothFamilies(offer.socket.get())
            ? fmt::format(":{}", offer.address.port())
            : offer.address.text();
        if (std::find(addresses.begin(), addresses.end(), text) == addresses.end())
            addresses.push_back(std::move(text));
    }
    return addresses;
}

BoundListener Supervisor::claim(const std::string &id, SocketAddress address, size_t count)
{
    BoundListener claimed {.address = address, .sockets = {}};
    for (Offer &offer : m_offers) {
        if (!offer.socket)
            continue;
        SocketAddress wanted = claimed.address;
        if (wanted.isTcp() && wanted.port() == 0 && offer.name == id)
            wanted.setPort(offer.address.port());
        if (!fits(offer.socket.get(), offer.address, wanted))
            continue;
        claimed.address = wanted;
        claimed.sockets.push_back(std::move(offer.socket));
        if (offer.name == id)
            offer.name.clear(); // as it should be: nothing to tidy up
    }
    for (size_t i = 0; !claimed.sockets.empty() && claimed.sockets.size() < count; ++i) {
        FileDescriptor twin(fcntl(claimed.sockets[i].get(), F_DUPFD_CLOEXEC, 0));
        if (!twin)
            break;
        claimed.sockets.push_back(std::move(twin));
    }
    return claimed;
}

void Supervisor::closeUnclaimed()
{
    // Claimed under another name: it goes with that name and is kept anew.
    for (const Offer &offer : std::exchange(m_offers, {})) {
        if (!offer.name.empty())
            forget(offer.name);
    }
}

void Supervisor::keep(const std::string &id, const BoundListener &listener)
{
    std::vector<int> sockets;
    for (const FileDescriptor &socket : listener.sockets)
        sockets.push_back(socket.get());
    // FDPOLL=0: a listening socket never hangs up, so nobody needs to watch it for that.
    const std::string message = fmt::format("FDSTORE=1\nFDPOLL=0\nFDNAME={}", id);
    constexpr size_t kPerMessage = 64; // the kernel takes at most 253 (SCM_MAX_FD)
    for (size_t i = 0; i < sockets.size(); i += kPerMessage)
        sd_pid_notify_with_fds(0, 0, message.c_str(), sockets.data() + i,
                               unsigned(std::min(kPerMessage, sockets.size() - i)));
}

void Supervisor::forget(const std::string &id)
{
    tell(fmt::format("FDSTOREREMOVE=1\nFDNAME={}", id));
}

void Supervisor::ready(const std::string &status)
{
    tell(fmt::format("READY=1\nSTATUS={}", status));
}

void Supervisor::stopping(std::chrono::milliseconds patience)
{
    const std::chrono::microseconds most = patience + kClosingTime;
    tell(fmt::format("STOPPING=1\nSTATUS=Answering what is in flight\nEXTEND_TIMEOUT_USEC={}",
                     most.count()));
}

void Supervisor::beat(EventLoop &control, std::function<bool()> isHealthy)
{
    uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0)
        return;
    m_heart = std::make_unique<Heart>(control);
    m_heart->isHealthy = std::move(isHealthy);
    m_heart->every =
        std::max(std::chrono::milliseconds(1), std::chrono::milliseconds(microseconds / 2000));
    m_heart->beat();
}

void Supervisor::Heart::beat()
{
    if (isHealthy())
        tell("WATCHDOG=1");
    timer.arm(control.timers(), every);
}

} // namespace arc
