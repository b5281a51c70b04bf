// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/axis.h"

#include "gui/models/format.h"

#include <cmath>

namespace arc {

constexpr double kSmallestTop = 0.001;

QString chartText(double value, ChartUnit unit)
{
    if (std::isnan(value) || value < 0)
        return unknownText();
    switch (unit) {
    case ChartUnit::Seconds:
        return value == 0 ? QStringLiteral("0") : secondsText(value);
    case ChartUnit::Share:
        return shareText(value);
    case ChartUnit::PerSecond:
    case ChartUnit::Count:
        return rateText(value);
    }
    return unknownText();
}

Axis axisFor(double largest, ChartUnit unit)
{
    const double least = unit == ChartUnit::Seconds ? kSmallestTop
        : unit == ChartUnit::Count                  ? 2
                                                    : 1;
    const double wanted = std::isnan(largest) || largest < least ? least : largest;
    const double rough = wanted / Axis::kTicksMax;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power * Axis::kTicksMax >= wanted * 0.999999) {
            step = factor * power;
            break;
        }
    }
    if (unit == ChartUnit::Count)
        step = std::fmax(1, std::ceil(step));
    Axis axis;
    const int steps = int(std::ceil(wanted / step - 0.000001));
    for (int i = 0; i <= steps; ++i)
        axis.ticks.push_back(step * i);
    axis.top = step * steps;
    return axis;
}

} // namespace arc
