// SPDX-License-Identifier: Apache-2.0
#include "server/base/log_level.h"

#include <iterator>

namespace arc {

namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error"};

} // namespace

std::string_view logLevelName(LogLevel level) noexcept
{
    return kLevelNames[static_cast<size_t>(level)];
}

std::optional<LogLevel> logLevelFromName(std::string_view name) noexcept
{
    for (size_t i = 0; i < std::size(kLevelNames); ++i) {
        if (kLevelNames[i] == name)
            return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

} // namespace arc
