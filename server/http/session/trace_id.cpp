// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/trace_id.h"

#include <algorithm>

namespace arc {

namespace {

constexpr char kHex[] = "0123456789abcdef";

bool isLowerHex(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

} // namespace

std::string_view traceIdOf(std::string_view traceparent) noexcept
{
    constexpr size_t kSize = 55; // "00-" 32 "-" 16 "-" 2
    if (traceparent.size() < kSize)
        return {};
    const std::string_view version = traceparent.substr(0, 2);
    const std::string_view trace = traceparent.substr(3, 32);
    const std::string_view parent = traceparent.substr(36, 16);
    const bool dashes = traceparent[2] == '-' && traceparent[35] == '-' && traceparent[52] == '-';
    // Later versions may append fields; version 0 may not.
    const bool rest = traceparent.size() == kSize || (version != "00" && traceparent[kSize] == '-');
    if (!dashes || !rest || version == "ff" || !isLowerHex(version) || !isLowerHex(trace)
        || !isLowerHex(parent) || !isLowerHex(traceparent.substr(53, 2)))
        return {};
    if (trace.find_first_not_of('0') == trace.npos || parent.find_first_not_of('0') == parent.npos)
        return {};
    return trace;
}

void printTraceId(uint64_t high, uint64_t low, std::array<char, 32> &out) noexcept
{
    low |= high == 0; // never all zero
    for (size_t i = 0; i < 16; ++i) {
        out[15 - i] = kHex[high & 15];
        out[31 - i] = kHex[low & 15];
        high >>= 4;
        low >>= 4;
    }
}

} // namespace arc
