// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/request_path.h"

#include "gui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace arc {

constexpr int kStationWidthMax = 200;
constexpr int kArrowWidth = 26;
constexpr int kInside = 9;  ///< between the frame of a station and its texts
constexpr int kTextGap = 4; ///< between its two lines of text
constexpr int kLineGap = 6; ///< between lines of stations

RequestPath::RequestPath(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void RequestPath::show(const QList<Station> &stations)
{
    if (stations == m_stations)
        return;
    if (stations.size() != m_stations.size())
        m_natural = 0;
    m_stations = stations;
    QStringList words;
    for (const Station &station : stations) {
        words << station.name + QLatin1Char(' ') + station.note;
        const int text = std::max(QFontMetrics(boldFont()).horizontalAdvance(station.name),
                                  QFontMetrics(smallFont()).horizontalAdvance(station.note));
        m_natural = std::max(m_natural, text + kInside * 2 + 2);
    }
    fitHeight();
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
        + kTextGap;
}

/// As many as fit whole; but never more lines than two stations each: rather is a text cut, and
/// said by the tooltip.
int RequestPath::perLine(int width) const
{
    const int count = std::max(1, int(m_stations.size()));
    const int wanted = std::min(m_natural, scaled(kStationWidthMax));
    if (count * wanted + (count - 1) * kArrowWidth + 2 <= width)
        return count;
    const int most = std::clamp((width - 2) / (wanted + kArrowWidth), std::min(2, count), count);
    const int lines = (count + most - 1) / most;
    return (count + lines - 1) / lines; // two and two, not three and one
}

int RequestPath::stationWidth() const
{
    const int count = std::max(1, int(m_stations.size()));
    const int inLine = perLine(width());
    const int arrows = inLine == count ? count - 1 : inLine; // also behind the last of a line
    return std::min(scaled(kStationWidthMax), (width() - arrows * kArrowWidth - 2) / inLine);
}

int RequestPath::heightAt(int width) const
{
    const int inLine = perLine(width);
    const int lines = (std::max(1, int(m_stations.size())) + inLine - 1) / inLine;
    return lines * (stationHeight() + 2) + (lines - 1) * kLineGap;
}

/// Layouts around us need not ask for the height that a width takes.
void RequestPath::fitHeight()
{
    setFixedHeight(heightAt(width()));
}

/// What had to be shortened is said whole by the tooltip.
void RequestPath::resizeEvent(QResizeEvent *)
{
    fitHeight();
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
    return {scaled(400), heightAt(width())};
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
    const int inLine = perLine(width());
    for (int i = 0; i < count; ++i) {
        const int x = 1 + i % inLine * (box + kArrowWidth);
        const int y = i / inLine * (stationHeight() + 2 + kLineGap);
        const QRect place(x, y + 1, box, stationHeight() - 1);
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
        if (i + 1 == count)
            break;
        const double from = x + box;
        const double middle = place.center().y() + 0.5;
        painter.setPen(QPen(tokens.outline, 1.5));
        painter.drawLine(QPointF(from + 5, middle), QPointF(from + kArrowWidth - 6, middle));
        painter.drawPolyline(QPolygonF {{from + kArrowWidth - 11.0, middle - 4},
                                        {from + kArrowWidth - 6.0, middle},
                                        {from + kArrowWidth - 11.0, middle + 4}});
    }
}

} // namespace arc
