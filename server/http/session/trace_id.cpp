// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/trace_id.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace arc {

namespace {

using Bytes = uint8_t __attribute__((vector_size(16)));

/// The hex digits of sixteen halves of bytes.
Bytes hexDigits(Bytes halves) noexcept
{
    constexpr uint8_t kToLetters = 'a' - '0' - 10;
    return halves + '0' + (reinterpret_cast<Bytes>(halves > 9) & kToLetters);
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
    const std::array words {__builtin_bswap64(high), __builtin_bswap64(low)};
    static_assert(sizeof words == sizeof(Bytes) && std::endian::native == std::endian::little);
    Bytes bytes;
    std::memcpy(&bytes, words.data(), sizeof bytes);
    const Bytes first = bytes >> 4;
    const Bytes second = bytes & 15;
    const Bytes digits[] {hexDigits(__builtin_shufflevector(first, second, 0, 16, 1, 17, 2, 18, 3,
                                                            19, 4, 20, 5, 21, 6, 22, 7, 23)),
                          hexDigits(__builtin_shufflevector(first, second, 8, 24, 9, 25, 10, 26, 11,
                                                            27, 12, 28, 13, 29, 14, 30, 15, 31))};
    static_assert(sizeof digits == sizeof out);
    std::memcpy(out.data(), digits, sizeof digits);
}

} // namespace arc
