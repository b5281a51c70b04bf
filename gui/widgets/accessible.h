// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// Installs our own accessibility objects; call before the first widget is made.
///
/// The stock object of Qt 6.4's item views can be crashed through AT-SPI by a screen reader with a
/// stale index. Ours is a list whose rows read "State: Running, Name: shop"; it has no table
/// interface, and every index from outside is checked. Scroll areas
/// and headers get one that checks its indexes too. Charts get a spoken summary.
void installAccessibility();

} // namespace arc
