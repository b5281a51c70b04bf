// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/switch.h"

#include "gui/theme/theme.h"

#include <QPainter>

namespace arc {

Switch::Switch(QWidget *parent) : QAbstractButton(parent)
{
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
}

constexpr int kSwitchWidth = 44;
constexpr int kSwitchHeight = 28;

QSize Switch::sizeHint() const
{
    return {scaled(kSwitchWidth), scaled(kSwitchHeight)};
}

void Switch::paintEvent(QPaintEvent *)
{
    const Tokens &tokens = Theme::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(width() / double(kSwitchWidth), height() / double(kSwitchHeight));
    const QRectF track(4, 5, 36, 18);
    if (hasFocus()) {
        painter.setPen(QPen(tokens.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(track.adjusted(-3, -3, 3, 3), 12, 12);
    }
    const QColor off = isEnabled() ? tokens.outline : tokens.hairline;
    painter.setPen(QPen(isChecked() && isEnabled() ? tokens.accent : off, 1.5));
    painter.setBrush(!isEnabled() ? tokens.window : isChecked() ? tokens.accent : tokens.surface);
    painter.drawRoundedRect(track, 9, 9);
    const double x = isChecked() ? track.right() - 9 : track.left() + 9;
    painter.setPen(Qt::NoPen);
    painter.setBrush(isChecked() && isEnabled() ? tokens.onAccent : off);
    painter.drawEllipse(QPointF(x, track.center().y()), 5.5, 5.5);
}

} // namespace arc
