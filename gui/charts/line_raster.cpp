// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/line_raster.h"

#include <algorithm>
#include <array>
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

/// One column: how much of each row a line covers.
struct Stripe {
    std::vector<float> rows;
    int begin = std::numeric_limits<int>::max();
    int end = 0;
};

/// How much of what lies above y is covered by an edge that softens over `ramp` from `edge` on.
double softened(double y, double edge, double ramp)
{
    const double into = std::max(0.0, y - edge);
    return into < ramp ? into * into / (2 * ramp) : into - ramp / 2;
}

/// `above` over `ground`, both premultiplied; `alpha` up to 255. Two channels at a time: each has
/// 16 bits for its product.
QRgb mixed(QRgb above, QRgb ground, QRgb alpha)
{
    constexpr QRgb kPair = 0x00ff00ff;
    const auto pair = [alpha](QRgb a, QRgb b) {
        const QRgb sum = a * alpha + b * (255 - alpha) + 0x00800080;
        return ((sum + ((sum >> 8) & kPair)) >> 8) & kPair; // divided by 255
    };
    return pair(above & kPair, ground & kPair)
        | pair((above >> 8) & kPair, (ground >> 8) & kPair) << 8;
}

void cover(Stripe &stripe, const Columns::Span &span, double width)
{
    for (int y = stripe.begin; y < stripe.end; ++y)
        stripe.rows[size_t(y)] = 0;
    stripe.begin = std::numeric_limits<int>::max();
    stripe.end = 0;
    if (span.low > span.high)
        return;
    // A line that climbs through the column covers less of it at both ends than between.
    const double ramp = std::clamp(span.high - span.low, 0.001, width);
    const double top = span.low - width / 2;
    const double bottom = span.high + width / 2;
    const auto above = [&](double y) {
        return softened(y, top, ramp) - softened(y, bottom - ramp, ramp);
    };
    const auto height = double(stripe.rows.size());
    stripe.begin = int(std::clamp(std::floor(top), 0.0, height));
    stripe.end = int(std::clamp(std::ceil(bottom), 0.0, height));
    double before = above(stripe.begin);
    for (int y = stripe.begin; y < stripe.end; ++y) {
        const double after = above(y + 1);
        stripe.rows[size_t(y)] = float(std::clamp(after - before, 0.0, 1.0));
        before = after;
    }
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
    if (alpha == 0)
        return;
    if (alpha == 255) {
        pixel = ink;
        return;
    }
    pixel = mixed(ink | 0xff000000, pixel, QRgb(alpha));
}

void LineRaster::draw(const QPolygonF &line, double width, const QColor &colour)
{
    if (line.size() < 2)
        return;
    const QRgb ink = colour.rgba();
    const Columns columns(line, m_picture.width());
    const size_t count = columns.spans().size();
    // A climb is one column wide where a level line is `width` high: its neighbours get the rest.
    const auto beside = float(std::clamp((width - 1) / 2, 0.0, 1.0));
    std::array<Stripe, 3> stripes;
    for (Stripe &stripe : stripes)
        stripe.rows.resize(size_t(m_picture.height()));
    if (count > 0)
        cover(stripes[0], columns.spans()[0], width);
    for (size_t i = 0; i < count; ++i) {
        const Stripe &before = stripes[(i + 2) % 3];
        const Stripe &own = stripes[i % 3];
        Stripe &after = stripes[(i + 1) % 3];
        cover(after, i + 1 < count ? columns.spans()[i + 1] : Columns::Span(), width);
        const int x = columns.first() + int(i);
        const int end = std::max({before.end, own.end, after.end});
        for (int y = std::min({before.begin, own.begin, after.begin});
             y < end && x < m_picture.width(); ++y) {
            const auto at = size_t(y);
            blend(x, y, ink,
                  std::max(own.rows[at], beside * std::max(before.rows[at], after.rows[at])));
        }
    }
}

void LineRaster::fillBelow(const QPolygonF &line, const QColor &colour)
{
    if (line.size() < 2)
        return;
    const QRgb ink = colour.rgba();
    const QRgb alone = qPremultiply(ink);
    const Columns columns(line, m_picture.width());
    int x = columns.first();
    for (const auto &[low, high] : columns.spans()) {
        if (low <= high) {
            const double top = std::max(0.0, (low + high) / 2);
            const int first = int(std::min(top, double(m_picture.height())));
            if (first < m_picture.height())
                blend(x, first, ink, first + 1 - top);
            for (int y = first + 1; y < m_picture.height(); ++y) {
                QRgb &pixel = m_pixels[size_t(y) * m_stride + size_t(x)];
                if (pixel == 0)
                    pixel = alone; // most of the picture is nothing but this
                else
                    blend(x, y, ink, 1);
            }
        }
        ++x;
    }
}

} // namespace arc
