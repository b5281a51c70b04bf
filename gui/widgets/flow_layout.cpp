// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/flow_layout.h"

#include <QHBoxLayout>
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

void FlowLayout::addRow(QHBoxLayout *row, int gap, QWidget *parent)
{
    row->setSpacing(gap);
    row->setContentsMargins(0, 0, 0, 0);
    auto *box = new QWidget(parent);
    box->setLayout(row);
    addWidget(box);
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

std::vector<FlowLayout::Line> FlowLayout::linesIn(int room) const
{
    const QList<QLayoutItem *> items = shown();
    int column = 0;
    if (m_widths == Widths::Even && !items.isEmpty()) {
        const int fit = (room + m_gap) / std::max(1, widest() + m_gap);
        const int columns = std::clamp<int>(fit, 1, int(items.size()));
        column = (room - (columns - 1) * m_gap) / columns;
    }
    std::vector<Line> lines;
    int used = 0;
    for (QLayoutItem *item : items) {
        const int width = column ? column : std::min(item->sizeHint().width(), room);
        if (lines.empty() || used + m_gap + width > room) {
            lines.emplace_back();
            used = -m_gap;
        }
        lines.back().push_back({item, width});
        used += m_gap + width;
    }
    for (Line &line : lines) {
        int left = room + m_gap;
        int growing = 0;
        for (const Place &place : line) {
            left -= place.width + m_gap;
            growing += grows(place.item);
        }
        for (Place &place : line) {
            if (column || !grows(place.item))
                continue;
            place.width += left / growing;
            left -= left / growing--;
        }
    }
    return lines;
}

bool FlowLayout::grows(QLayoutItem *item)
{
    return item->expandingDirections().testFlag(Qt::Horizontal);
}

int FlowLayout::arrange(const QRect &rect, bool measure) const
{
    const QMargins around = contentsMargins();
    const QRect inside = rect.marginsRemoved(around);
    const std::vector<Line> lines = linesIn(inside.width());
    int y = inside.top();
    for (const Line &line : lines) {
        int x = inside.left();
        int lineHeight = 0;
        for (const Place &place : line)
            lineHeight = std::max(lineHeight, heightOf(place));
        for (const Place &place : line) {
            if (m_tailAtEnd && &line == &lines.back() && &place == &line.back())
                x = inside.right() + 1 - place.width;
            const QRect at(x, y, place.width, lineHeight);
            if (!measure)
                place.item->setGeometry(parentWidget() ? QStyle::visualRect(
                                            parentWidget()->layoutDirection(), inside, at)
                                                       : at);
            x += place.width + m_gap;
        }
        y += lineHeight + (&line == &lines.back() ? 0 : m_gap);
    }
    return y - rect.top() + around.bottom();
}

int FlowLayout::heightOf(const Place &place)
{
    return place.item->hasHeightForWidth() ? place.item->heightForWidth(place.width)
                                           : place.item->sizeHint().height();
}

} // namespace arc
