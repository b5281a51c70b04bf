// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace arc {

class Http1Exchange;
class SessionLoop;

/// Finds who answers a request and hands it over, or answers what nobody does: 404, 405, 413, 503
/// and "OPTIONS *".
void dispatch(Http1Exchange &exchange, SessionLoop &home, std::string_view listener) noexcept;

} // namespace arc
