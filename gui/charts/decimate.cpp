// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/decimate.h"

#include <algorithm>
#include <cmath>
#include <limits>

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

/// Highest and lowest point of a line inside each pixel column.
class Columns {
public:
    explicit Columns(const QPolygonF &line)
        : m_first(int64_t(std::floor(line.first().x()))),
          m_spans(size_t(int64_t(std::floor(line.last().x())) - m_first + 1))
    {
        add(line.first(), line.first());
        for (qsizetype i = 1; i < line.size(); ++i)
            add(line[i - 1], line[i]);
    }

    size_t count() const { return m_spans.size(); }
    double middle(size_t column) const { return double(m_first + int64_t(column)) + 0.5; }
    double low(size_t column) const { return m_spans[column].low; }
    double high(size_t column) const { return m_spans[column].high; }

private:
    struct Span {
        double low = std::numeric_limits<double>::infinity();
        double high = -std::numeric_limits<double>::infinity();
    };

    void add(QPointF from, QPointF to)
    {
        const double run = to.x() - from.x();
        const auto end = int64_t(std::floor(to.x()));
        for (auto column = int64_t(std::floor(from.x())); column <= end; ++column) {
            for (const double edge : {double(column), double(column + 1)}) {
                const double x = std::clamp(edge, from.x(), std::max(from.x(), to.x()));
                const double y =
                    run > 0 ? from.y() + (to.y() - from.y()) * (x - from.x()) / run : to.y();
                take(column, y);
            }
            if (run <= 0)
                take(column, from.y());
        }
    }
    void take(int64_t column, double y)
    {
        const auto at = size_t(column - m_first);
        if (at >= m_spans.size())
            return;
        m_spans[at].low = std::min(m_spans[at].low, y);
        m_spans[at].high = std::max(m_spans[at].high, y);
    }

    int64_t m_first;
    std::vector<Span> m_spans;
};

} // namespace

QPolygonF ribbon(const QPolygonF &line, double width)
{
    if (line.isEmpty())
        return {};
    const Columns columns(line);
    const double half = width / 2;
    const double left = line.first().x();
    const double right = std::max(line.last().x(), left + 0.01);
    QPolygonF shape;
    shape.reserve(qsizetype(columns.count()) * 2 + 4);
    const size_t last = columns.count() - 1;
    shape << QPointF(left, columns.low(0) - half);
    for (size_t i = 0; i <= last; ++i)
        shape << QPointF(std::clamp(columns.middle(i), left, right), columns.low(i) - half);
    shape << QPointF(right, columns.low(last) - half) << QPointF(right, columns.high(last) + half);
    for (size_t i = last + 1; i-- > 0;)
        shape << QPointF(std::clamp(columns.middle(i), left, right), columns.high(i) + half);
    shape << QPointF(left, columns.high(0) + half);
    return shape;
}

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
            for (; i < model.size() && !std::isnan(model.value(i, series))
                 && model.time(i) - before <= ChartModel::kGapMs;
                 ++i) {
                before = model.time(i);
                column.add({scale.x(before), scale.y(model.value(i, series))});
            }
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace arc
