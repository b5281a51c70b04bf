// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace arc {

class SessionExchange;
class SessionLoop;

/// Finds who answers a request and hands it over, or answers what nobody does: 404, 405, 413, 503
/// and "OPTIONS *".
void dispatch(SessionExchange &exchange, SessionLoop &home, std::string_view listener) noexcept;

} // namespace arc
