// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arc {

constexpr size_t kHttpDateBytes = 29; ///< "Sun, 06 Nov 1994 08:49:37 GMT"

/// Writes the IMF-fixdate of a Unix time (years 1970 to 9999; others are moved to the border).
void printHttpDate(int64_t unixSeconds, char *out) noexcept;
std::string formatHttpDate(int64_t unixSeconds);
/// Reads the three formats of RFC 9110 5.6.7. `now` decides the century of the two-digit year.
std::optional<int64_t> parseHttpDate(std::string_view text, int64_t now) noexcept;

/// The Date line of answers, printed once per second. Confined to its loop.
class DateLine {
public:
    /// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"; valid until the next call.
    std::string_view at(int64_t unixMs) noexcept;

private:
    int64_t m_second = -1;
    std::array<char, 6 + kHttpDateBytes + 2> m_line {};
};

} // namespace arc
