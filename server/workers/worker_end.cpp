// SPDX-License-Identifier: Apache-2.0
#include "server/workers/worker_end.h"

#include "server/workers/spawn.h"

#include <array>
#include <csignal>

#include <fmt/format.h>
#include <sys/wait.h>

namespace arc {

std::string_view endKindName(EndKind kind) noexcept
{
    constexpr std::array<std::string_view, 11> kNames {"exit",   "signal",   "memory",   "start",
                                                       "hung",   "protocol", "recycled", "deploy",
                                                       "scaled", "stopped",  "admin"};
    return kNames[static_cast<size_t>(kind)];
}

std::string_view requestFateName(RequestFate fate) noexcept
{
    constexpr std::array<std::string_view, 4> kNames {"repeated", "lost", "cut", "given up"};
    return kNames[static_cast<size_t>(fate)];
}

namespace {

/// An end as it is expected of one that was told to end, before or after it was ready.
bool isOrderly(int status) noexcept
{
    return status == ChildProcess::kStatusUnknown || (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        || (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

EndReason fromStatus(const EndFacts &facts)
{
    EndReason reason {.phrase = describeExit(facts.status)};
    if (facts.status == ChildProcess::kStatusUnknown) {
        reason.kind = EndKind::Exit;
    } else if (WIFSIGNALED(facts.status)) {
        reason.kind = EndKind::Signal;
        if (WTERMSIG(facts.status) == SIGKILL && facts.sawOomKill) {
            reason.kind = EndKind::Memory;
            reason.phrase += "; the system ran out of memory";
        }
    } else if (WEXITSTATUS(facts.status) != 0 && !facts.lastLine.empty()) {
        reason.phrase += fmt::format(": {}", facts.lastLine);
    }
    if (!facts.wasReady && reason.kind == EndKind::Exit)
        reason.kind = EndKind::Start;
    return reason;
}

} // namespace

EndReason explainEnd(const EndFacts &facts)
{
    if (!facts.farewell.isGiven())
        return facts.blame.isGiven() ? facts.blame : fromStatus(facts);
    EndReason reason = facts.farewell;
    if (facts.blame.isGiven()) // a start's is what the interpreter said, a sentence of its own
        reason.phrase += (facts.blame.kind == EndKind::Start ? "; " : "; it ") + facts.blame.phrase;
    else if (!isOrderly(facts.status))
        reason.phrase += "; it " + fromStatus(facts).phrase;
    return reason;
}

} // namespace arc
