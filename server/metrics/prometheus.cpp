// SPDX-License-Identifier: Apache-2.0
// The Prometheus text format 0.0.4, as loops over the tables of metric_fields.h.
#include "server/metrics/metric_fields.h"

#include <iterator>

#include <fmt/format.h>

namespace arc {

namespace {

struct Bound {
    int64_t us;
    std::string_view seconds;
};

/// Upper bounds of the exported buckets. The fine buckets are exact in the engine's own views.
constexpr Bound kBounds[] = {
    {1'000, "0.001"},   {2'500, "0.0025"},  {5'000, "0.005"},   {10'000, "0.01"},
    {25'000, "0.025"},  {50'000, "0.05"},   {100'000, "0.1"},   {250'000, "0.25"},
    {500'000, "0.5"},   {1'000'000, "1"},   {2'500'000, "2.5"}, {5'000'000, "5"},
    {10'000'000, "10"}, {30'000'000, "30"}, {60'000'000, "60"},
};

std::string escapedLabel(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (c == '\\' || c == '"')
            result += '\\';
        if (c == '\n')
            result += "\\n";
        else
            result += c;
    }
    return result;
}

void writeHead(std::string &out, const MetricRow &row)
{
    std::string help;
    for (const char c : row.help) {
        if (c == '\\' || c == '\n')
            help += c == '\n' ? "\\n" : "\\\\";
        else
            help += c;
    }
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", row.name, help,
                   row.name, metricKindName(row.kind));
}

/// label: "" or `site="shop"`, escaped already.
void writeNumber(std::string &out, const MetricRow &row, std::string_view label, int64_t value)
{
    if (label.empty())
        fmt::format_to(std::back_inserter(out), "{} {}\n", row.name, value);
    else
        fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", row.name, label, value);
}

/// A fine bucket that straddles a bound counts above it: at most 6.25 % of the duration off.
void writeHistogram(std::string &out, const MetricRow &row, std::string_view label,
                    const HistogramSum &sum)
{
    const auto end = std::back_inserter(out);
    const std::string_view comma = label.empty() ? "" : ",";
    int64_t below = 0;
    size_t bucket = 0;
    for (const Bound &bound : kBounds) {
        // upperUs() is outside its bucket, and a bound belongs to what it bounds: hence the + 1.
        while (bucket < sum.buckets.size() && Histogram::upperUs(bucket) <= bound.us + 1)
            below += sum.buckets[bucket++];
        fmt::format_to(end, "{}_bucket{{{}{}le=\"{}\"}} {}\n", row.name, label, comma,
                       bound.seconds, below);
    }
    fmt::format_to(end, "{}_bucket{{{}{}le=\"+Inf\"}} {}\n", row.name, label, comma, sum.count);
    const std::string set = label.empty() ? std::string() : fmt::format("{{{}}}", label);
    fmt::format_to(end, "{}_sum{} {:.6f}\n", row.name, set, static_cast<double>(sum.sumUs) / 1e6);
    fmt::format_to(end, "{}_count{} {}\n", row.name, set, sum.count);
}

/// One label set of a family: the parts that are summed under it.
template <class Cells>
struct LabelledParts {
    std::string label;
    const Cells *begin = nullptr;
    size_t count = 0;
};

template <class Cells>
void writeGroup(std::string &out, std::span<const MetricField<Cells>> fields,
                std::span<const LabelledParts<Cells>> sets)
{
    if (sets.empty())
        return; // a family without samples tells nothing
    for (const MetricField<Cells> &field : fields) {
        writeHead(out, field.row);
        for (const LabelledParts<Cells> &set : sets) {
            int64_t value = 0;
            HistogramSum sum;
            for (const Cells &part : std::span(set.begin, set.count)) {
                if (field.cell)
                    value += (part.*field.cell).read();
                else
                    sum.add(part.*field.histogram);
            }
            if (field.cell)
                writeNumber(out, field.row, set.label, value);
            else
                writeHistogram(out, field.row, set.label, sum);
        }
    }
}

} // namespace

std::string MetricsRegistry::prometheusText() const
{
    std::string out;
    const LabelledParts<LoopMetrics> loops {"", m_loops.data(), m_loops.size()};
    writeGroup<LoopMetrics>(out, kLoopFields, std::span(&loops, 1));

    const auto siteSets = sites(); // these keep the cells alive while we read
    std::vector<LabelledParts<SiteMetrics>> siteParts;
    for (const auto &set : siteSets) {
        siteParts.push_back(
            {"site=\"" + escapedLabel(set->id) + '"', set->perLoop.data(), set->perLoop.size()});
    }
    writeGroup<SiteMetrics>(out, kSiteFields, siteParts);

    const auto appSets = apps();
    std::vector<LabelledParts<AppMetrics>> appParts;
    for (const auto &set : appSets)
        appParts.push_back({"app=\"" + escapedLabel(set->id) + '"', &set->cells, 1});
    writeGroup<AppMetrics>(out, kAppFields, appParts);
    return out;
}

} // namespace arc
