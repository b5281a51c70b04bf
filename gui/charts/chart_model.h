// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <span>
#include <vector>

namespace arc {

/// What was not measured. Drawn as a gap, never joined over.
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// The samples of one chart: one time and a value per series, oldest first.
/// GUI thread. Holds at most kSamplesMax; older ones are dropped.
class ChartModel {
public:
    static constexpr size_t kSamplesMax = 3600;
    static constexpr int64_t kGapMs = 2500; ///< longer between two samples: the line is cut

    explicit ChartModel(QStringList seriesNames) : m_names(std::move(seriesNames)) { }

    void clear() { m_samples.clear(); }
    /// Ignored when it is not newer than the newest: a second answer of the same second.
    void append(int64_t unixMs, std::span<const double> values);

    int seriesCount() const { return int(m_names.size()); }
    const QString &name(int series) const { return m_names[series]; }
    size_t size() const { return m_samples.size(); }
    int64_t time(size_t sample) const { return m_samples[sample].unixMs; }
    double value(size_t sample, int series) const
    {
        return m_samples[sample].values[size_t(series)];
    }
    double newest(int series) const;

    /// Largest and smallest known value of a series since a time; kMissing when there is none.
    double largest(int series, int64_t sinceUnixMs) const;
    double smallest(int series, int64_t sinceUnixMs) const;
    double largestOfAll(int64_t sinceUnixMs) const;
    /// Whether a series has a value other than zero since a time.
    bool anyNonZero(int64_t sinceUnixMs) const;
    /// Index of the sample nearest to a time; size() when empty.
    size_t nearest(int64_t unixMs) const;
    size_t firstSince(int64_t unixMs) const;

private:
    struct Sample {
        int64_t unixMs;
        std::vector<double> values;
    };

    QStringList m_names;
    std::deque<Sample> m_samples;
};

} // namespace arc
