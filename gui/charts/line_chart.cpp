// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/line_chart.h"

#include "gui/charts/line_raster.h"
#include "gui/models/format.h"
#include "gui/theme/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace arc {

constexpr int kMargin = 14;
constexpr double kFigureGap = 8; ///< between the figure and the note beside it
constexpr int kHeadGap = 12;     ///< below title, figure and note
constexpr int kFootGap = 3;
constexpr int kPlotWanted = 64; ///< height at which a line can be followed
constexpr int kGutterGap = 6;
constexpr double kPlotLeast = 20; ///< smaller: the figure alone
constexpr double kLineWidth = 1.75;

LineChart::LineChart(QString title, ChartUnit unit, QStringList names,
                     std::vector<SeriesLook> looks, QWidget *parent)
    : QWidget(parent), m_title(std::move(title)), m_unit(unit), m_model(std::move(names)),
      m_looks(std::move(looks))
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(m_title);
}

void LineChart::show(const QString &figure, const QString &note)
{
    m_figure = figure;
    m_note = note;
    placeNote();
    if (m_cursor && m_model.size() > 0)
        m_cursor = m_model.nearest(m_cursorUnixMs);
    update();
}

void LineChart::setStale(bool stale)
{
    if (m_stale == stale)
        return;
    m_stale = stale;
    update();
}

int64_t LineChart::endUnixMs() const
{
    return m_model.size() ? m_model.time(m_model.size() - 1) : 0;
}

Axis LineChart::axisNow() const
{
    return axisFor(m_model.largestOfAll(startUnixMs()), m_unit);
}

QRectF LineChart::plotRect(const Axis &axis) const
{
    const QFontMetricsF metrics(smallFont());
    double left = 0;
    for (const double tick : axis.ticks)
        left = std::max(left, metrics.horizontalAdvance(chartText(tick, m_unit)));
    double right = 0;
    if (m_model.seriesCount() > 1) {
        for (int i = 0; i < m_model.seriesCount(); ++i)
            right = std::max(right, metrics.horizontalAdvance(m_model.name(i)) + kGutterGap);
    }
    return QRectF(rect()).adjusted(kMargin + left + kGutterGap, kMargin + headHeight(),
                                   -kMargin - right, -kMargin - metrics.height() - kFootGap + 4);
}

/// Once below it stays there at this size: the plot must not jump with the length of a figure.
void LineChart::placeNote()
{
    const bool before = m_noteBelow;
    m_noteBelow |= QFontMetricsF(figureFont()).horizontalAdvance(m_figure) + kFigureGap
            + QFontMetricsF(smallFont()).horizontalAdvance(m_note)
        > width() - 2 * kMargin;
    if (m_noteBelow != before)
        updateGeometry();
}

void LineChart::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    if (event->size().width() > event->oldSize().width())
        m_noteBelow = false;
    placeNote();
}

double LineChart::headHeight() const
{
    const double line = QFontMetricsF(smallFont()).height();
    return line + QFontMetricsF(figureFont()).height() + (m_noteBelow ? line : 0) + kHeadGap;
}

QSize LineChart::minimumSizeHint() const
{
    const QFontMetrics metrics(smallFont());
    return {metrics.averageCharWidth() * 18 + 2 * kMargin,
            int(2 * kMargin + headHeight()
                + std::max(scaled(kPlotWanted), m_model.seriesCount() * metrics.height())
                + metrics.height())};
}

PlotScale LineChart::scaleNow(const Axis &axis) const
{
    return {.plot = plotRect(axis),
            .fromUnixMs = startUnixMs(),
            .toUnixMs = endUnixMs(),
            .top = axis.top};
}

void LineChart::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    m_ground = {}; // fonts and colours may be others now
}

QString LineChart::footText() const
{
    return m_stale ? clockText(endUnixMs()) : tr("now");
}

void LineChart::paintGround(const PlotScale &scale, const Axis &axis)
{
    const Tokens &tokens = Theme::tokens();
    const QString foot = footText();
    if (m_ground.size == size() && m_ground.pixelRatio == devicePixelRatioF()
        && m_ground.tokens == &tokens && m_ground.focused == hasFocus() && m_ground.foot == foot
        && m_ground.plot == scale.plot && m_ground.ticks == axis.ticks)
        return;
    m_ground = {.picture = QPixmap(size() * devicePixelRatioF()),
                .size = size(),
                .pixelRatio = devicePixelRatioF(),
                .tokens = &tokens,
                .focused = hasFocus(),
                .foot = foot,
                .plot = scale.plot,
                .ticks = axis.ticks};
    m_ground.picture.setDevicePixelRatio(devicePixelRatioF());
    m_ground.picture.fill(Qt::transparent);
    QPainter painter(&m_ground.picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(hasFocus() ? tokens.accent : tokens.hairline, hasFocus() ? 2 : 1));
    painter.setBrush(tokens.surface);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 6, 6);
    painter.setFont(smallFont());
    painter.setPen(tokens.text2);
    const QRectF head = QRectF(rect()).adjusted(kMargin, kMargin - 2, -kMargin, 0);
    painter.drawText(head, Qt::AlignLeft | Qt::AlignTop,
                     QFontMetricsF(smallFont()).elidedText(m_title, Qt::ElideRight, head.width()));
    if (scale.plot.width() >= kPlotLeast && scale.plot.height() >= kPlotLeast)
        paintGrid(painter, scale, axis);
}

void LineChart::paintEvent(QPaintEvent *)
{
    const Tokens &tokens = Theme::tokens();
    const double largest = m_model.largestOfAll(startUnixMs());
    const Axis axis = axisFor(largest, m_unit);
    const PlotScale scale = scaleNow(axis);
    paintGround(scale, axis);
    QPainter painter(this);
    painter.drawPixmap(0, 0, m_ground.picture);
    painter.setRenderHint(QPainter::Antialiasing);
    paintFigure(painter);
    if (scale.plot.width() < kPlotLeast || scale.plot.height() < kPlotLeast)
        return;
    if (!(largest > 0)) {
        painter.setFont(smallFont());
        painter.setPen(tokens.text2);
        const QRectF place =
            painter.boundingRect(scale.plot, Qt::AlignCenter, m_emptyText).adjusted(-6, -2, 6, 2);
        painter.fillRect(place, tokens.surface); // a line of the grid would go through it
        painter.drawText(scale.plot, Qt::AlignCenter, m_emptyText);
        return;
    }
    painter.setOpacity(m_stale ? 0.45 : 1);
    paintSeries(painter, scale);
    paintNames(painter, scale);
    painter.setOpacity(1);
    paintCursor(painter, scale);
}

void LineChart::paintFigure(QPainter &painter) const
{
    const Tokens &tokens = Theme::tokens();
    const QRectF head = QRectF(rect()).adjusted(kMargin, kMargin - 2, -kMargin, 0);
    const QFontMetricsF smallMetrics(smallFont());
    const double titleHeight = smallMetrics.height();
    const QFont figure = figureFont();
    painter.setFont(figure);
    painter.setPen(m_stale ? tokens.text2 : tokens.text);
    painter.drawText(head.adjusted(0, titleHeight, 0, 0), Qt::AlignLeft | Qt::AlignTop, m_figure);
    const QFontMetricsF figureMetrics(figure);
    painter.setFont(smallFont());
    painter.setPen(tokens.text2);
    // Beside the figure, on its line; below it where there is no room.
    const bool beside = !m_noteBelow;
    const double used = beside ? figureMetrics.horizontalAdvance(m_figure) + kFigureGap : 0;
    const double drop = titleHeight
        + (beside ? figureMetrics.ascent() - smallMetrics.ascent() : figureMetrics.height());
    const QRectF noteRect = head.adjusted(used, drop, 0, 0);
    painter.drawText(noteRect, Qt::AlignLeft | Qt::AlignTop,
                     smallMetrics.elidedText(m_note, Qt::ElideRight, noteRect.width()));
}

void LineChart::paintGrid(QPainter &painter, const PlotScale &scale, const Axis &axis) const
{
    const Tokens &tokens = Theme::tokens();
    painter.setFont(smallFont());
    const QFontMetricsF metrics(smallFont());
    const QRectF &plot = scale.plot;
    // A short chart shows every second or third tick rather than overlapping texts.
    const double step = plot.height() / double(axis.ticks.size() - 1);
    const auto every = size_t(std::max(1.0, std::ceil(metrics.height() / std::max(1.0, step))));
    for (size_t i = 0; i < axis.ticks.size(); i += every) {
        const double y = std::round(scale.y(axis.ticks[i])) + 0.5;
        painter.setPen(QPen(mix(tokens.hairline, tokens.surface, i == 0 ? 1 : 0.5), 1));
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        painter.setPen(tokens.text2);
        const QRectF label(kMargin, y - metrics.height() / 2, plot.left() - kMargin - kGutterGap,
                           metrics.height());
        painter.drawText(label, Qt::AlignRight | Qt::AlignVCenter,
                         chartText(axis.ticks[i], m_unit));
    }
    painter.setPen(tokens.text2);
    const QRectF foot(plot.left(), plot.bottom() + kFootGap, plot.width(), metrics.height());
    painter.drawText(foot, Qt::AlignLeft | Qt::AlignTop,
                     tr("−%n min", nullptr, m_windowSeconds / 60));
    painter.drawText(foot, Qt::AlignRight | Qt::AlignTop, footText());
}

void LineChart::paintSeries(QPainter &painter, const PlotScale &scale) const
{
    const Tokens &tokens = Theme::tokens();
    const double ratio = devicePixelRatioF();
    const QRectF seen = scale.plot.adjusted(0, -2, 1, 2);
    // Begins on a multiple of 4, which is a whole pixel at 1.25, 1.5 and 1.75 too.
    const QPoint origin(int(seen.left()) / 4 * 4, int(seen.top()) / 4 * 4);
    const QPointF size = (seen.bottomRight() - origin) * ratio;
    LineRaster raster({int(std::ceil(size.x())), int(std::ceil(size.y()))});
    PlotScale pixels = scale;
    pixels.plot = {(scale.plot.topLeft() - origin) * ratio, scale.plot.size() * ratio};
    painter.save();
    painter.setClipRect(seen);
    painter.setPen(Qt::NoPen);
    for (int series = 0; series < m_model.seriesCount(); ++series) {
        const SeriesLook &look = m_looks[size_t(series)];
        const QColor colour = look.colour(tokens);
        QColor fill = colour;
        fill.setAlphaF(tokens.dark ? 0.20f : 0.13f);
        for (const QPolygonF &line : polylines(m_model, series, pixels)) {
            if (look.area)
                raster.fillBelow(line, fill);
            raster.draw(line, kLineWidth * ratio, colour);
            if (line.size() == 1) {
                painter.setBrush(colour);
                painter.drawEllipse(line.first() / ratio + origin, 1.7, 1.7);
            }
        }
    }
    QImage picture = raster.picture();
    picture.setDevicePixelRatio(ratio);
    painter.drawImage(origin, picture);
    painter.restore();
}

void LineChart::paintNames(QPainter &painter, const PlotScale &scale) const
{
    if (m_model.seriesCount() < 2)
        return;
    struct Label {
        int series;
        double y;
    };
    std::vector<Label> labels;
    for (int series = 0; series < m_model.seriesCount(); ++series) {
        const double value = m_model.newest(series);
        if (!std::isnan(value))
            labels.push_back({series, scale.y(value)});
    }
    // Pushed apart upwards from the lowest, so that no name covers another.
    std::ranges::stable_sort(labels, std::greater {}, &Label::y);
    const double height = QFontMetricsF(smallFont()).height() - 1;
    double limit = scale.plot.bottom() + height / 2;
    painter.setFont(smallFont());
    for (Label &label : labels) {
        label.y = std::min(label.y, limit - height / 2);
        limit = label.y - height / 2;
        painter.setPen(m_looks[size_t(label.series)].colour(Theme::tokens()));
        painter.drawText(QRectF(scale.plot.right() + kGutterGap, label.y - height / 2, 200, height),
                         Qt::AlignLeft | Qt::AlignVCenter, m_model.name(label.series));
    }
}

void LineChart::paintCursor(QPainter &painter, const PlotScale &scale) const
{
    if (!m_cursor || *m_cursor >= m_model.size())
        return;
    const Tokens &tokens = Theme::tokens();
    const double x = scale.x(m_model.time(*m_cursor));
    if (x < scale.plot.left() - 1)
        return;
    painter.setPen(QPen(tokens.text2, 1, Qt::DotLine));
    painter.drawLine(QPointF(x, scale.plot.top()), QPointF(x, scale.plot.bottom()));
    QStringList lines {clockText(m_model.time(*m_cursor))};
    for (int series = 0; series < m_model.seriesCount(); ++series) {
        const double value = m_model.value(*m_cursor, series);
        const QString text = chartText(value, m_unit);
        lines << (m_model.seriesCount() > 1 ? m_model.name(series) + QStringLiteral("  ") + text
                                            : text);
        if (std::isnan(value))
            continue;
        painter.setBrush(m_looks[size_t(series)].colour(tokens));
        painter.setPen(QPen(tokens.surface, 1.5));
        painter.drawEllipse(QPointF(x, scale.y(value)), 4, 4);
    }
    const QFontMetricsF metrics(smallFont());
    double width = 0;
    for (const QString &line : lines)
        width = std::max(width, metrics.horizontalAdvance(line));
    QRectF box(x + 10, scale.plot.top(), width + 16, metrics.height() * double(lines.size()) + 10);
    if (box.right() > scale.plot.right())
        box.moveRight(x - 10);
    painter.setBrush(tokens.raised);
    painter.setPen(QPen(tokens.outline, 1));
    painter.drawRoundedRect(box, 4, 4);
    painter.setFont(smallFont());
    painter.setPen(tokens.text);
    painter.drawText(box.adjusted(8, 5, -8, -5), Qt::AlignLeft | Qt::AlignTop,
                     lines.join(QLatin1Char('\n')));
}

void LineChart::setCursorSample(std::optional<size_t> sample)
{
    if (sample == m_cursor)
        return;
    m_cursor = sample;
    if (m_cursor)
        m_cursorUnixMs = m_model.time(*m_cursor);
    update();
}

void LineChart::mouseMoveEvent(QMouseEvent *event)
{
    const PlotScale scale = scaleNow(axisNow());
    if (m_model.size() == 0 || !scale.plot.adjusted(-4, -4, 4, 4).contains(event->position())) {
        setCursorSample(std::nullopt);
        return;
    }
    const double share = (event->position().x() - scale.plot.left()) / scale.plot.width();
    setCursorSample(m_model.nearest(scale.fromUnixMs
                                    + int64_t(share * double(scale.toUnixMs - scale.fromUnixMs))));
}

void LineChart::leaveEvent(QEvent *)
{
    setCursorSample(std::nullopt);
}

void LineChart::focusOutEvent(QFocusEvent *event)
{
    setCursorSample(std::nullopt);
    QWidget::focusOutEvent(event);
}

void LineChart::keyPressEvent(QKeyEvent *event)
{
    if (m_model.size() == 0)
        return QWidget::keyPressEvent(event);
    const size_t first = std::min(m_model.firstSince(startUnixMs()), m_model.size() - 1);
    const size_t last = m_model.size() - 1;
    const size_t now = m_cursor.value_or(last);
    switch (event->key()) {
    case Qt::Key_Left:
        return setCursorSample(now > first ? now - (m_cursor ? 1 : 0) : first);
    case Qt::Key_Right:
        return setCursorSample(std::min(last, now + 1));
    case Qt::Key_Home:
        return setCursorSample(first);
    case Qt::Key_End:
        return setCursorSample(last);
    case Qt::Key_Escape:
        if (m_cursor)
            return setCursorSample(std::nullopt);
        [[fallthrough]];
    default:
        QWidget::keyPressEvent(event);
    }
}

QString LineChart::spokenText() const
{
    if (!m_model.anyNonZero(startUnixMs()))
        return m_emptyText;
    if (m_cursor && *m_cursor < m_model.size()) {
        QStringList parts {clockText(m_model.time(*m_cursor))};
        for (int series = 0; series < m_model.seriesCount(); ++series)
            parts << m_model.name(series) + QLatin1Char(' ')
                    + chartText(m_model.value(*m_cursor, series), m_unit);
        return parts.join(QStringLiteral(", "));
    }
    QStringList parts;
    for (int series = 0; series < m_model.seriesCount(); ++series) {
        parts << tr("%1 %2 now, between %3 and %4 in %n minutes", nullptr, m_windowSeconds / 60)
                     .arg(m_model.name(series), chartText(m_model.newest(series), m_unit),
                          chartText(m_model.smallest(series, startUnixMs()), m_unit),
                          chartText(m_model.largest(series, startUnixMs()), m_unit));
    }
    return parts.join(QStringLiteral("; "));
}

} // namespace arc
