// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"

#include <atomic>
#include <memory>
#include <utility>

namespace arc {

/// One message to a loop. Intrusive: sending allocates nothing beyond the message itself.
class Mail {
public:
    virtual ~Mail();
    virtual void deliver() noexcept = 0;

private:
    friend class Mailbox;
    std::atomic<Mail *> m_next {nullptr};
};

template <class F>
class TaskMail final : public Mail {
public:
    explicit TaskMail(F task) : m_task(std::move(task)) { }
    void deliver() noexcept override { m_task(); }

private:
    F m_task;
};

/// Intrusive queue of many producers and one consumer (Vyukov), with a sleeping flag: a producer
/// writes the eventfd only when it flips the flag, so a busy loop is never woken.
///
/// Why no wake-up is lost: the producer links its message and then reads the flag; the owner raises
/// the flag and then looks for a link. All four are sequentially consistent, so in their one order
/// either the owner sees the link, or the producer sees the flag.
///
/// A producer that is interrupted between its two steps hides later messages until it goes on; the
/// owner may sleep meanwhile, because that producer has yet to read the flag.
///
/// push() and isOwnerAsleep() may be called by any thread; the rest by the owner.
class Mailbox {
public:
    Mailbox();
    ~Mailbox(); ///< drops what was not delivered

    void push(std::unique_ptr<Mail> mail) noexcept;
    /// The oldest message, or null.
    std::unique_ptr<Mail> pop() noexcept;
    /// Announces that the owner is about to sleep; false when there is mail, and then it must not.
    bool prepareToSleep() noexcept;
    /// Takes the announcement back. Relaxed is enough: a producer that reads false relies on the
    /// owner's next prepareToSleep(), which comes later in the order of that flag.
    void wakeUp() noexcept { m_sleeping.store(false, std::memory_order_relaxed); }
    /// Between prepareToSleep() and the next wakeUp() or push(). Any thread.
    bool isOwnerAsleep() const noexcept { return m_sleeping.load(std::memory_order_acquire); }
    /// An eventfd, to be watched edge-triggered: each write is a new edge, so nobody reads it.
    int wakeFd() const noexcept { return m_wakeFd.get(); }
    /// Whether the eventfd could be made; the rest must not be used otherwise.
    bool isValid() const noexcept { return static_cast<bool>(m_wakeFd); }

private:
    void link(Mail *mail) noexcept;
    bool isEmpty() const noexcept;

    class Stub final : public Mail {
        void deliver() noexcept override { }
    };
    Stub m_stub; // keeps the queue non-empty, so that a push needs one exchange only
    FileDescriptor m_wakeFd;
    alignas(64) std::atomic<Mail *> m_head; // newest; producers swap themselves in here
    std::atomic<bool> m_sleeping {false};
    alignas(64) Mail *m_tail; // oldest; owner only
};

} // namespace arc
