// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"
#include "server/loop/timer_wheel.h"
#include "server/workers/spawn.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// The orders to a preloader (arcology_worker/preload.py): fork a worker; tell how one ended, which
/// only its parent learns. One order is under way at a time. Confined to the control loop; kept by
/// the preloader and by every worker that came from it.
class Forker : public std::enable_shared_from_this<Forker> {
public:
    /// A fork takes milliseconds, and longer where memory is short. A preloader that does not
    /// answer in this time is given up.
    static constexpr std::chrono::seconds kPatience {30};
    static constexpr std::chrono::seconds kHurry {5}; ///< the same when its app is being stopped

    explicit Forker(EventLoop &control) noexcept;
    Forker(const Forker &) = delete;

    /// Once; answers the preloader's end.
    Result<FileDescriptor> open();
    /// Answers the pid, or why there is none. The descriptors: as preload.py says.
    using Forked = std::function<void(Result<int>)>;
    void fork(std::vector<FileDescriptor> descriptors, Forked done);
    /// Of a worker that has ended; fate.status is kStatusUnknown when the preloader has gone.
    void reap(int pid, std::function<void(ChildProcess::Fate)> done);
    /// It takes no more orders: its preloader has ended, or is at fault().
    bool isBroken() const noexcept { return m_isBroken; }
    /// Whom the workers are to be children of, once it runs.
    void setPreloader(int pid) noexcept { m_preloader = pid; }
    bool hasForked() const noexcept { return m_hasForked; } ///< once at least
    /// Waits for the order under way, and for later ones, no longer than kHurry from now.
    void hurry();
    /// What a preloader that still runs did wrong: a phrase, empty when nothing.
    const std::string &fault() const noexcept { return m_fault; }

private:
    struct Answer {
        int pid = 0;
        ChildProcess::Fate fate;
        std::string error;
    };
    struct Order {
        uint64_t number = 0;
        std::string message;
        std::vector<FileDescriptor> descriptors;
        std::function<void(Answer)> done;
    };
    static void ready(void *context, Readiness) noexcept;
    static void overdue(void *context) noexcept;
    void add(std::string message, std::vector<FileDescriptor> descriptors,
             std::function<void(Answer)> done);
    void sendNext();
    void hear(std::string_view message);
    void condemn(std::string fault);
    void close(const std::string &why);
    void answerLater(std::function<void(Answer)> done, Answer answer);

    EventLoop &m_loop;
    int m_preloader = 0;
    bool m_hasForked = false;
    bool m_isBroken = false;
    std::chrono::seconds m_patience = kPatience;
    std::string m_fault;
    uint64_t m_lastNumber = 0;
    std::deque<Order> m_orders; ///< the first has been sent
    FileDescriptor m_socket;
    Timer m_overdue; ///< of the first
    IoEvent m_event; // declared after its descriptor, so it goes first
};

} // namespace arc
