// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/metrics.h"

#include <algorithm>
#include <cmath>

namespace arc {

namespace {

#define COUNTER(group, member, name, help)                                                         \
    MetricRow {MetricGroup::group, MetricKind::Counter, name, help},
#define GAUGE(group, member, name, help)                                                           \
    MetricRow {MetricGroup::group, MetricKind::Gauge, name, help},
#define HISTOGRAM(group, member, name, help)                                                       \
    MetricRow {MetricGroup::group, MetricKind::Histogram, name, help},
constexpr MetricRow kRows[] = {
#include "server/metrics/metrics.def"
};

constexpr bool nameIsSound(const MetricRow &row)
{
    if (!row.name.starts_with("arcology_"))
        return false;
    for (const char c : row.name) {
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    const bool isTotal = row.name.ends_with("_total");
    switch (row.kind) {
    case MetricKind::Counter:
        return isTotal;
    case MetricKind::Gauge:
        return !isTotal;
    case MetricKind::Histogram:
        return row.name.ends_with("_seconds");
    }
    return false;
}

consteval bool namesAreSound()
{
    return std::ranges::all_of(kRows, [](const MetricRow &row) { return nameIsSound(row); });
}

consteval bool namesAreUnique()
{
    for (size_t i = 0; i < std::size(kRows); ++i) {
        for (size_t k = 0; k < i; ++k) {
            if (kRows[i].name == kRows[k].name)
                return false;
        }
    }
    return true;
}

/// What is said to count bytes has them in its name, where Prometheus looks for the unit.
consteval bool unitsAreNamed()
{
    return std::ranges::all_of(kRows, [](const MetricRow &row) {
        const bool countsBytes = row.help.starts_with("Bytes") || row.help.starts_with("Memory");
        const bool says = row.name.ends_with("_bytes") || row.name.ends_with("_bytes_total");
        return countsBytes == says;
    });
}

consteval bool helpIsThere()
{
    return std::ranges::all_of(kRows, [](const MetricRow &row) {
        return row.help.size() > 10 && row.help.ends_with(".");
    });
}

static_assert(namesAreSound(),
              "metrics.def: arcology_ in front, _total for counters, _seconds "
              "for histograms");
static_assert(namesAreUnique(), "metrics.def: a name occurs twice");
static_assert(unitsAreNamed(), "metrics.def: _bytes does not match the sentence");
static_assert(helpIsThere(), "metrics.def: each metric has one sentence");

} // namespace

std::span<const MetricRow> metricRows() noexcept
{
    return kRows;
}

std::string_view metricKindName(MetricKind kind) noexcept
{
    switch (kind) {
    case MetricKind::Counter:
        return "counter";
    case MetricKind::Gauge:
        return "gauge";
    case MetricKind::Histogram:
        return "histogram";
    }
    return "untyped";
}

void HistogramSum::add(const Histogram &part) noexcept
{
    for (size_t i = 0; i < buckets.size(); ++i) {
        const int64_t n = part.countIn(i);
        buckets[i] += n;
        count += n;
    }
    sumUs += part.sumUs();
}

HistogramSum HistogramSum::since(const HistogramSum &earlier) const noexcept
{
    HistogramSum result;
    for (size_t i = 0; i < buckets.size(); ++i) {
        result.buckets[i] = std::max<int64_t>(buckets[i] - earlier.buckets[i], 0);
        result.count += result.buckets[i];
    }
    result.sumUs = std::max<int64_t>(sumUs - earlier.sumUs, 0);
    return result;
}

double HistogramSum::percentile(double q) const noexcept
{
    if (count == 0)
        return 0;
    const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count));
    const int64_t rank = std::clamp<int64_t>(static_cast<int64_t>(wanted), 1, count);
    int64_t seen = 0;
    size_t bucket = 0;
    while ((seen += buckets[bucket]) < rank)
        ++bucket;
    // The middle of the bucket: half its width is the largest error.
    const int64_t lower = bucket == 0 ? 0 : Histogram::upperUs(bucket - 1);
    return static_cast<double>(lower + Histogram::upperUs(bucket)) / 2 / 1e6;
}

MetricsRegistry::MetricsRegistry(size_t loops) : m_loops(loops)
{
}

std::shared_ptr<SiteMetricsSet> MetricsRegistry::site(const std::string &id)
{
    std::scoped_lock lock(m_mutex);
    std::shared_ptr<SiteMetricsSet> &set = m_sites[id];
    if (!set)
        set = std::make_shared<SiteMetricsSet>(id, m_loops.size());
    return set;
}

std::shared_ptr<AppMetricsSet> MetricsRegistry::app(const std::string &id)
{
    std::scoped_lock lock(m_mutex);
    std::shared_ptr<AppMetricsSet> &set = m_apps[id];
    if (!set)
        set = std::make_shared<AppMetricsSet>(id);
    return set;
}

void MetricsRegistry::forgetSite(const std::string &id)
{
    std::scoped_lock lock(m_mutex);
    m_sites.erase(id);
}

void MetricsRegistry::forgetApp(const std::string &id)
{
    std::scoped_lock lock(m_mutex);
    m_apps.erase(id);
}

std::vector<std::shared_ptr<const SiteMetricsSet>> MetricsRegistry::sites() const
{
    std::scoped_lock lock(m_mutex);
    std::vector<std::shared_ptr<const SiteMetricsSet>> result;
    for (const auto &[id, set] : m_sites)
        result.push_back(set);
    return result;
}

std::vector<std::shared_ptr<const AppMetricsSet>> MetricsRegistry::apps() const
{
    std::scoped_lock lock(m_mutex);
    std::vector<std::shared_ptr<const AppMetricsSet>> result;
    for (const auto &[id, set] : m_apps)
        result.push_back(set);
    return result;
}

} // namespace arc
