// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/state_pill.h"

#include "gui/theme/theme.h"
#include "gui/widgets/state_mark.h"

#include <QPainter>

namespace arc {

constexpr int kMarkSize = 11;
constexpr int kSide = 10;
constexpr int kGap = 8; ///< between mark and word

StatePill::StatePill(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
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
    showToolTip();
    update();
}

QString StatePill::text() const
{
    return m_detail.isEmpty() ? m_look.word : m_look.word + QStringLiteral(" · ") + m_detail;
}

int StatePill::widthOf(const QString &text) const
{
    return kSide * 2 + scaled(kMarkSize) + kGap + QFontMetrics(bodyFont()).horizontalAdvance(text)
        + 2;
}

QSize StatePill::sizeHint() const
{
    return {widthOf(text()), QFontMetrics(bodyFont()).height() + 10};
}

QSize StatePill::minimumSizeHint() const
{
    return {widthOf(m_look.word), sizeHint().height()};
}

QString StatePill::shownText() const
{
    return QFontMetrics(bodyFont())
        .elidedText(text(), Qt::ElideRight, std::max(0, width() - widthOf({}) + 2));
}

void StatePill::showToolTip()
{
    setToolTip(width() < sizeHint().width() ? text() : QString());
}

void StatePill::resizeEvent(QResizeEvent *)
{
    showToolTip();
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
    const int side = scaled(kMarkSize);
    const QRectF mark(kSide, (height() - side) / 2.0, side, side);
    paintStateMark(painter, mark, m_look.tone);
    painter.setFont(bodyFont());
    painter.setPen(m_look.tone == StateTone::Off ? tokens.text2 : tokens.text);
    painter.drawText(rect().adjusted(kSide + side + kGap, 0, -kSide + 2, 0),
                     Qt::AlignLeft | Qt::AlignVCenter, shownText());
}

} // namespace arc
