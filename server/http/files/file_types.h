// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace arc {

/// Content-Type of a file by the extension of its name, whatever its case; application/octet-stream
/// when unknown.
std::string_view contentTypeOf(std::string_view fileName) noexcept;

/// Whether a file's name carries a hash of its content, as build tools and Django make them:
/// "app.3f9a1c07.js", "base.5af66c1b1797.css", "index-BkX9aQ2z.js".
bool nameCarriesHash(std::string_view fileName) noexcept;

} // namespace arc
