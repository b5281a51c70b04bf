// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/metrics/cell.h"

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

enum class MetricKind { Counter, Gauge, Histogram };
enum class MetricGroup { Loop, Site, App };

struct MetricRow {
    MetricGroup group;
    MetricKind kind;
    std::string_view name;
    std::string_view help;
};
std::span<const MetricRow> metricRows() noexcept;
/// As the Prometheus format says it: "counter", "gauge", "histogram".
std::string_view metricKindName(MetricKind kind) noexcept;
/// The manual's page about metrics, resources/docs/metrics.md, in Markdown.
std::string metricsManual();

// The three structs that metrics.def becomes. Each instance has one writing thread: a LoopMetrics
// its loop, a SiteMetrics the loop whose part it is, an AppMetrics the app's home loop (starts and
// deaths included); but its cells of jobs and of the autoscaler are the control loop's.
struct alignas(64) LoopMetrics {
#define COUNTER(group, member, name, help) ARC_IN_LOOP_##group(Cell member;)
#define GAUGE(group, member, name, help) ARC_IN_LOOP_##group(Cell member;)
#define HISTOGRAM(group, member, name, help) ARC_IN_LOOP_##group(Histogram member;)
#define ARC_IN_LOOP_Loop(decl) decl
#define ARC_IN_LOOP_Site(decl)
#define ARC_IN_LOOP_App(decl)
#include "server/metrics/metrics.def"
};
struct alignas(64) SiteMetrics {
#define COUNTER(group, member, name, help) ARC_IN_SITE_##group(Cell member;)
#define GAUGE(group, member, name, help) ARC_IN_SITE_##group(Cell member;)
#define HISTOGRAM(group, member, name, help) ARC_IN_SITE_##group(Histogram member;)
#define ARC_IN_SITE_Loop(decl)
#define ARC_IN_SITE_Site(decl) decl
#define ARC_IN_SITE_App(decl)
#include "server/metrics/metrics.def"
};
struct alignas(64) AppMetrics {
#define COUNTER(group, member, name, help) ARC_IN_APP_##group(Cell member;)
#define GAUGE(group, member, name, help) ARC_IN_APP_##group(Cell member;)
#define HISTOGRAM(group, member, name, help) ARC_IN_APP_##group(Histogram member;)
#define ARC_IN_APP_Loop(decl)
#define ARC_IN_APP_Site(decl)
#define ARC_IN_APP_App(decl) decl
#include "server/metrics/metrics.def"
};

/// A histogram summed over its writers: what percentiles and exports are computed from. A plain
/// value.
struct HistogramSum {
    std::array<int64_t, Histogram::kBuckets> buckets {};
    int64_t count = 0;
    int64_t sumUs = 0;

    void add(const Histogram &part) noexcept;
    /// What was recorded since an earlier sum of the same histogram.
    HistogramSum since(const HistogramSum &earlier) const noexcept;
    /// Seconds; q in 0..1; 0 when nothing was recorded.
    double percentile(double q) const noexcept;
};

/// A site's cells, one part for each loop. Kept by id over configuration changes, so counters never
/// jump back.
struct SiteMetricsSet {
    SiteMetricsSet(std::string siteId, size_t loops) : id(std::move(siteId)), perLoop(loops) { }
    const std::string id;
    std::vector<SiteMetrics> perLoop;
};
struct AppMetricsSet {
    explicit AppMetricsSet(std::string appId) : id(std::move(appId)) { }
    const std::string id;
    AppMetrics cells;
};

/// Knows every set of cells, for readers. Any thread; the mutex is never taken on the request path.
class MetricsRegistry {
public:
    explicit MetricsRegistry(size_t loops);

    LoopMetrics &loop(size_t index) noexcept { return m_loops[index]; }
    size_t loopCount() const noexcept { return m_loops.size(); }
    std::shared_ptr<SiteMetricsSet> site(const std::string &id); ///< made at the first call
    std::shared_ptr<AppMetricsSet> app(const std::string &id);   ///< made at the first call
    void forgetSite(const std::string &id);
    void forgetApp(const std::string &id);
    std::vector<std::shared_ptr<const SiteMetricsSet>> sites() const;
    std::vector<std::shared_ptr<const AppMetricsSet>> apps() const;

    /// Prometheus text format 0.0.4. Cells of loops are summed; each number is exact, but they are
    /// not all of one instant.
    std::string prometheusText() const;

private:
    std::vector<LoopMetrics> m_loops;
    mutable std::mutex m_mutex; // guards m_sites and m_apps
    std::map<std::string, std::shared_ptr<SiteMetricsSet>> m_sites;
    std::map<std::string, std::shared_ptr<AppMetricsSet>> m_apps;
};

} // namespace arc
