// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/uri.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>

namespace arc {

namespace {

int hexDigit(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool isDotSegment(std::string_view rest) noexcept
{
    rest.remove_prefix(1);
    if (rest.starts_with('.'))
        rest.remove_prefix(1);
    return rest.empty() || rest.front() == '/';
}

/// True when the path holds an escape, a dot segment or, where they are merged, several slashes.
/// One pass: paths are short, and most of their bytes are letters.
bool needsWork(std::string_view path, bool merges) noexcept
{
    for (size_t at = 0; at < path.size(); ++at) {
        if (path[at] > '/')
            continue;
        if (path[at] == '%')
            return true;
        if (path[at] != '/' || at + 1 == path.size())
            continue;
        if (path[at + 1] == '.' ? isDotSegment(path.substr(at + 1)) : merges && path[at + 1] == '/')
            return true;
    }
    return false;
}

/// Decodes into `out`, which is at least as long; the decoded size, or nothing for a broken escape
/// or a NUL byte.
std::optional<size_t> decode(std::string_view raw, char *out) noexcept
{
    size_t size = 0;
    for (size_t at = 0; at < raw.size(); ++at) {
        char byte = raw[at];
        if (byte == '%') {
            const int high = at + 1 < raw.size() ? hexDigit(raw[at + 1]) : -1;
            const int low = at + 2 < raw.size() ? hexDigit(raw[at + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return std::nullopt;
            byte = static_cast<char>(high << 4 | low);
            at += 2;
        }
        out[size++] = byte;
    }
    return size;
}

/// RFC 3986 5.2.4 in place; the new size, or nothing when ".." leads above the root.
std::optional<size_t> removeDotSegments(char *path, size_t size) noexcept
{
    size_t written = 0;
    for (size_t from = 0; from < size;) {
        const auto *slash =
            static_cast<const char *>(std::memchr(path + from + 1, '/', size - from - 1));
        const size_t to = slash ? static_cast<size_t>(slash - path) : size;
        const std::string_view segment(path + from + 1, to - from - 1);
        const bool isUp = segment == "..";
        if (isUp) {
            if (written == 0)
                return std::nullopt;
            while (path[--written] != '/') { }
        }
        if (isUp || segment == ".") {
            if (to == size) // a folder is meant
                path[written++] = '/';
        } else {
            std::memmove(path + written, path + from, to - from);
            written += to - from;
        }
        from = to;
    }
    return written;
}

/// Several slashes in a row become one, in place; the new size.
size_t mergeSlashes(char *path, size_t size) noexcept
{
    const auto bothSlashes = [](char a, char b) {
        return a == '/' && b == '/';
    };
    return static_cast<size_t>(std::unique(path, path + size, bothSlashes) - path);
}

bool isAlphanumeric(char c) noexcept
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isIn(char c, std::string_view set) noexcept
{
    return set.find(c) != set.npos;
}

constexpr size_t kHostBytesMax = 255;

consteval std::array<bool, 256> regNameBytes()
{
    std::array<bool, 256> table {};
    for (unsigned c = '0'; c <= '9'; ++c)
        table[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c)
        table[c] = table[c - 32] = true;
    for (const char c : std::string_view("-._~!$&'()*+,;="))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}
constexpr std::array<bool, 256> kRegNameBytes = regNameBytes();

/// Size of the reg-name that the text begins with; up to the first byte that may not stand in one.
size_t regNameSize(std::string_view text) noexcept
{
    for (size_t at = 0; at < text.size(); ++at) {
        if (kRegNameBytes[static_cast<unsigned char>(text[at])])
            continue;
        if (text[at] != '%' || at + 2 >= text.size() || hexDigit(text[at + 1]) < 0
            || hexDigit(text[at + 2]) < 0)
            return at;
        at += 2;
    }
    return text.size();
}

bool isIpv6(std::string_view text) noexcept
{
    std::array<char, INET6_ADDRSTRLEN> terminated {};
    if (text.size() >= terminated.size())
        return false;
    std::copy(text.begin(), text.end(), terminated.begin());
    in6_addr address {};
    return inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

} // namespace

std::optional<std::string_view> normalisePath(std::string_view raw, std::string &memory,
                                              Slashes slashes)
{
    if (!raw.starts_with('/'))
        return std::nullopt;
    const bool merges = slashes == Slashes::Merged;
    if (!needsWork(raw, merges))
        return raw;
    memory.resize(raw.size());
    const auto decoded = decode(raw, memory.data());
    if (!decoded)
        return std::nullopt;
    const auto size = removeDotSegments(memory.data(), *decoded);
    if (!size)
        return std::nullopt;
    memory.resize(merges ? mergeSlashes(memory.data(), *size) : *size);
    return std::string_view(memory);
}

std::string encodePath(std::string_view path)
{
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(path.size());
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (isAlphanumeric(c) || isIn(c, "/-._~!$&'()*+,;=:@"))
            out += c;
        else
            out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
    return out;
}

std::optional<Authority> parseAuthority(std::string_view text) noexcept
{
    Authority authority;
    size_t hostEnd = 0;
    if (text.starts_with('[')) {
        const size_t bracket = text.find(']');
        if (bracket == text.npos || !isIpv6(text.substr(1, bracket - 1)))
            return std::nullopt;
        hostEnd = bracket + 1;
    } else {
        hostEnd = regNameSize(text);
        if (hostEnd == 0 || hostEnd > kHostBytesMax)
            return std::nullopt;
    }
    authority.host = text.substr(0, hostEnd);
    if (hostEnd == text.size())
        return authority;
    const std::string_view port = text.substr(hostEnd + 1);
    if (text[hostEnd] != ':' || port.size() > 5)
        return std::nullopt;
    unsigned value = 0;
    for (const char digit : port) {
        if (digit < '0' || digit > '9')
            return std::nullopt;
        value = value * 10 + static_cast<unsigned>(digit - '0');
    }
    if (value > 65535)
        return std::nullopt;
    if (!port.empty())
        authority.port = static_cast<uint16_t>(value);
    return authority;
}

} // namespace arc
