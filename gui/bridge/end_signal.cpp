// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/end_signal.h"

#include <QSocketNotifier>

#include <array>
#include <csignal>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace arc {

constexpr std::array kEndSignals {SIGTERM, SIGINT, SIGHUP};

static int s_wakeFd = -1; // written by the handler, which may do nothing more than that

static void wake(int)
{
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(s_wakeFd, &one, sizeof one);
}

EndSignal::EndSignal(QObject *parent) : QObject(parent)
{
    s_wakeFd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    auto *notifier = new QSocketNotifier(s_wakeFd, QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, [this] {
        uint64_t count = 0;
        if (::read(s_wakeFd, &count, sizeof count) == ssize_t(sizeof count))
            Q_EMIT raised();
    });
    struct sigaction action { };
    action.sa_handler = wake;
    action.sa_flags = SA_RESTART | SA_RESETHAND; // a second one ends a window that hangs
    for (const int number : kEndSignals)
        ::sigaction(number, &action, nullptr);
}

EndSignal::~EndSignal()
{
    struct sigaction action { };
    action.sa_handler = SIG_DFL;
    for (const int number : kEndSignals)
        ::sigaction(number, &action, nullptr);
    ::close(std::exchange(s_wakeFd, -1));
}

} // namespace arc
