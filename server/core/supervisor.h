// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/loop/event_loop.h"
#include "server/loop/timer_wheel.h"
#include "server/net/listen.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// The service manager that started this engine: systemd, or what speaks its protocol (sd_notify
/// and LISTEN_FDS). Without one every member does nothing.
///
/// It keeps a second descriptor of each listening socket. When the engine ends, for an upgrade or
/// by a crash, the sockets stay open in its hands: new connections wait in their backlog instead of
/// being refused, and the next engine gets the sockets back, each with the id of its listener as
/// its name. Sockets that a .socket unit opened come the same way, under other names. A socket is
/// recognised by its address, so one that no longer fits the configuration is simply not claimed.
/// Ids that begin with '@' are the engine's own sockets, not of the configuration.
///
/// Control loop only, but fromEnvironment() runs before there are other threads. Messages are
/// datagrams: sending waits only while the manager's queue is full.
class Supervisor {
public:
    Supervisor() = default; ///< nobody
    /// Whether there is one that keeps sockets.
    static bool isPresent() noexcept;
    /// Takes over the descriptors that the environment names.
    static Supervisor fromEnvironment();

    /// A socket from elsewhere: the engine before this one gave it.
    void offer(std::string name, FileDescriptor socket);
    /// Whether sockets were handed over; before they are claimed.
    bool hasOffers() const noexcept { return !m_offers.empty(); }

    /// Addresses of what was handed over and not claimed, as listeners of a configuration are
    /// written.
    std::vector<std::string> offered() const;
    /// The sockets of this address that were handed over, duplicated up to `count`; without any, no
    /// sockets. A configured port 0 claims what listener `id` had.
    BoundListener claim(const std::string &id, SocketAddress address, size_t count);
    /// Closes what nobody claimed, here and in the manager's hands. Once, before the first keep().
    void closeUnclaimed();

    void keep(const std::string &id, const BoundListener &listener);
    void forget(const std::string &id);

    void ready(const std::string &status);
    /// The manager must not lose patience while requests in flight are answered.
    void stopping(std::chrono::milliseconds patience);
    /// Tells in half the time the manager wants that all is well, as long as `isHealthy` says so.
    void beat(EventLoop &control, std::function<bool()> isHealthy);

private:
    struct Offer {
        std::string name;
        SocketAddress address;
        FileDescriptor socket;
    };
    struct Heart {
        explicit Heart(EventLoop &loop) : control(loop) { }
        void beat();

        EventLoop &control;
        std::function<bool()> isHealthy;
        std::chrono::milliseconds every {};
        Timer timer {[](void *self) noexcept { static_cast<Heart *>(self)->beat(); }, this};
    };

    std::vector<Offer> m_offers;
    std::unique_ptr<Heart> m_heart;
};

} // namespace arc
