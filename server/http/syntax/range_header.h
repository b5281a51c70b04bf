// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace arc {

struct ByteRange {
    uint64_t first = 0;
    uint64_t length = 0;
    bool operator==(const ByteRange &) const = default;
};

/// The ranges of a Range header that a body of known size has (RFC 9110 14.1.2, 14.2).
struct RangeRequest {
    static constexpr size_t kRangesMax = 16;

    enum class Outcome {
        Whole, ///< not understood, too many ranges, or more bytes than the body: send the whole
               ///< body
        Some,  ///< `ranges()` of it
        Unsatisfiable, ///< 416
    };
    Outcome outcome = Outcome::Whole;
    std::array<ByteRange, kRangesMax> all {};
    size_t count = 0;

    std::span<const ByteRange> ranges() && = delete; // would outlive what it views
    std::span<const ByteRange> ranges() const &noexcept { return {all.data(), count}; }
};

RangeRequest parseRange(std::string_view value, uint64_t size) noexcept;

} // namespace arc
