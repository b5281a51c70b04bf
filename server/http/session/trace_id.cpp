// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/trace_id.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace arc {

namespace {

constexpr uint64_t kOnes = 0x0101010101010101;

/// Eight hex digits, the first one in the lowest byte: each half of a byte in a byte of its own,
/// and 39 more than for a digit where it is a letter.
uint64_t hexDigits(uint32_t value) noexcept
{
    uint64_t halves = __builtin_bswap32(value);
    halves = (halves | halves << 16) & 0x0000ffff0000ffff;
    halves = (halves | halves << 8) & 0x00ff00ff00ff00ff;
    halves = (halves >> 4 | halves << 8) & kOnes * 15;
    const uint64_t letters = (halves + kOnes * 6) >> 4 & kOnes;
    return halves + kOnes * '0' + letters * ('a' - '0' - 10);
}

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
    const std::array digits {
        hexDigits(static_cast<uint32_t>(high >> 32)), hexDigits(static_cast<uint32_t>(high)),
        hexDigits(static_cast<uint32_t>(low >> 32)), hexDigits(static_cast<uint32_t>(low))};
    static_assert(sizeof digits == sizeof out && std::endian::native == std::endian::little);
    std::memcpy(out.data(), digits.data(), sizeof digits);
}

} // namespace arc
