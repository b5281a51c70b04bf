// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace arc {

/// How much a line of the engine's log matters. Error: something does not work until somebody acts.
/// Warning: something went wrong and was made good, or will be tried again.
enum class LogLevel { Debug, Info, Warning, Error };
/// "debug", "info", "warning", "error".
std::string_view logLevelName(LogLevel level) noexcept;
std::optional<LogLevel> logLevelFromName(std::string_view name) noexcept;

} // namespace arc
