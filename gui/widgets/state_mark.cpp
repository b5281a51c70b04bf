// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/state_mark.h"

#include "gui/theme/theme.h"

#include <QPainter>

namespace arc {

QColor stateColour(StateTone tone)
{
    const Tokens &tokens = Theme::tokens();
    switch (tone) {
    case StateTone::Ok:
        return tokens.ok;
    case StateTone::Busy:
        return tokens.accent;
    case StateTone::Warn:
        return tokens.warn;
    case StateTone::Bad:
        return tokens.error;
    case StateTone::Off:
    case StateTone::Unknown:
        return tokens.text2;
    }
    return tokens.text2;
}

void paintStateMark(QPainter &painter, const QRectF &box, StateTone tone)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor colour = stateColour(tone);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    const QRectF inner = box.adjusted(1, 1, -1, -1);
    switch (tone) {
    case StateTone::Ok:
        painter.drawEllipse(inner);
        break;
    case StateTone::Busy:
        painter.setPen(QPen(colour, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawArc(inner.adjusted(1, 1, -1, -1), 30 * 16, 270 * 16);
        break;
    case StateTone::Warn:
        painter.drawPolygon(
            QPolygonF {{inner.center().x(), inner.top()}, inner.bottomRight(), inner.bottomLeft()});
        break;
    case StateTone::Bad:
        painter.setPen(QPen(colour, 2.2, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(inner.topLeft(), inner.bottomRight());
        painter.drawLine(inner.topRight(), inner.bottomLeft());
        break;
    case StateTone::Off:
        painter.drawRect(inner.adjusted(0.5, 0.5, -0.5, -0.5));
        break;
    case StateTone::Unknown:
        painter.drawRect(QRectF(inner.left(), inner.center().y() - 1, inner.width(), 2));
        break;
    }
    painter.restore();
}

} // namespace arc
