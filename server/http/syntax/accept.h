// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace arc {

/// Whether an Accept value asks for text/html at least as much as for text/plain, and names it or
/// its type: a bare
/// "*/*" (curl, scripts) prefers plain text. What cannot be read counts as not asked for.
bool prefersHtml(std::string_view accept) noexcept;

/// The weight among the parameters of a list element ("q=0.5", RFC 9110 12.4.2), in thousandths:
/// 1000 when there is none, 0 when it cannot be read.
int qualityOf(std::string_view parameters) noexcept;

} // namespace arc
