// SPDX-License-Identifier: Apache-2.0
#pragma once

class QGridLayout;
class QLayout;

namespace arc {

/// Deletes what is in it, at once. Not from a slot of one of its widgets. GUI thread.
void clearLayout(QLayout &layout);
/// Below the last item that was added. QGridLayout::rowCount() also counts rows that were emptied,
/// and never gets smaller.
int nextRow(const QGridLayout &grid);

} // namespace arc
