// SPDX-License-Identifier: Apache-2.0
#pragma once

class QAbstractItemView;
class QModelIndex;

namespace arc {

/// Whether the item's tooltip tells something that is not on screen: its text is cut off, or is
/// another one.
bool tipSaysMore(const QAbstractItemView &view, const QModelIndex &index);

/// From now on tooltips of the items come only where they say more. GUI thread.
void keepTipsToWhatIsCut(QAbstractItemView &view);

} // namespace arc
