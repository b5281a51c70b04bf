// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/widgets/flow_layout.h"

class QGridLayout;

namespace arc {

/// Links whose letters begin where the texts around them do: what the style leaves free at the left
/// of a link lies outside. (A negative margin is no margin to Qt.)
class LinkRow : public FlowLayout {
public:
    LinkRow();
    void setGeometry(const QRect &place) override;
};

/// Deletes what is in it, at once. Not from a slot of one of its widgets. GUI thread.
void clearLayout(QLayout &layout);
/// Below the last item that was added. QGridLayout::rowCount() also counts rows that were emptied,
/// and never gets smaller.
int nextRow(const QGridLayout &grid);
/// As high as its texts need at this width, or at the one its layout needs at least:
/// QWidget::adjustSize() stops at two thirds of the screen. GUI thread.
void fitHeight(QWidget &window, int width);

} // namespace arc
