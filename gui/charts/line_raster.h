// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QImage>
#include <QPolygonF>

namespace arc {

/// Draws lines that run to the right, one pixel column after the other, into a picture.
///
/// A general painter keeps a list of the edges that cross each row of pixels and searches it for
/// every new one: over noise that is the square of the number of points, and four charts took
/// 50 ms. A column here has one span from its lowest to its highest point, with soft ends, so the
/// cost is that of the pixels that are touched. Coordinates are pixels of the picture, from its
/// upper left corner; what lies outside is cut off. Any one thread.
class LineRaster {
public:
    explicit LineRaster(QSize pixels);
    LineRaster(const LineRaster &) = delete;
    LineRaster &operator=(const LineRaster &) = delete;

    /// `width` in pixels, as high as a level line is; at least two points.
    void draw(const QPolygonF &line, double width, const QColor &colour);
    /// From the line down to the lower edge.
    void fillBelow(const QPolygonF &line, const QColor &colour);

    /// To be read, not kept while more is drawn.
    const QImage &picture() const { return m_picture; }

private:
    void blend(int x, int y, QRgb ink, double coverage);

    QImage m_picture;         ///< premultiplied, transparent where nothing was drawn
    QRgb *m_pixels = nullptr; ///< of m_picture, which no one shares
    size_t m_stride = 0;      ///< pixels from one row to the next
};

} // namespace arc
