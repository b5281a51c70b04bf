// SPDX-License-Identifier: Apache-2.0
#pragma once

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
    explicit TaskMail(F task) : m_task(std::move(task)) {}
    void deliver() noexcept override { m_task(); }

private:
    F m_task;
};

/// Intrusive queue of many producers and one consumer (Vyukov), with a sleeping flag: a producer writes the eventfd only
/// when it flips the flag, so a busy loop is never woken (http-core design 1.6).
///
/// push() may be called by any thread; the rest by the owner.
class Mailbox {
public:
    Mailbox();
    ~Mailbox(); ///< drops what was not delivered

    void push(std::unique_ptr<Mail> mail) noexcept;
    /// The oldest message, or null.
    std::unique_ptr<Mail> pop() noexcept;
    /// Announces that the owner is about to sleep; false when there is mail, and then it must not sleep.
    bool prepareToSleep() noexcept;
    void wakeUp() noexcept { m_sleeping.store(false, std::memory_order_relaxed); }
    int wakeFd() const noexcept { return m_wakeFd; }
    void clearWake() noexcept;

private:
    class Stub final : public Mail {
        void deliver() noexcept override {}
    };
    Stub m_stub;
    int m_wakeFd = -1; // eventfd
    alignas(64) std::atomic<Mail *> m_head;      // producers swap themselves in here
    std::atomic<bool> m_sleeping {false};
    alignas(64) Mail *m_tail;                    // owner only
};

} // namespace arc
