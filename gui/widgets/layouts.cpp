// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/layouts.h"

#include "gui/theme/theme.h"

#include <QGridLayout>
#include <QWidget>

#include <algorithm>

namespace arc {

constexpr int kLinkGap = 8;

LinkRow::LinkRow() : FlowLayout(Widths::Natural, kLinkGap)
{
}

void LinkRow::setGeometry(const QRect &place)
{
    FlowLayout::setGeometry(place.adjusted(-kLinkInset, 0, 0, 0));
}

void clearLayout(QLayout &layout)
{
    while (QLayoutItem *item = layout.takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

int nextRow(const QGridLayout &grid)
{
    if (grid.count() == 0)
        return 0;
    int row = 0;
    int column = 0;
    int rows = 0;
    int columns = 0;
    grid.getItemPosition(grid.count() - 1, &row, &column, &rows, &columns);
    return row + rows;
}

void fitHeight(QWidget &window, int width)
{
    // What is inside of parts has changed without their layouts having heard of it yet.
    for (QWidget *part : window.findChildren<QWidget *>()) {
        if (part->layout())
            part->updateGeometry();
    }
    window.layout()->activate();
    width = std::max(width, window.layout()->totalMinimumSize().width());
    const int height = window.layout()->totalHeightForWidth(width);
    window.resize(width, height > 0 ? height : window.sizeHint().height());
}

} // namespace arc
