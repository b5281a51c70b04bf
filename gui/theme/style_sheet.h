// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/theme/tokens.h"

#include <QString>

namespace arc {

/// The application's style sheet. Widgets choose a part by properties: card, primary, flat,
/// danger, secondary (text), mono, field (an input with something wrong: invalid).
QString styleSheet(const Tokens &tokens);

} // namespace arc
