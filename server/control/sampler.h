// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"
#include "server/control/host_figures.h"
#include "server/metrics/metrics.h"

#include <array>
#include <deque>
#include <map>
#include <string>

namespace arc {

/// Turns counters into the figures of the last second, and keeps an hour of them for charts.
/// Control loop only. Reading costs the I/O loops nothing: it loads their cells.
class Sampler {
public:
    static constexpr size_t kHistoryPoints = 3600;

    explicit Sampler(MetricsRegistry &metrics);

    /// Once a second.
    void tick(int64_t unixMs, double elapsedSeconds);

    const api::Figures &total() const noexcept { return m_total; }
    const api::HostFigures &host() const noexcept { return m_host; }
    /// Zeroes for an unknown site.
    api::SiteFigures site(const std::string &id) const;
    struct AppFigures {
        int busy = 0;
        int slots = 0;
        int queued = 0;
        double queueP95 = -1; ///< seconds, last ten seconds; -1: no request waited or ran
    };
    AppFigures app(const std::string &id) const;
    int busy() const noexcept { return m_busy; }
    int slots() const noexcept { return m_slots; }
    api::History history(int seconds) const;

private:
    struct SiteState {
        int64_t requests = 0;
        int64_t errors = 0;
        HistogramSum responseTime;
        api::SiteFigures figures;
    };
    struct AppState {
        std::deque<HistogramSum> queueTimes; // one a second, oldest first; the window of queueP95
        AppFigures figures;
    };
    void tickSites(double elapsedSeconds);
    void tickApps();

    MetricsRegistry &m_metrics;
    HostSampler m_hostSampler;
    api::HostFigures m_host;
    api::Figures m_total;
    int m_busy = 0;
    int m_slots = 0;
    std::map<std::string, SiteState> m_sites;
    std::map<std::string, AppState> m_apps;
    std::deque<api::HistoryPoint> m_history;
};

} // namespace arc
