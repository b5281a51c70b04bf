// SPDX-License-Identifier: Apache-2.0
#include "server/base/thread.h"

#include "server/base/assert.h"
#include "server/base/thread_detached.h"

#include <csignal>

#include <pthread.h>

namespace arc {

namespace {

std::thread begin(std::string name, std::function<void()> body)
{
    ARC_ASSERT(name.size() <= 15);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // inherited by the new thread
    struct Restore {
        const sigset_t &mask;
        ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
    } const restore {before}; // also when no thread can be had
    return std::thread([name = std::move(name), body = std::move(body)] {
        pthread_setname_np(pthread_self(), name.c_str());
        body();
    });
}

} // namespace

Thread::Thread(std::string name, std::function<void()> body)
    : m_thread(begin(std::move(name), std::move(body)))
{
}

Thread &Thread::operator=(Thread &&other)
{
    join();
    m_thread = std::move(other.m_thread);
    return *this;
}

void Thread::join()
{
    if (m_thread.joinable())
        m_thread.join();
}

void runDetached(std::string name, std::function<void()> body)
{
    begin(std::move(name), std::move(body)).detach();
}

} // namespace arc
