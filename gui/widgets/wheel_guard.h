// SPDX-License-Identifier: Apache-2.0
#pragma once

class QWidget;

namespace arc {

/// A wheel turned over this input scrolls the page that it stands on, and changes no value.
/// GUI thread.
void keepWheelForThePage(QWidget &input);

} // namespace arc
