// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace arc {

/// Byte classes of HTTP heads and of the log, and the scans that every request makes over its
/// parts. Each class is one predicate here; the tables of every scanner are made from it by the
/// compiler. Pure functions; any thread.

namespace detail {
consteval std::array<bool, 256> tokenBytes()
{
    std::array<bool, 256> table {};
    for (unsigned c = '0'; c <= '9'; ++c)
        table[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c)
        table[c] = table[c - 32] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}
inline constexpr std::array<bool, 256> kTokenBytes = tokenBytes();
} // namespace detail

/// RFC 9110 5.6.2 tchar.
constexpr bool isTokenByte(char c) noexcept
{
    return detail::kTokenBytes[static_cast<unsigned char>(c)];
}
/// Tab, space, visible ASCII and bytes from 0x80 on.
constexpr bool isValueByte(char c) noexcept
{
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}
/// Visible ASCII but "#": a fragment is never sent.
constexpr bool isTargetByte(char c) noexcept
{
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && byte != '#';
}
/// Printable ASCII that a JSON text holds as it is: what nearly all of a log line consists of.
constexpr bool isPlainByte(char c) noexcept
{
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}
constexpr char lowerByte(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// One way to find the first byte in [from, end) that is not of a class; `end` when all are.
struct Scanner {
    using Find = const char *(*)(const char *from, const char *end) noexcept;
    std::string_view name;
    Find tokenEnd;
    Find valueEnd;
    Find targetEnd;
    Find plainEnd;
    /// Copies all `size` bytes, and tells whether every one of them is plain.
    bool (*copyPlain)(char *to, const char *from, size_t size) noexcept;
};

/// Those this machine can run, fastest first. All give the same answers.
std::span<const Scanner> scanners() noexcept;
/// The fastest of them, chosen once.
extern const Scanner kScanner;

} // namespace arc
