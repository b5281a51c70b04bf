// SPDX-License-Identifier: Apache-2.0
#include "server/loop/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace arc {

Mail::~Mail() = default;

Mailbox::Mailbox()
    : m_wakeFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), m_head(&m_stub), m_tail(&m_stub)
{
}

Mailbox::~Mailbox()
{
    while (pop()) { }
}

void Mailbox::link(Mail *mail) noexcept
{
    mail->m_next.store(nullptr, std::memory_order_relaxed);
    // Release: whoever links behind us sees our null. Acquire: we see that of the one before us.
    Mail *previous = m_head.exchange(mail, std::memory_order_acq_rel);
    previous->m_next.store(mail, std::memory_order_seq_cst);
}

void Mailbox::push(std::unique_ptr<Mail> mail) noexcept
{
    link(mail.release());
    if (!m_sleeping.load(std::memory_order_seq_cst))
        return;
    if (!m_sleeping.exchange(false, std::memory_order_acq_rel))
        return; // another producer was first, and wakes the owner
    const uint64_t one = 1;
    // Cannot fail in a way that matters: at the counter's end an edge is still to be taken.
    [[maybe_unused]] const ssize_t written = write(m_wakeFd.get(), &one, sizeof one);
}

std::unique_ptr<Mail> Mailbox::pop() noexcept
{
    Mail *tail = m_tail;
    Mail *next = tail->m_next.load(std::memory_order_acquire);
    if (tail == &m_stub) {
        if (!next)
            return nullptr;
        m_tail = tail = next;
        next = tail->m_next.load(std::memory_order_acquire);
    }
    if (!next) {
        if (tail != m_head.load(std::memory_order_acquire))
            return nullptr; // a producer is between its two steps
        link(&m_stub);      // so that the last message can leave
        next = tail->m_next.load(std::memory_order_acquire);
        if (!next)
            return nullptr;
    }
    m_tail = next;
    return std::unique_ptr<Mail>(tail);
}

bool Mailbox::isEmpty() const noexcept
{
    if (m_tail->m_next.load(std::memory_order_seq_cst))
        return false;
    // Without a link behind it, a message can leave only if no producer is about to link there.
    return m_tail == &m_stub || m_head.load(std::memory_order_seq_cst) != m_tail;
}

bool Mailbox::prepareToSleep() noexcept
{
    m_sleeping.store(true, std::memory_order_seq_cst);
    if (isEmpty())
        return true;
    wakeUp();
    return false;
}

} // namespace arc
