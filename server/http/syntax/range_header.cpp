// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/range_header.h"

#include "server/base/text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace arc {

namespace {

/// Digits only; what is larger than 64 bits is as good as the largest number.
std::optional<uint64_t> readPosition(std::string_view digits) noexcept
{
    const auto isDigit = [](char c) {
        return c >= '0' && c <= '9';
    };
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), isDigit))
        return std::nullopt;
    uint64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return read.ec == std::errc::result_out_of_range ? UINT64_MAX : value;
}

enum class OneRange { Some, Beyond, Bad };

OneRange readRange(std::string_view text, uint64_t size, ByteRange &range) noexcept
{
    const size_t dash = text.find('-');
    if (dash == text.npos)
        return OneRange::Bad;
    const auto last = readPosition(text.substr(dash + 1));
    if (dash == 0) { // the last n bytes
        if (!last)
            return OneRange::Bad;
        range.length = std::min(*last, size);
        range.first = size - range.length;
        return range.length ? OneRange::Some : OneRange::Beyond;
    }
    const auto first = readPosition(text.substr(0, dash));
    const bool isOpen = dash + 1 == text.size();
    if (!first || (!last && !isOpen) || (last && *last < *first))
        return OneRange::Bad;
    if (*first >= size)
        return OneRange::Beyond;
    range.first = *first;
    range.length = (isOpen ? size - 1 : std::min(*last, size - 1)) - *first + 1;
    return OneRange::Some;
}

} // namespace

RangeRequest parseRange(std::string_view value, uint64_t size) noexcept
{
    constexpr std::string_view kUnit = "bytes=";
    const RangeRequest whole;
    if (!equalsIgnoreCase(value.substr(0, kUnit.size()), kUnit))
        return whole;
    value.remove_prefix(kUnit.size());

    RangeRequest request;
    uint64_t bytes = 0;
    bool any = false;
    while (!value.empty()) {
        const size_t comma = std::min(value.find(','), value.size());
        const std::string_view element = trim(value.substr(0, comma));
        value.remove_prefix(std::min(comma + 1, value.size()));
        if (element.empty()) // RFC 9110 5.6.1: empty list elements are passed over
            continue;
        any = true;
        ByteRange range;
        const OneRange outcome = readRange(element, size, range);
        if (outcome == OneRange::Bad)
            return whole;
        if (outcome == OneRange::Beyond)
            continue;
        // Many or overlapping ranges are an attack or a mistake (RFC 9110 14.2, 17.15).
        if (request.count == RangeRequest::kRangesMax || range.length > size - bytes)
            return whole;
        bytes += range.length;
        request.all[request.count++] = range;
    }
    if (!any)
        return whole;
    request.outcome =
        request.count ? RangeRequest::Outcome::Some : RangeRequest::Outcome::Unsatisfiable;
    return request;
}

} // namespace arc
