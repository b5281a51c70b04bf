// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// Whole decimal number, no sign for unsigned types, nothing before or behind it.
Result<uint64_t> parseUnsigned(std::string_view text);
Result<int64_t> parseSigned(std::string_view text);
Result<double> parseDouble(std::string_view text);

std::string_view trim(std::string_view text) noexcept; ///< spaces and tabs
std::vector<std::string_view> split(std::string_view text, char separator);
/// A temporary string would be gone before its parts are read.
template <class Text>
requires std::same_as<Text, std::string> std::vector<std::string_view> split(Text &&text,
                                                                             char separator)
= delete;
bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept; ///< ASCII only
std::string toLower(std::string_view text);                             ///< ASCII only
/// Empties a string and gives its memory back, which `text = {}` and clear() keep.
void freeMemory(std::string &text) noexcept;

/// "8 412", "1.2 k", "4.5 M": at most three significant digits, for people.
std::string formatCount(double value);
/// "512 B", "31 MiB": at most three significant digits, for people.
std::string formatBytes(double bytes);
/// "180 µs", "48 ms", "2.3 s", "3 min": for people.
std::string formatDuration(double seconds);

/// 2026-11-23T14:03:07.221Z of a Unix time in milliseconds.
std::string formatTimestamp(int64_t unixMs);
/// Now, as Unix time in milliseconds.
int64_t unixNowMs() noexcept;

} // namespace arc
