// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/memory_curve.h"

#include "gui/models/format.h"
#include "gui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace arc {

constexpr QSize kSize {360, 44}; // at letters of 10 pt
constexpr int kLeastWidth = 120;

MemoryCurve::MemoryCurve(std::vector<api::MemoryPoint> points, QWidget *parent)
    : QWidget(parent), m_points(std::move(points))
{
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    if (m_points.empty())
        return;
    const auto [least, most] = std::ranges::minmax(m_points, {}, &api::MemoryPoint::bytes);
    const QString text = tr("Memory over %1, between %2 and %3")
                             .arg(ageText(m_points.front().atUnixMs, m_points.back().atUnixMs),
                                  bytesText(double(least.bytes)), bytesText(double(most.bytes)));
    setAccessibleName(text);
    setToolTip(text);
}

QSize MemoryCurve::sizeHint() const
{
    return scaled(kSize);
}

QSize MemoryCurve::minimumSizeHint() const
{
    return {kLeastWidth, sizeHint().height()};
}

void MemoryCurve::paintEvent(QPaintEvent *)
{
    if (m_points.size() < 2)
        return;
    const Tokens &tokens = Theme::tokens();
    const int64_t from = m_points.front().atUnixMs;
    const auto span = double(std::max<int64_t>(1, m_points.back().atUnixMs - from));
    const auto most = double(
        std::max<int64_t>(1, std::ranges::max(m_points, {}, &api::MemoryPoint::bytes).bytes));
    const QRectF place = QRectF(rect()).adjusted(1, 2, -1, -1);
    QPolygonF line;
    for (const api::MemoryPoint &point : m_points)
        line << QPointF(place.left() + double(point.atUnixMs - from) / span * place.width(),
                        place.bottom() - double(point.bytes) / most * place.height());
    QPolygonF area = line;
    area << place.bottomRight() << place.bottomLeft();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(mix(tokens.accent, tokens.surface, 0.14));
    painter.drawPolygon(area);
    painter.setPen(QPen(tokens.hairline, 1));
    painter.drawLine(place.bottomLeft(), place.bottomRight());
    painter.setPen(QPen(tokens.accent, 1.5));
    painter.drawPolyline(line);
}

} // namespace arc
