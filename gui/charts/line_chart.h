// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/charts/axis.h"
#include "gui/charts/chart_model.h"
#include "gui/charts/decimate.h"

#include <QPixmap>
#include <QWidget>

#include <functional>
#include <optional>

namespace arc {

struct Tokens;

/// How one series is drawn. `colour` is asked at paint time, so that it follows the theme.
struct SeriesLook {
    std::function<QColor(const Tokens &)> colour;
    bool area = false;
};

/// A line chart of the last minutes: title and current figure, SI axis, gaps, names at the lines'
/// ends, and a cursor for mouse and keyboard (Left, Right, Home, End, Escape).
/// GUI thread. Paints only when its data, size or theme changed.
class LineChart : public QWidget {
    Q_OBJECT
public:
    LineChart(QString title, ChartUnit unit, QStringList names, std::vector<SeriesLook> looks,
              QWidget *parent = nullptr);

    ChartModel &model() { return m_model; }
    const ChartModel &model() const { return m_model; }
    /// Draws again, with `figure` as the number beside the title and `note` behind it.
    void show(const QString &figure, const QString &note);
    const QString &title() const { return m_title; }
    ChartUnit unit() const { return m_unit; }
    /// Where the part that is shown begins.
    int64_t startUnixMs() const { return endUnixMs() - int64_t(m_windowSeconds) * 1000; }
    void setEmptyText(const QString &text) { m_emptyText = text; }
    QSize minimumSizeHint() const override;
    void setStale(bool stale);
    void setWindowSeconds(int seconds) { m_windowSeconds = seconds; }

    /// The sample under the cursor, if there is one.
    std::optional<size_t> cursor() const { return m_cursor; }
    /// What a screen reader says: "Requests per second, 8 412 now, between 6 900 and 8 900 …".
    QString spokenText() const;

    QSize sizeHint() const override { return {360, 200}; }

protected:
    void paintEvent(QPaintEvent *) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    PlotScale scaleNow(const Axis &axis) const;
    /// What stays the same from second to second, painted once and kept.
    struct Ground {
        QPixmap picture {};
        QSize size {};
        qreal pixelRatio = 0;
        const Tokens *tokens = nullptr;
        bool focused = false;
        QString foot {};
        QRectF plot {};
        std::vector<double> ticks {};
    };
    void changeEvent(QEvent *event) override;
    void paintGround(const PlotScale &scale, const Axis &axis);
    QString footText() const;
    void paintFigure(QPainter &painter) const;
    void paintGrid(QPainter &painter, const PlotScale &scale, const Axis &axis) const;
    void paintSeries(QPainter &painter, const PlotScale &scale) const;
    void paintNames(QPainter &painter, const PlotScale &scale) const;
    void paintCursor(QPainter &painter, const PlotScale &scale) const;
    void setCursorSample(std::optional<size_t> sample);
    QRectF plotRect(const Axis &axis) const;
    double headHeight() const;
    void placeNote();
    void resizeEvent(QResizeEvent *event) override;
    Axis axisNow() const;
    int64_t endUnixMs() const;

    QString m_title;
    ChartUnit m_unit;
    ChartModel m_model;
    std::vector<SeriesLook> m_looks;
    QString m_figure;
    QString m_note;
    bool m_noteBelow = false; ///< it did not fit beside the figure at this size
    QString m_emptyText;
    int m_windowSeconds = 300;
    bool m_stale = false;
    std::optional<size_t> m_cursor;
    Ground m_ground;
    int64_t m_cursorUnixMs = 0; ///< the sample's time: indexes move when old samples go
};

} // namespace arc
