// SPDX-License-Identifier: Apache-2.0
#pragma once

class QWidget;

namespace arc {

class ActionRegistry;

/// Every key of the window on one sheet, read from the registry. Not modal. GUI thread.
void showShortcuts(const ActionRegistry &actions, QWidget *parent);

} // namespace arc
