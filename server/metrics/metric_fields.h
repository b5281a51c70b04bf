// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/metrics/metrics.h"

namespace arc {

/// One metric of a group together with the member that holds it: exactly one of the two is set.
template <class Cells>
struct MetricField {
    MetricRow row;
    Cell Cells::*cell = nullptr;
    Histogram Cells::*histogram = nullptr;
};

// The groups of metrics.def as tables, so that exports are loops over rows.
#define COUNTER(group, member, name, help)                                                         \
    ARC_IN_LOOP_##group(ARC_CELL_FIELD(group, Counter, member, name, help))
#define GAUGE(group, member, name, help)                                                           \
    ARC_IN_LOOP_##group(ARC_CELL_FIELD(group, Gauge, member, name, help))
#define HISTOGRAM(group, member, name, help)                                                       \
    ARC_IN_LOOP_##group(ARC_HISTOGRAM_FIELD(group, member, name, help))
#define ARC_CELL_FIELD(group, kind, member, name, help)                                            \
    {{MetricGroup::group, MetricKind::kind, name, help}, &group##Metrics::member, nullptr},
#define ARC_HISTOGRAM_FIELD(group, member, name, help)                                             \
    {{MetricGroup::group, MetricKind::Histogram, name, help}, nullptr, &group##Metrics::member},
inline constexpr MetricField<LoopMetrics> kLoopFields[] = {
#include "server/metrics/metrics.def"
};

#define COUNTER(group, member, name, help)                                                         \
    ARC_IN_SITE_##group(ARC_CELL_FIELD(group, Counter, member, name, help))
#define GAUGE(group, member, name, help)                                                           \
    ARC_IN_SITE_##group(ARC_CELL_FIELD(group, Gauge, member, name, help))
#define HISTOGRAM(group, member, name, help)                                                       \
    ARC_IN_SITE_##group(ARC_HISTOGRAM_FIELD(group, member, name, help))
inline constexpr MetricField<SiteMetrics> kSiteFields[] = {
#include "server/metrics/metrics.def"
};

#define COUNTER(group, member, name, help)                                                         \
    ARC_IN_APP_##group(ARC_CELL_FIELD(group, Counter, member, name, help))
#define GAUGE(group, member, name, help)                                                           \
    ARC_IN_APP_##group(ARC_CELL_FIELD(group, Gauge, member, name, help))
#define HISTOGRAM(group, member, name, help)                                                       \
    ARC_IN_APP_##group(ARC_HISTOGRAM_FIELD(group, member, name, help))
inline constexpr MetricField<AppMetrics> kAppFields[] = {
#include "server/metrics/metrics.def"
};

#undef ARC_CELL_FIELD
#undef ARC_HISTOGRAM_FIELD

} // namespace arc
