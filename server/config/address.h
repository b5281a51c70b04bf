// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <optional>
#include <string_view>

namespace arc {

/// The spelling of an address to listen on, without asking the system for anything:
/// "127.0.0.1:8080", "[::1]:8080",
/// ":8080", "localhost:8080", "unix:/path". Port 0 is allowed. Pure; any thread.
Result<void> checkListenAddress(std::string_view text);
/// "0660" or "660": rights on the file of a Unix socket; the owner must have both of his. Nothing
/// for anything else.
std::optional<int> socketModeOf(std::string_view text) noexcept;
/// An address whose port the kernel picks may stand on any number of listeners.
bool picksAnyPort(std::string_view text) noexcept;

} // namespace arc
