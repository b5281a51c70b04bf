// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace arc {

/// The trace id of a valid traceparent value (W3C Trace Context, any version but ff), else empty.
std::string_view traceIdOf(std::string_view traceparent) noexcept;
/// 32 lower-case hex digits; never all zero, which the standard forbids.
void printTraceId(uint64_t high, uint64_t low, std::array<char, 32> &out) noexcept;

} // namespace arc
