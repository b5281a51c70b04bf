// SPDX-License-Identifier: Apache-2.0
#include "server/control/sampler.h"

#include <algorithm>

namespace arc {

namespace {

constexpr size_t kQueueWindowSeconds = 10;

void setPercentiles(api::Figures &figures, const HistogramSum &spread)
{
    if (spread.count == 0)
        return; // nothing was answered: unknown, not zero
    figures.p50 = spread.percentile(0.50);
    figures.p95 = spread.percentile(0.95);
    figures.p99 = spread.percentile(0.99);
}

void accumulate(HistogramSum &sum, const HistogramSum &part)
{
    for (size_t i = 0; i < sum.buckets.size(); ++i)
        sum.buckets[i] += part.buckets[i];
    sum.count += part.count;
    sum.sumUs += part.sumUs;
}

} // namespace

Sampler::Sampler(MetricsRegistry &metrics) : m_metrics(metrics)
{
    m_host = m_hostSampler.sample(0);
}

void Sampler::tickSites(double elapsedSeconds)
{
    m_total = {};
    HistogramSum all;
    std::map<std::string, SiteState> next;
    for (const auto &set : m_metrics.sites()) {
        const auto known = m_sites.find(set->id);
        const bool isNew = known == m_sites.end();
        SiteState state = isNew ? SiteState {} : std::move(known->second);
        int64_t requests = 0;
        int64_t errors = 0;
        int64_t inFlight = 0;
        HistogramSum responseTime;
        for (const SiteMetrics &part : set->perLoop) {
            requests += part.requests.read();
            errors += part.errors.read();
            inFlight += part.inFlight.read();
            responseTime.add(part.responseTime);
        }
        const HistogramSum fresh = responseTime.since(state.responseTime);
        api::SiteFigures &figures = state.figures;
        figures.id = set->id;
        figures.requestsTotal = requests;
        figures.errorsTotal = errors;
        figures.now = {};
        if (elapsedSeconds > 0) {
            figures.now.requestsPerSecond =
                static_cast<double>(requests - state.requests) / elapsedSeconds;
            figures.now.errorsPerSecond =
                static_cast<double>(errors - state.errors) / elapsedSeconds;
        }
        figures.now.inFlight = static_cast<int>(inFlight);
        setPercentiles(figures.now, fresh);
        m_total.requestsPerSecond += figures.now.requestsPerSecond;
        m_total.errorsPerSecond += figures.now.errorsPerSecond;
        m_total.inFlight += figures.now.inFlight;
        accumulate(all, fresh);
        state.requests = requests;
        state.errors = errors;
        state.responseTime = responseTime;
        next.emplace(set->id, std::move(state));
    }
    setPercentiles(m_total, all);
    m_sites = std::move(next);
}

void Sampler::tickApps()
{
    m_busy = 0;
    m_slots = 0;
    std::map<std::string, AppState> next;
    for (const auto &set : m_metrics.apps()) {
        const auto known = m_apps.find(set->id);
        AppState state = known == m_apps.end() ? AppState {} : std::move(known->second);
        HistogramSum queueTime;
        queueTime.add(set->cells.queueTime);
        state.queueTimes.push_back(queueTime);
        if (state.queueTimes.size() > kQueueWindowSeconds + 1)
            state.queueTimes.pop_front();
        const HistogramSum window = queueTime.since(state.queueTimes.front());
        AppFigures &figures = state.figures;
        figures.busy = static_cast<int>(set->cells.busy.read());
        figures.slots = static_cast<int>(set->cells.slots.read());
        figures.queued = static_cast<int>(set->cells.queued.read());
        figures.queueP95 = window.count ? window.percentile(0.95) : -1;
        m_busy += figures.busy;
        m_slots += figures.slots;
        next.emplace(set->id, std::move(state));
    }
    m_apps = std::move(next);
}

void Sampler::tick(int64_t unixMs, double elapsedSeconds)
{
    tickSites(elapsedSeconds);
    tickApps();
    m_host = m_hostSampler.sample(elapsedSeconds);
    int64_t connections = 0;
    for (size_t i = 0; i < m_metrics.loopCount(); ++i)
        connections += m_metrics.loop(i).connectionsOpen.read();
    m_host.connections = static_cast<int>(connections);
    m_history.push_back({.unixMs = unixMs,
                         .requestsPerSecond = m_total.requestsPerSecond,
                         .errorsPerSecond = m_total.errorsPerSecond,
                         .p50 = m_total.p50,
                         .p95 = m_total.p95,
                         .p99 = m_total.p99,
                         .workersBusy = m_busy,
                         .workersSlots = m_slots,
                         .cpu = m_host.cpu});
    if (m_history.size() > kHistoryPoints)
        m_history.pop_front();
}

api::SiteFigures Sampler::site(const std::string &id) const
{
    const auto found = m_sites.find(id);
    api::SiteFigures none;
    none.id = id;
    return found == m_sites.end() ? none : found->second.figures;
}

Sampler::AppFigures Sampler::app(const std::string &id) const
{
    const auto found = m_apps.find(id);
    return found == m_apps.end() ? AppFigures {} : found->second.figures;
}

api::History Sampler::history(int seconds) const
{
    const size_t wanted = std::min(m_history.size(), static_cast<size_t>(std::max(seconds, 0)));
    return {.points = {m_history.end() - static_cast<ptrdiff_t>(wanted), m_history.end()}};
}

} // namespace arc
