// SPDX-License-Identifier: Apache-2.0
#include "server/workers/autoscaler.h"

#include "server/base/text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arc {

namespace {

/// "180 ms".
std::string spoken(double seconds)
{
    return formatDuration(seconds);
}

std::string percent(double share)
{
    return fmt::format("{:.0f} %", share * 100);
}

size_t roundUp(double value)
{
    return value <= 0 ? 0 : static_cast<size_t>(std::ceil(value - 1e-9));
}

/// "worker 5", "workers 5 to 7".
std::string numbers(size_t first, size_t last)
{
    return first == last ? fmt::format("worker {}", first)
                         : fmt::format("workers {} to {}", first, last);
}

/// Workers that would be started now, were there room for all.
size_t stepUp(const ScaleFacts &facts)
{
    const double slots = static_cast<double>(std::max<int64_t>(1, facts.slotsEach));
    const size_t enough = roundUp(static_cast<double>(facts.busy + facts.queued) / slots);
    const size_t lacking = enough > facts.ready ? enough - facts.ready : 0;
    // A start costs processor time that requests need now; a fork costs next to nothing.
    const size_t atOnce = facts.areForked ? facts.ready : facts.ready / 2;
    return std::clamp<size_t>(lacking, 1, std::max<size_t>(1, atOnce));
}

} // namespace

ScaleRules scaleRules(const Settings &settings, unsigned cores)
{
    const int64_t least = settings.poolProcesses > 0 ? settings.poolProcesses : std::max(2u, cores);
    const int64_t most = settings.poolProcessesMax;
    return {.least = static_cast<size_t>(most > 0 ? std::min(least, most) : least),
            .most = static_cast<size_t>(most),
            .wait = settings.scaleUpWait,
            .coolDown = settings.scaleDownAfter,
            .cpuMax = static_cast<double>(settings.scaleCpuPercent) / 100};
}

std::string_view scaleKindName(ScaleDecision::Kind kind) noexcept
{
    switch (kind) {
    case ScaleDecision::Kind::Stay:
        return "none";
    case ScaleDecision::Kind::Up:
        return "up";
    case ScaleDecision::Kind::Down:
        return "down";
    case ScaleDecision::Kind::RefusedCpu:
        return "refused_cpu";
    case ScaleDecision::Kind::RefusedMemory:
        return "refused_memory";
    case ScaleDecision::Kind::RefusedMax:
        return "refused_max";
    case ScaleDecision::Kind::RefusedStart:
        return "refused_start";
    }
    return "none";
}

size_t Autoscaler::workers(const ScaleRules &rules) const noexcept
{
    return rules.isOn() ? std::clamp(m_workers, rules.least, rules.most) : rules.least;
}

/// How long requests wait, in seconds. Where none gets a worker any more, none tells of its wait,
/// but those that wait have done so since then.
double Autoscaler::noteWait(const ScaleFacts &facts)
{
    if (facts.queued == 0 || facts.handedOver > 0)
        m_stalledSince = facts.queued > 0 ? facts.now : SteadyTime::max();
    else if (m_stalledSince == SteadyTime::max())
        m_stalledSince = facts.now;
    const bool stalls = m_stalledSince < facts.now;
    const double stalled =
        stalls ? std::chrono::duration<double>(facts.now - m_stalledSince).count() : 0;
    return std::max(stalled, facts.handedOver > 0 ? facts.waitP95 : 0);
}

/// A second in which requests waited needed all there were.
void Autoscaler::noteNeed(const ScaleRules &rules, const ScaleFacts &facts, double wait)
{
    constexpr int kParts = 32;
    const double slots = static_cast<double>(std::max<int64_t>(1, facts.slotsEach)) * kFull;
    size_t need =
        std::max(roundUp(static_cast<double>(facts.busy) / slots), roundUp(facts.appCores / kFull));
    if (facts.queued > 0 || wait * 2 >= std::chrono::duration<double>(rules.wait).count())
        need = std::max(need, facts.ready);
    const SteadyTime::duration window = coolDown(rules);
    if (m_needs.empty() || facts.now - m_needs.back().from >= window / kParts)
        m_needs.push_back({.from = facts.now, .to = facts.now, .workers = need});
    m_needs.back().to = facts.now;
    m_needs.back().workers = std::max(m_needs.back().workers, need);
    while (facts.now - m_needs.front().to > window)
        m_needs.pop_front();
}

/// Empty: there are enough.
std::string Autoscaler::whyMore(const ScaleRules &rules, const ScaleFacts &facts, double wait) const
{
    if (wait >= std::chrono::duration<double>(rules.wait).count())
        return fmt::format("requests waited {} for a free worker", spoken(wait));
    // Requests share interpreters that are at their end, as many of an ASGI worker do, or the
    // threads of a WSGI one: they wait inside.
    const double each = facts.appCores / static_cast<double>(facts.ready);
    if (each >= kSaturated && facts.busy > static_cast<int64_t>(facts.ready))
        return fmt::format("{} requests share {} workers that use {} of a core each", facts.busy,
                           facts.ready, percent(each));
    return {};
}

ScaleDecision Autoscaler::look(const ScaleRules &rules, const ScaleFacts &facts)
{
    m_workers = workers(rules);
    if (!m_hasLooked) {
        m_hasLooked = true;
        m_changedAt = facts.now;
    }
    const double wait = noteWait(facts);
    noteNeed(rules, facts, wait);
    // Waits of a start or a change say nothing of how it will be after that.
    if (!facts.isAtRest || facts.ready == 0) {
        m_asked = 0;
        return {.workers = m_workers};
    }
    const std::string why = whyMore(rules, facts, wait);
    m_asked = why.empty() ? 0 : m_asked + 1;
    ScaleDecision decision {.workers = m_workers};
    if (m_asked >= kLooksToGrow && facts.now >= m_growNotBefore)
        decision = grow(rules, facts, why);
    else if (why.empty())
        decision = shrink(rules, facts);
    m_workers = decision.workers;
    return decision;
}

ScaleDecision Autoscaler::grow(const ScaleRules &rules, const ScaleFacts &facts,
                               const std::string &why)
{
    const size_t next = m_workers + 1;
    const bool isKnown = facts.cpuUsed >= 0;
    if (isKnown && rules.cpuMax < 1 && facts.cpuUsed >= rules.cpuMax)
        return refuse(Kind::RefusedCpu,
                      fmt::format("did not start worker {}: {}, but the processor is {} busy; more "
                                  "workers would not help",
                                  next, why, percent(facts.cpuUsed)),
                      facts.now);
    const std::string used = isKnown ? percent(facts.cpuUsed) + " of the processor" : "";
    if (m_workers >= rules.most)
        return refuse(Kind::RefusedMax,
                      fmt::format("did not start worker {}: {}, but {} is the most that "
                                  "pool.processes_max allows{}",
                                  next, why, rules.most, isKnown ? "; " + used + " was used" : ""),
                      facts.now);
    size_t step = std::min(stepUp(facts), rules.most - m_workers);
    if (facts.memoryFree >= 0 && facts.workerBytes > 0) {
        if (facts.memoryFree < facts.workerBytes)
            return refuse(
                Kind::RefusedMemory,
                fmt::format("did not start worker {}: {}, but memory for one more ({}) is "
                            "not free: there is {} to spare",
                            next, why, formatBytes(static_cast<double>(facts.workerBytes)),
                            formatBytes(static_cast<double>(facts.memoryFree))),
                facts.now);
        step = std::min(step, static_cast<size_t>(facts.memoryFree / facts.workerBytes));
    }
    if (const double each = facts.appCores / static_cast<double>(facts.ready);
        isKnown && rules.cpuMax < 1 && each > 0) { // they will use as much as those there are
        const double room = (rules.cpuMax - facts.cpuUsed) * facts.cores / each;
        if (room < static_cast<double>(step))
            step = std::max<size_t>(1, static_cast<size_t>(room));
    }
    if (m_shrankAt != SteadyTime::min() && facts.now - m_shrankAt < rules.coolDown * 2)
        m_patience = std::min(kPatienceMax, m_patience * 2);
    m_changedAt = facts.now;
    m_asked = 0;
    m_told = Kind::Up;
    const size_t last = m_workers + step;
    return {.kind = Kind::Up,
            .workers = last,
            .reason = fmt::format("started {} of at most {}: {}{}", numbers(next, last), rules.most,
                                  why, isKnown ? " while " + used + " was used" : ""),
            .isNews = true};
}

ScaleDecision Autoscaler::shrink(const ScaleRules &rules, const ScaleFacts &facts)
{
    ScaleDecision stay {.workers = m_workers};
    if (facts.now - m_changedAt < coolDown(rules) || facts.idle == 0)
        return stay;
    size_t need = rules.least;
    for (const Need &part : m_needs)
        need = std::max(need, part.workers);
    if (need >= m_workers)
        return stay;
    const size_t surplus = m_workers - need;
    const size_t step = std::min((surplus + 1) / 2, facts.idle);
    const auto since = std::chrono::duration<double>(coolDown(rules)).count();
    // Who has been calm for this long has forgotten that it ever had to be patient.
    if (m_patience > 1 && facts.now - m_changedAt >= coolDown(rules) * 4)
        m_patience = 1;
    m_changedAt = m_shrankAt = facts.now;
    m_told = Kind::Down;
    return {.kind = Kind::Down,
            .workers = m_workers - step,
            .reason = fmt::format("stopped {} of {} workers: for {}, {} would have been enough",
                                  step, m_workers, spoken(since), need),
            .isNews = true};
}

ScaleDecision Autoscaler::refuse(Kind kind, std::string reason, SteadyTime now)
{
    SteadyTime &toldAt = m_toldAt[static_cast<size_t>(kind)];
    const auto again = kind == m_told ? kTellAgain : kTellAnother;
    const bool isNews = toldAt == SteadyTime {} || now - toldAt >= again;
    if (isNews) {
        toldAt = now;
        m_told = kind;
    }
    return {.kind = kind, .workers = m_workers, .reason = std::move(reason), .isNews = isNews};
}

ScaleDecision Autoscaler::startFailed(const ScaleRules &rules, size_t workers,
                                      const std::string &cause, SteadyTime now)
{
    m_workers = std::clamp(workers, rules.least, rules.most);
    m_growNotBefore = now + kHoldBack;
    m_asked = 0;
    m_told = Kind::RefusedStart;
    return {.kind = Kind::RefusedStart,
            .workers = m_workers,
            .reason = fmt::format("worker {} did not start, so there are {} for the next {} s: {}",
                                  workers + 1, m_workers, kHoldBack.count(), cause),
            .isNews = true};
}

} // namespace arc
