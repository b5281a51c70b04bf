// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// Why a worker is no more, in one word. The order is that of endKindName().
enum class EndKind : uint8_t {
    Exit,     ///< its program ended by itself
    Signal,   ///< a signal that the engine did not send, a crash among them
    Memory,   ///< the system had no memory left
    Start,    ///< it never became ready
    Hung,     ///< a request did not come back, or the worker did not end when told to
    Protocol, ///< it sent what no worker may
    Recycled, ///< one of the pool.recycle_ rules
    Deploy,   ///< another generation took its place
    Scaled,   ///< fewer workers are wanted
    Stopped,  ///< the app was stopped
    Admin,    ///< somebody asked for it
};
/// "exit", "memory": as the API and the log say it.
std::string_view endKindName(EndKind kind) noexcept;
/// Somebody, or a rule, wanted it: no fault of the app.
constexpr bool isOrdered(EndKind kind) noexcept
{
    return kind >= EndKind::Recycled;
}

/// A reason to end a worker: a phrase that goes on after "worker 4711".
struct EndReason {
    EndKind kind = EndKind::Exit;
    std::string phrase; ///< "was replaced by generation 2"
    bool isGiven() const noexcept { return !phrase.empty(); }
};

/// What a request became whose worker ended with it.
enum class RequestFate : uint8_t {
    Repeated, ///< given to another worker
    Lost,     ///< its client got 502
    Cut,      ///< its answer had begun and was broken off
    GivenUp,  ///< nobody waited any more: its client had left, or had been told 504
};
std::string_view requestFateName(RequestFate fate) noexcept;

struct RequestAtEnd {
    std::string label; ///< "GET /report"
    int64_t ranMs = 0; ///< in this worker
    RequestFate fate = RequestFate::Lost;
};

struct MemorySample {
    int64_t atUnixMs = 0;
    int64_t bytes = 0; ///< PSS where readable, else RSS
};

/// Where a worker stood at some moment.
struct WorkerStack {
    int64_t atUnixMs = 0;
    std::string about; ///< "GET /report, after 2.0 s"
    std::string text;  ///< lines as Python prints them
};

/// A worker's death certificate: written once, when its process has ended and its requests are
/// settled.
struct WorkerEnd {
    std::string app;
    int pid = 0;
    uint64_t generation = 0;
    int64_t startedUnixMs = 0;
    int64_t endedUnixMs = 0;
    EndKind kind = EndKind::Exit;
    std::string cause;    ///< a phrase, as in EndReason
    bool planned = false; ///< a rule or somebody wanted it, and the app is not to blame
    bool wasReady = false;
    int64_t requests = 0;              ///< answered
    std::vector<RequestAtEnd> running; ///< at the end, oldest first; at most kRequestsMax
    int64_t moreRunning = 0;           ///< beyond those
    std::vector<MemorySample> memory;  ///< oldest first, the last minutes
    int64_t peakMemoryBytes = 0;       ///< most that was resident at once; 0: unknown
    std::vector<WorkerStack> stacks;   ///< oldest first
    std::vector<std::string> output;   ///< its last lines

    static constexpr size_t kRequestsMax = 64;
};

/// What is known of a process that ended.
struct EndFacts {
    int status = 0; ///< of waitpid()
    bool wasReady = false;
    bool sawOomKill = false;   ///< somebody was killed for memory since the last look
    std::string_view lastLine; ///< of its output
    EndReason farewell;        ///< why it was told to end; empty: it was not
    EndReason blame;           ///< what it did wrong, as far as it was seen; empty: nothing
};
/// The cause of an end, from what is known: one phrase.
EndReason explainEnd(const EndFacts &facts);

} // namespace arc
