// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/pages/app_dialogs.h"
#include "server/control/api/control.h"

#include <optional>

namespace arc {

/// What operations.def says about asking before an operation; nothing: there is no such operation.
std::optional<Confirm> confirmationOf(std::string_view operation);

/// The only way to an operation that destroys something: menus, buttons, palette, shortcuts and
/// tray come through here. What is asked is the operation's class in operations.def: None and Undo
/// go on at once, Dialog asks with the question's own words, Type wants `typed` to be written.
///
/// `go` must hold what it acts on (ids, not "the selected one"): what arrives while the question is
/// open is not touched. It does not run when the dialog is left by Escape or its default button.
void confirm(QWidget *parent, std::string_view operation, const Question &question,
             std::function<void()> go);

} // namespace arc
