// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/metrics.h"

#include <iterator>

#include <fmt/format.h>

namespace arc {

namespace {

struct GroupText {
    MetricGroup group;
    std::string_view title;
    std::string_view intro;
};

constexpr GroupText kGroups[] = {
    {MetricGroup::Loop, "Engine", "Sums over all loops, without a label."},
    {MetricGroup::Site, "Sites", "One series for each site, with the label `site`."},
    {MetricGroup::App, "Apps", "One series for each hosted app, with the label `app`."},
};

} // namespace

std::string metricsManual()
{
    std::string out = "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
                      "<!-- Generated from server/metrics/metrics.def: edit that. -->\n"
                      "# Metrics\n\n"
                      "`/metrics` on the operations address answers in the Prometheus text "
                      "format.\n\n"
                      "- Names that end in `_total` count since the engine started.\n"
                      "- Names that end in `_seconds` are histograms of durations: "
                      "`_bucket`, `_sum`, `_count`.\n"
                      "- Everything else is a state of this moment.\n";
    for (const GroupText &group : kGroups) {
        fmt::format_to(std::back_inserter(out),
                       "\n## {}\n{}\n\n| metric | kind | meaning |\n| --- | --- | --- |\n",
                       group.title, group.intro);
        for (const MetricRow &row : metricRows()) {
            if (row.group == group.group)
                fmt::format_to(std::back_inserter(out), "| `{}` | {} | {} |\n", row.name,
                               metricKindName(row.kind), row.help);
        }
    }
    return out;
}

} // namespace arc
