// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/state_pill.h"

#include "gui/theme/theme.h"
#include "gui/widgets/state_mark.h"

#include <QPainter>

namespace arc {

constexpr int kMarkSize = 11;
constexpr int kSide = 10;

StatePill::StatePill(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void StatePill::show(const QString &state, const QString &detail)
{
    const StateLook look = lookOf(state);
    if (look.word == m_look.word && look.tone == m_look.tone && detail == m_detail)
        return;
    m_look = look;
    m_detail = detail;
    setAccessibleName(text());
    updateGeometry();
    update();
}

QString StatePill::text() const
{
    return m_detail.isEmpty() ? m_look.word : m_look.word + QStringLiteral(" · ") + m_detail;
}

QSize StatePill::sizeHint() const
{
    const QFontMetrics metrics(bodyFont());
    return {kSide * 2 + kMarkSize + 8 + metrics.horizontalAdvance(text()) + 2,
            metrics.height() + 10};
}

void StatePill::paintEvent(QPaintEvent *)
{
    const Tokens &tokens = Theme::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor colour = stateColour(m_look.tone);
    painter.setPen(QPen(mix(colour, tokens.surface, 0.45), 1));
    painter.setBrush(mix(colour, tokens.surface, tokens.dark ? 0.14 : 0.07));
    const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2);
    const QRectF mark(kSide, (height() - kMarkSize) / 2.0, kMarkSize, kMarkSize);
    paintStateMark(painter, mark, m_look.tone);
    painter.setFont(bodyFont());
    painter.setPen(m_look.tone == StateTone::Off ? tokens.text2 : tokens.text);
    painter.drawText(rect().adjusted(kSide + kMarkSize + 8, 0, -kSide + 2, 0),
                     Qt::AlignLeft | Qt::AlignVCenter, text());
}

} // namespace arc
