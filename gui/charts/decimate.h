// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/charts/chart_model.h"

#include <QPolygonF>
#include <QRectF>

#include <vector>

namespace arc {

/// Where samples land: a rectangle, the time at its left and right edge, the value at its top.
struct PlotScale {
    QRectF plot;
    int64_t fromUnixMs = 0;
    int64_t toUnixMs = 1;
    double top = 1;

    double x(int64_t unixMs) const
    {
        return plot.left()
            + plot.width() * double(unixMs - fromUnixMs) / double(toUnixMs - fromUnixMs);
    }
    double y(double value) const { return plot.bottom() - plot.height() * value / top; }
};

/// A series as polylines: cut where data is missing, and reduced to first, smallest, largest and
/// last value of each pixel column, so that no peak is lost and no pixel is drawn twice.
std::vector<QPolygonF> polylines(const ChartModel &model, int series, const PlotScale &scale);

} // namespace arc
