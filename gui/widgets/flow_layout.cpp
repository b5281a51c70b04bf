// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/flow_layout.h"

#include <QStyle>
#include <QWidget>

#include <algorithm>

namespace arc {

FlowLayout::FlowLayout(Widths widths, int gap, QWidget *parent)
    : QLayout(parent), m_widths(widths), m_gap(gap)
{
}

FlowLayout::~FlowLayout()
{
    qDeleteAll(m_items);
}

void FlowLayout::addItem(QLayoutItem *item)
{
    m_items << item;
}

QLayoutItem *FlowLayout::takeAt(int index)
{
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

QList<QLayoutItem *> FlowLayout::shown() const
{
    QList<QLayoutItem *> items;
    std::ranges::copy_if(m_items, std::back_inserter(items),
                         [](QLayoutItem *item) { return !item->isEmpty(); });
    return items;
}

int FlowLayout::widest() const
{
    int width = 0;
    for (QLayoutItem *item : shown())
        width = std::max(width, item->sizeHint().width());
    return width;
}

int FlowLayout::heightForWidth(int width) const
{
    return arrange({0, 0, width, 0}, true);
}

QSize FlowLayout::sizeHint() const
{
    const QList<QLayoutItem *> items = shown();
    QSize size(0, 0);
    for (QLayoutItem *item : items) {
        const int width = m_widths == Widths::Even ? widest() : item->sizeHint().width();
        size.rwidth() += width + (size.width() ? m_gap : 0);
        size.rheight() = std::max(size.height(), item->sizeHint().height());
    }
    const QMargins around = contentsMargins();
    return size + QSize(around.left() + around.right(), around.top() + around.bottom());
}

QSize FlowLayout::minimumSize() const
{
    QSize size(0, 0);
    for (QLayoutItem *item : shown())
        size = size.expandedTo(
            {m_widths == Widths::Even ? item->sizeHint().width() : item->minimumSize().width(),
             item->minimumSize().height()});
    const QMargins around = contentsMargins();
    return size + QSize(around.left() + around.right(), around.top() + around.bottom());
}

void FlowLayout::setGeometry(const QRect &rect)
{
    QLayout::setGeometry(rect);
    arrange(rect, false);
}

int FlowLayout::arrange(const QRect &rect, bool measure) const
{
    const QMargins around = contentsMargins();
    const QRect inside = rect.marginsRemoved(around);
    const QList<QLayoutItem *> items = shown();
    int column = 0;
    if (m_widths == Widths::Even && !items.isEmpty()) {
        const int fit = (inside.width() + m_gap) / std::max(1, widest() + m_gap);
        const int columns = std::clamp<int>(fit, 1, int(items.size()));
        column = (inside.width() - (columns - 1) * m_gap) / columns;
    }
    int x = inside.left();
    int y = inside.top();
    int lineHeight = 0;
    for (QLayoutItem *item : items) {
        const int width = column ? column : std::min(item->sizeHint().width(), inside.width());
        if (x > inside.left() && x + width > inside.right() + 1) {
            x = inside.left();
            y += lineHeight + m_gap;
            lineHeight = 0;
        }
        const int height =
            item->hasHeightForWidth() ? item->heightForWidth(width) : item->sizeHint().height();
        if (m_tailAtEnd && item == items.last())
            x = inside.right() + 1 - width;
        if (!measure) {
            const QRect place(x, y, width, height);
            item->setGeometry(parentWidget() ? QStyle::visualRect(parentWidget()->layoutDirection(),
                                                                  inside, place)
                                             : place);
        }
        x += width + m_gap;
        lineHeight = std::max(lineHeight, height);
    }
    return y + lineHeight - rect.top() + around.bottom();
}

} // namespace arc
