// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <vector>

namespace arc {

enum class ChartUnit { PerSecond, Seconds, Count, Share };

/// A value as a chart writes it: "8.4 k", "48 ms", "7". Missing: an en dash.
QString chartText(double value, ChartUnit unit);

/// Ticks from zero to at least `largest`, in steps of 1, 2 or 5 times a power of ten; at most
/// kTicksMax above zero. Counts never get a step below one.
struct Axis {
    static constexpr int kTicksMax = 4;
    double top = 1;
    std::vector<double> ticks;
};
Axis axisFor(double largest, ChartUnit unit);

} // namespace arc
