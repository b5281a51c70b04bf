// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/decimate.h"

#include <cmath>

namespace arc {

namespace {

/// Gathers the points of one pixel column and writes out at most four of them.
class Column {
public:
    explicit Column(QPolygonF &out) : m_out(out) { }
    ~Column() { flush(); }

    void add(QPointF point)
    {
        const auto column = int64_t(std::floor(point.x()));
        if (m_count > 0 && column != m_column)
            flush();
        if (m_count == 0) {
            m_column = column;
            m_first = m_low = m_high = point;
        }
        if (point.y() < m_low.y())
            m_low = point;
        if (point.y() > m_high.y())
            m_high = point;
        m_last = point;
        ++m_count;
    }

private:
    void flush()
    {
        if (m_count == 0)
            return;
        m_out << m_first;
        if (m_count > 2) {
            const bool lowFirst = m_low.x() < m_high.x();
            m_out << (lowFirst ? m_low : m_high) << (lowFirst ? m_high : m_low);
        }
        if (m_count > 1)
            m_out << m_last;
        m_count = 0;
    }

    QPolygonF &m_out;
    int64_t m_column = 0;
    int m_count = 0;
    QPointF m_first, m_low, m_high, m_last;
};

} // namespace

std::vector<QPolygonF> polylines(const ChartModel &model, int series, const PlotScale &scale)
{
    std::vector<QPolygonF> lines;
    // One sample before the left edge, so that the line enters from outside.
    size_t i = model.firstSince(scale.fromUnixMs);
    if (i > 0)
        --i;
    while (i < model.size()) {
        if (std::isnan(model.value(i, series))) {
            ++i;
            continue;
        }
        QPolygonF line;
        {
            Column column(line);
            int64_t before = model.time(i);
            for (; i < model.size(); ++i) {
                const int64_t now = model.time(i);
                const double value = model.value(i, series);
                if (std::isnan(value) || now - before > ChartModel::kGapMs)
                    break;
                before = now;
                column.add({scale.x(now), scale.y(value)});
            }
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace arc
