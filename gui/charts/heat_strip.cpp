// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/heat_strip.h"

#include "gui/models/format.h"
#include "gui/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace arc {

constexpr double kCellWidthMax = 14;
constexpr double kCellGap = 2;

HeatStrip::HeatStrip(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QSize HeatStrip::sizeHint() const
{
    return {int(double(std::max<size_t>(m_shares.size(), 1)) * (kCellWidthMax + kCellGap)),
            scaled(26)};
}

void HeatStrip::show(std::vector<double> shares)
{
    const bool resized = shares.size() != m_shares.size();
    m_shares = std::move(shares);
    const auto busiest = std::ranges::max_element(m_shares);
    setAccessibleName(busiest == m_shares.end()
                          ? tr("Load of the cores: unknown")
                          : tr("Load of %n cores, the busiest %1", nullptr, int(m_shares.size()))
                                .arg(shareText(*busiest)));
    if (resized)
        updateGeometry();
    update();
}

double HeatStrip::cellWidth() const
{
    const double count = double(std::max<size_t>(m_shares.size(), 1));
    return std::min(kCellWidthMax, width() / count - kCellGap);
}

void HeatStrip::paintEvent(QPaintEvent *)
{
    const Tokens &tokens = Theme::tokens();
    QPainter painter(this);
    painter.setPen(Qt::NoPen);
    const double cell = cellWidth();
    for (size_t i = 0; i < m_shares.size(); ++i) {
        const QRectF box(double(i) * (cell + kCellGap), 0, cell, height());
        painter.setBrush(tokens.raised);
        painter.drawRect(box);
        const double share = std::clamp(m_shares[i], 0.0, 1.0);
        painter.setBrush(share > 0.9 ? tokens.error : share > 0.7 ? tokens.warn : tokens.accent);
        painter.drawRect(box.adjusted(0, box.height() * (1 - share), 0, 0));
    }
}

bool HeatStrip::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const auto core = size_t(std::max(0, help->pos().x()) / (cellWidth() + kCellGap));
    if (core < m_shares.size())
        QToolTip::showText(help->globalPos(),
                           tr("Core %1: %2").arg(core).arg(shareText(m_shares[core])));
    return true;
}

} // namespace arc
