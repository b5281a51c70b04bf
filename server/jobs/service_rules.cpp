// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/service_rules.h"

#include "server/jobs/syntax/command_words.h"
#include "server/workers/generation.h"

#include <array>
#include <csignal>
#include <utility>

#include <fmt/format.h>

namespace arc {

namespace {

void fillIn(std::string &word, std::string_view name, const std::string &value)
{
    for (size_t at = word.find(name); at != word.npos; at = word.find(name, at + value.size()))
        word.replace(at, name.size(), value);
}

} // namespace

RestartCount::Step RestartCount::after(const ServiceExit &exit, std::string_view restart,
                                       int64_t crashLoopCount, double luck)
{
    if (restart == "never" || (restart == "on-failure" && exit.isSuccess))
        return {Next::Stay};
    if (exit.wasReady && exit.readyFor >= kYoung) {
        m_failures = 0;
        return {Next::Restart};
    }
    ++m_failures;
    const bool isLoop = m_failures >= crashLoopCount;
    const std::chrono::milliseconds most = isLoop ? kCrashLoopWait : backOffAfter(m_failures);
    const auto spared = static_cast<int64_t>(static_cast<double>(most.count()) / 2 * luck);
    return {isLoop ? Next::CrashLoop : Next::Restart, most - std::chrono::milliseconds(spared)};
}

Result<std::vector<std::string>> serviceWords(const std::string &command, uint16_t port,
                                              int64_t instance)
{
    auto words = commandWords(command);
    if (!words)
        return words;
    for (std::string &word : *words) {
        if (port)
            fillIn(word, "{port}", std::to_string(port));
        fillIn(word, "{instance}", std::to_string(instance));
    }
    return words;
}

int stopSignalOf(const ServiceConfig &config) noexcept
{
    constexpr std::array<std::pair<std::string_view, int>, 6> kSignals {{{"TERM", SIGTERM},
                                                                         {"INT", SIGINT},
                                                                         {"QUIT", SIGQUIT},
                                                                         {"HUP", SIGHUP},
                                                                         {"USR1", SIGUSR1},
                                                                         {"USR2", SIGUSR2}}};
    for (const auto &[name, number] : kSignals) {
        if (config.stopSignal == name)
            return number;
    }
    return SIGTERM;
}

bool isSameProcess(const ServiceConfig &before, const ServiceConfig &after) noexcept
{
    return before.command == after.command && before.port == after.port;
}

} // namespace arc
