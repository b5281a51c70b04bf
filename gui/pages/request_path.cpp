// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/request_path.h"

#include "gui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace arc {

constexpr int kStationWidthMax = 200;
constexpr int kArrowWidth = 26;
constexpr int kInside = 9;  ///< between the frame of a station and its texts
constexpr int kLineGap = 4; ///< between its two lines

RequestPath::RequestPath(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void RequestPath::show(const QList<Station> &stations)
{
    if (stations == m_stations)
        return;
    m_stations = stations;
    QStringList words;
    for (const Station &station : stations)
        words << station.name + QLatin1Char(' ') + station.note;
    setAccessibleName(tr("Path of a request: %1").arg(words.join(tr(", then "))));
    showToolTip();
    update();
}

QSize RequestPath::minimumSizeHint() const
{
    return {0, sizeHint().height()};
}

int RequestPath::stationHeight()
{
    return QFontMetrics(boldFont()).height() + QFontMetrics(smallFont()).height() + kInside * 2
        + kLineGap;
}

int RequestPath::stationWidth() const
{
    const int count = std::max(1, int(m_stations.size()));
    return std::min(scaled(kStationWidthMax), (width() - (count - 1) * kArrowWidth - 2) / count);
}

/// What had to be shortened is said whole by the tooltip.
void RequestPath::resizeEvent(QResizeEvent *)
{
    showToolTip();
}

void RequestPath::showToolTip()
{
    const int room = stationWidth() - kInside * 2 - 2;
    bool shortened = false;
    QStringList lines;
    for (const Station &station : m_stations) {
        lines << tr("%1: %2").arg(station.name, station.note);
        shortened |= QFontMetrics(boldFont()).horizontalAdvance(station.name) > room
            || QFontMetrics(smallFont()).horizontalAdvance(station.note) > room;
    }
    setToolTip(shortened ? lines.join(QLatin1Char('\n')) : QString());
}

QSize RequestPath::sizeHint() const
{
    return {scaled(400), stationHeight() + 2};
}

void RequestPath::paintEvent(QPaintEvent *)
{
    if (m_stations.isEmpty())
        return;
    const Tokens &tokens = Theme::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int count = int(m_stations.size());
    const int box = stationWidth();
    int x = 1;
    for (int i = 0; i < count; ++i) {
        const QRect place(x, 1, box, stationHeight() - 1);
        painter.setPen(QPen(tokens.hairline, 1));
        painter.setBrush(tokens.surface);
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
        const QRect text = place.adjusted(kInside + 1, kInside, -kInside, -kInside);
        painter.setPen(tokens.text);
        painter.setFont(boldFont());
        painter.drawText(
            text, Qt::AlignLeft | Qt::AlignTop,
            QFontMetrics(boldFont()).elidedText(m_stations[i].name, Qt::ElideRight, text.width()));
        painter.setPen(tokens.text2);
        painter.setFont(smallFont());
        painter.drawText(
            text, Qt::AlignLeft | Qt::AlignBottom,
            QFontMetrics(smallFont()).elidedText(m_stations[i].note, Qt::ElideRight, text.width()));
        x += box;
        if (i + 1 < count) {
            const double y = place.center().y() + 0.5;
            painter.setPen(QPen(tokens.outline, 1.5));
            painter.drawLine(QPointF(x + 5, y), QPointF(x + kArrowWidth - 6, y));
            painter.drawPolyline(QPolygonF {{x + kArrowWidth - 11.0, y - 4},
                                            {x + kArrowWidth - 6.0, y},
                                            {x + kArrowWidth - 11.0, y + 4}});
        }
        x += kArrowWidth;
    }
}

} // namespace arc
