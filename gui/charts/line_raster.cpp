// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/line_raster.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace arc {

namespace {

/// Lowest and highest y of a line inside each pixel column of a picture.
class Columns {
public:
    struct Span {
        double low = std::numeric_limits<double>::infinity();
        double high = -std::numeric_limits<double>::infinity();
    };

    Columns(const QPolygonF &line, int width) : m_last(width - 1)
    {
        m_first = columnOf(line.first().x());
        m_spans.resize(size_t(std::max(0, columnOf(line.last().x()) - m_first + 1)));
        for (qsizetype i = 1; i < line.size(); ++i)
            add(line[i - 1], line[i]);
    }

    int first() const { return m_first; }
    const std::vector<Span> &spans() const { return m_spans; }

private:
    int columnOf(double x) const { return int(std::clamp(std::floor(x), 0.0, double(m_last))); }

    void add(QPointF from, QPointF to)
    {
        if (to.x() < 0 || from.x() > m_last + 1)
            return;
        const double run = to.x() - from.x();
        const double rise = run > 0 ? (to.y() - from.y()) / run : 0;
        const int last = columnOf(to.x());
        for (int column = columnOf(from.x()); column <= last; ++column) {
            const double left = std::clamp(double(column), from.x(), to.x());
            const double right = std::clamp(column + 1.0, from.x(), to.x());
            take(column, run > 0 ? from.y() + rise * (left - from.x()) : from.y());
            take(column, run > 0 ? from.y() + rise * (right - from.x()) : to.y());
        }
    }
    void take(int column, double y)
    {
        const auto at = size_t(column - m_first);
        if (at >= m_spans.size())
            return;
        m_spans[at].low = std::min(m_spans[at].low, y);
        m_spans[at].high = std::max(m_spans[at].high, y);
    }

    int m_first = 0;
    int m_last;
    std::vector<Span> m_spans;
};

/// How much of what lies above y is covered by an edge that softens over `ramp` from `edge` on.
double softened(double y, double edge, double ramp)
{
    const double into = std::max(0.0, y - edge);
    return into < ramp ? into * into / (2 * ramp) : into - ramp / 2;
}

} // namespace

LineRaster::LineRaster(QSize pixels)
    : m_picture(pixels.expandedTo({1, 1}), QImage::Format_ARGB32_Premultiplied)
{
    m_picture.fill(Qt::transparent);
    m_pixels = reinterpret_cast<QRgb *>(m_picture.bits());
    m_stride = size_t(m_picture.bytesPerLine()) / sizeof(QRgb);
}

void LineRaster::blend(int x, int y, QRgb ink, double coverage)
{
    QRgb &pixel = m_pixels[size_t(y) * m_stride + size_t(x)];
    const int alpha = int(coverage * qAlpha(ink) + 0.5);
    const auto over = [alpha](int above, int ground) {
        return (above * alpha + ground * (255 - alpha) + 127) / 255;
    };
    pixel = qRgba(over(qRed(ink), qRed(pixel)), over(qGreen(ink), qGreen(pixel)),
                  over(qBlue(ink), qBlue(pixel)), over(255, qAlpha(pixel)));
}

void LineRaster::draw(const QPolygonF &line, double width, const QColor &colour)
{
    if (line.size() < 2)
        return;
    const QRgb ink = colour.rgba();
    const Columns columns(line, m_picture.width());
    int x = columns.first();
    for (const auto &[low, high] : columns.spans()) {
        if (low <= high) {
            // A line that climbs through the column covers less of it at both ends than between.
            const double ramp = std::clamp(high - low, 0.001, width);
            const double top = low - width / 2;
            const double bottom = high + width / 2;
            const auto above = [&](double y) {
                return softened(y, top, ramp) - softened(y, bottom - ramp, ramp);
            };
            const int last = int(std::min(std::ceil(bottom), double(m_picture.height()))) - 1;
            int y = int(std::max(std::floor(top), 0.0));
            for (double before = above(y); y <= last; ++y) {
                const double after = above(y + 1);
                blend(x, y, ink, std::clamp(after - before, 0.0, 1.0));
                before = after;
            }
        }
        ++x;
    }
}

void LineRaster::fillBelow(const QPolygonF &line, const QColor &colour)
{
    if (line.size() < 2)
        return;
    const QRgb ink = colour.rgba();
    const Columns columns(line, m_picture.width());
    int x = columns.first();
    for (const auto &[low, high] : columns.spans()) {
        if (low <= high) {
            const double top = std::max(0.0, (low + high) / 2);
            for (int y = int(top); y < m_picture.height(); ++y)
                blend(x, y, ink, std::min(1.0, y + 1 - top));
        }
        ++x;
    }
}

} // namespace arc
