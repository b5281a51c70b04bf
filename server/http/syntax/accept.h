// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace arc {

enum class PageForm { Plain, Html, Json };

/// In which form an Accept value asks for a page: in the one of highest weight that it names, HTML
/// before JSON before plain text; HTML also when only its type is named. A bare "*/*" (curl,
/// scripts) asks for plain text. What cannot be read counts as not asked for.
PageForm preferredForm(std::string_view accept) noexcept;

/// The weight among the parameters of a list element ("q=0.5", RFC 9110 12.4.2), in thousandths:
/// 1000 when there is none, 0 when it cannot be read.
int qualityOf(std::string_view parameters) noexcept;

} // namespace arc
