// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace arc {

/// Longer lines that a program wrote are cut on screen.
constexpr int kLineCharactersMax = 8192;

/// Terminal sequences removed, control characters made visible, over-long lines cut.
QString cleanOutput(const QString &text, int lineMax = kLineCharactersMax);
/// The last lines of a text.
QString lastLines(const QString &text, int lines);

} // namespace arc
