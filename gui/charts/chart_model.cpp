// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/chart_model.h"

#include <algorithm>
#include <cmath>

namespace arc {

void ChartModel::append(int64_t unixMs, std::span<const double> values)
{
    Q_ASSERT(int(values.size()) == seriesCount());
    if (!m_samples.empty() && unixMs <= m_samples.back().unixMs)
        return;
    m_samples.push_back({unixMs, {values.begin(), values.end()}});
    if (m_samples.size() > kSamplesMax)
        m_samples.pop_front();
}

double ChartModel::newest(int series) const
{
    return m_samples.empty() ? kMissing : m_samples.back().values[size_t(series)];
}

size_t ChartModel::firstSince(int64_t unixMs) const
{
    const auto at = std::ranges::lower_bound(m_samples, unixMs, {}, &Sample::unixMs);
    return size_t(at - m_samples.begin());
}

double ChartModel::largest(int series, int64_t sinceUnixMs) const
{
    double best = kMissing;
    for (size_t i = firstSince(sinceUnixMs); i < m_samples.size(); ++i)
        best = std::fmax(best, value(i, series)); // fmax prefers the number over NaN
    return best;
}

double ChartModel::smallest(int series, int64_t sinceUnixMs) const
{
    double best = kMissing;
    for (size_t i = firstSince(sinceUnixMs); i < m_samples.size(); ++i)
        best = std::fmin(best, value(i, series));
    return best;
}

double ChartModel::largestOfAll(int64_t sinceUnixMs) const
{
    double best = kMissing;
    for (int series = 0; series < seriesCount(); ++series)
        best = std::fmax(best, largest(series, sinceUnixMs));
    return best;
}

bool ChartModel::anyNonZero(int64_t sinceUnixMs) const
{
    return largestOfAll(sinceUnixMs) > 0;
}

size_t ChartModel::nearest(int64_t unixMs) const
{
    const size_t after = firstSince(unixMs);
    if (after == 0 || m_samples.empty())
        return 0;
    if (after == m_samples.size())
        return after - 1;
    return m_samples[after].unixMs - unixMs < unixMs - m_samples[after - 1].unixMs ? after
                                                                                   : after - 1;
}

} // namespace arc
