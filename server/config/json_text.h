// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace arc {

using Json = nlohmann::ordered_json; // keeps the order in which we print

/// JSON text to a value. Refuses with line and column; refuses a key that stands twice in one
/// object (the parser would silently take the last), nesting beyond 32 levels and more than 16 MiB.
/// Pure; any thread.
Result<Json> parseJson(std::string_view text);

/// Two spaces of indentation, or one line. Never throws: a byte that is not UTF-8 becomes U+FFFD.
std::string printJson(const Json &value);
std::string printJsonLine(const Json &value);

bool isUtf8(std::string_view text) noexcept;

} // namespace arc
