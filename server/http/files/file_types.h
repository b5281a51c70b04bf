// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace arc {

/// Content-Type of a file by the extension of its name, whatever its case; application/octet-stream
/// when unknown.
std::string_view contentTypeOf(std::string_view fileName) noexcept;

} // namespace arc
