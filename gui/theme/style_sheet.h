// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/theme/tokens.h"

#include <QString>

namespace arc {

/// The application's style sheet. Widgets choose a part by properties: card, primary, flat,
/// danger, secondary (text), mono, field (an input with something wrong: invalid).
/// `letterScale` makes icons, arrows and the buttons of spin boxes as large as the letters are.
QString styleSheet(const Tokens &tokens, double letterScale);

} // namespace arc
