// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/settings.h"
#include "server/loop/event_loop.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace arc {

/// The pool.processes_max and pool.scale_ settings of an app.
struct ScaleRules {
    size_t least = 1;
    size_t most = 0; ///< 0: the number of workers is fixed
    std::chrono::milliseconds wait {50};
    std::chrono::seconds coolDown {60};
    double cpuMax = 0.8; ///< 1: the processor is no reason

    bool isOn() const noexcept { return most > 0; }
};
/// `cores`: what "auto" workers are made from.
ScaleRules scaleRules(const Settings &settings, unsigned cores);

/// What is seen of a pool once a second. Nothing of it costs a request anything.
struct ScaleFacts {
    SteadyTime now {};
    /// No worker starts or is replaced, no release is coming, and nothing is broken.
    bool isAtRest = true;
    size_t ready = 0; ///< workers that serve
    size_t idle = 0;  ///< of them, without any request
    int64_t slotsEach = 1;
    int64_t busy = 0;        ///< slots
    int64_t queued = 0;      ///< requests that wait for one
    int64_t handedOver = 0;  ///< requests that got one since the last look
    double waitP95 = 0;      ///< of those, in seconds
    double appCores = 0;     ///< cores' worth of time that the workers used
    double cpuUsed = -1;     ///< 0..1, of what the engine may use, by whomever; -1: unknown
    unsigned cores = 1;      ///< that it may use
    int64_t memoryFree = -1; ///< what may be given to workers; -1: unknown
    int64_t workerBytes = 0; ///< of the largest; 0: unknown
    bool areForked = false;  ///< from a process that has imported the app: a start takes no time
};

struct ScaleDecision {
    enum class Kind { Stay, Up, Down, RefusedCpu, RefusedMemory, RefusedMax, RefusedStart };
    Kind kind = Kind::Stay;
    size_t workers = 0;    ///< that there are to be
    std::string reason {}; ///< one sentence; of Stay: empty
    bool isNews = false;   ///< a refusal that goes on is told once
};
/// "none", "up", "down", "refused_cpu", ...
std::string_view scaleKindName(ScaleDecision::Kind kind) noexcept;

/// Decides how many workers a pool has that may scale: facts in, a decision with its reason out. It
/// has no clock of its own and touches nothing.
///
/// Up: requests wait too long for a free worker, or the interpreters there are cannot do more, in
/// two looks on end, and processor and memory have room for another. Down: what the last cool-down
/// needed at most is fewer, and nothing has changed for as long; half of the surplus goes, of the
/// idle ones. Who grows again soon after it shrank waits longer before it shrinks the next time.
class Autoscaler {
public:
    /// Of a worker's slots and time, what is to be in use when one is given up: others keep a
    /// reserve, so that it is not missed at once.
    static constexpr double kFull = 0.7;
    /// A worker that uses this much of a core has an interpreter that can do no more.
    static constexpr double kSaturated = 0.9;
    static constexpr int kLooksToGrow = 2;
    static constexpr int kPatienceMax = 8;
    static constexpr std::chrono::seconds kTellAgain {600};  ///< the same refusal
    static constexpr std::chrono::seconds kTellAnother {60}; ///< one that was told a while ago
    static constexpr std::chrono::seconds kHoldBack {60};    ///< after a worker that did not start

    /// How many there are to be: never outside of the rules.
    size_t workers(const ScaleRules &rules) const noexcept;
    ScaleDecision look(const ScaleRules &rules, const ScaleFacts &facts);
    /// One that was to be added did not start: it stays at `workers`, and does not try again soon.
    ScaleDecision startFailed(const ScaleRules &rules, size_t workers, const std::string &cause,
                              SteadyTime now);
    /// The pool sleeps, or stands still: begin anew with the least.
    void reset()
    {
        if (m_hasLooked)
            *this = {};
    }

private:
    using Kind = ScaleDecision::Kind;

    double noteWait(const ScaleFacts &facts);
    void noteNeed(const ScaleRules &rules, const ScaleFacts &facts, double wait);
    std::string whyMore(const ScaleRules &rules, const ScaleFacts &facts, double wait) const;
    ScaleDecision grow(const ScaleRules &rules, const ScaleFacts &facts, const std::string &why);
    ScaleDecision shrink(const ScaleRules &rules, const ScaleFacts &facts);
    ScaleDecision refuse(Kind kind, std::string reason, SteadyTime now);
    SteadyTime::duration coolDown(const ScaleRules &rules) const noexcept
    {
        return rules.coolDown * m_patience;
    }

    /// What was needed at most in a part of the cool-down.
    struct Need {
        SteadyTime from;
        SteadyTime to;
        size_t workers = 0;
    };
    size_t m_workers = 0; ///< 0: not decided yet
    bool m_hasLooked = false;
    SteadyTime m_changedAt {};
    SteadyTime m_shrankAt = SteadyTime::min();
    SteadyTime m_growNotBefore = SteadyTime::min();
    SteadyTime m_stalledSince = SteadyTime::max();
    int m_asked = 0;    ///< looks on end that asked for more
    int m_patience = 1; ///< times the cool-down
    std::deque<Need> m_needs;
    std::array<SteadyTime, 7> m_toldAt {}; ///< by kind
    Kind m_told = Kind::Stay;
};

} // namespace arc
