// SPDX-License-Identifier: Apache-2.0
#include "server/core/connection_checker.h"

#include "server/base/text.h"
#include "server/base/thread_detached.h"
#include "server/core/connection_check.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kPollTime {40};

/// The first of several servers that cannot be reached, or what is said of the first.
Reached checkAll(const std::vector<ConnectionTarget> &targets)
{
    Reached first;
    for (const ConnectionTarget &target : targets) {
        Reached reached = checkConnection(target);
        if (!reached.isReachable)
            return reached;
        if (first.message.empty())
            first = std::move(reached);
    }
    return first;
}

} // namespace

ConnectionChecker::ConnectionChecker(EventLoop &control)
    : m_control(control), m_poll(&ConnectionChecker::due, this)
{
}

void ConnectionChecker::check(std::vector<NamedConnection> what,
                              std::function<void(std::vector<api::ConnectionCheck>)> done)
{
    Asked asked {.looks = {}, .deadline = m_control.now() + kAnswerTime, .done = std::move(done)};
    for (NamedConnection &each : what) {
        auto look = std::make_shared<Look>();
        look->name = look->answer.name = each.name;
        begin(look, std::move(each));
        asked.looks.push_back(std::move(look));
    }
    m_asked.push_back(std::move(asked));
    if (!m_poll.isArmed()) // else calls in quick succession would put it off
        m_poll.arm(m_control.timers(), kPollTime);
}

void ConnectionChecker::begin(const std::shared_ptr<Look> &look, NamedConnection what)
{
    const auto refuse = [&](std::string why) {
        look->answer.message = std::move(why);
        look->isKnown.store(true, std::memory_order_release);
    };
    auto targets = connectionTargets(what.url, what.folder);
    if (!targets)
        return refuse(targets.error().message());
    if (m_threads->load() >= kThreadsMax)
        return refuse("too many connections are being looked at; try again");
    ++*m_threads;
    try {
        runDetached("check", [look, targets = std::move(*targets), threads = m_threads] {
            Reached reached = checkAll(targets);
            look->answer.isReachable = reached.isReachable;
            look->answer.message = std::move(reached.message);
            look->isKnown.store(true, std::memory_order_release);
            --*threads;
        });
    } catch (const std::system_error &) { // a limit of threads
        --*m_threads;
        refuse("no thread could be started to look; try again");
    }
}

void ConnectionChecker::due(void *context) noexcept
{
    static_cast<ConnectionChecker *>(context)->answer();
}

void ConnectionChecker::answer()
{
    std::list<Asked> ended;
    for (auto each = m_asked.begin(); each != m_asked.end();) {
        const bool isKnown = std::ranges::all_of(each->looks, [](const auto &look) {
            return look->isKnown.load(std::memory_order_acquire);
        });
        const auto next = std::next(each);
        if (isKnown || m_control.now() >= each->deadline)
            ended.splice(ended.end(), m_asked, each);
        each = next;
    }
    if (!m_asked.empty())
        m_poll.arm(m_control.timers(), kPollTime);
    const double seconds = std::chrono::duration<double>(kAnswerTime).count();
    for (const Asked &asked : ended) {
        std::vector<api::ConnectionCheck> answers;
        for (const auto &look : asked.looks) {
            if (look->isKnown.load(std::memory_order_acquire))
                answers.push_back(look->answer);
            else // its thread may be writing: only what it never touches is read
                answers.push_back({.name = look->name,
                                   .message = fmt::format("nothing is known after {}: the name may "
                                                          "not be answered for",
                                                          formatDuration(seconds))});
        }
        asked.done(std::move(answers));
    }
}

} // namespace arc
