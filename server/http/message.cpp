// SPDX-License-Identifier: Apache-2.0
#include "server/http/message.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/http/syntax/scan.h"

#include <array>
#include <cstring>
#include <utility>

namespace arc {

namespace {

constexpr std::string_view kMethods[] = {"",       "GET",     "HEAD",    "POST",  "PUT",
                                         "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

constexpr std::string_view kHeaderNames[] = {
    "",
#define HEADER(id, name) name,
#include "server/http/syntax/headers.def"
};
constexpr size_t kHeaders = std::size(kHeaderNames);
static_assert(kHeaders == static_cast<size_t>(HeaderId::Count));

// A perfect hash over length, first, middle and last but two byte: the compiler looks for a factor
// that puts every name in a slot of its own, so a lookup is one multiplication, one load and one
// comparison.
constexpr unsigned kSlotBits = 10;
using Slots = std::array<uint8_t, 1U << kSlotBits>;

constexpr uint32_t keyOf(std::string_view name) noexcept
{
    const auto byte = [&](size_t at) {
        return static_cast<uint32_t>(name[at] | 0x20) & 0xff;
    };
    return byte(0) | byte(name.size() / 2) << 8 | byte(name.size() < 3 ? 0 : name.size() - 3) << 16
        | static_cast<uint32_t>(name.size()) << 24;
}
consteval std::pair<uint32_t, Slots> findFactor()
{
    uint32_t keys[kHeaders] {};
    for (size_t id = 1; id < kHeaders; ++id)
        keys[id] = keyOf(kHeaderNames[id]);
    uint32_t factor = 0x9e3779b1;
    for (int tries = 0; tries < 1000; ++tries, factor = (factor * 1664525 + 1013904223) | 1) {
        Slots slots {};
        size_t id = 1;
        for (; id < kHeaders; ++id) {
            uint8_t &slot = slots[(keys[id] * factor) >> (32 - kSlotBits)];
            if (slot)
                break;
            slot = static_cast<uint8_t>(id);
        }
        if (id == kHeaders)
            return {factor, slots};
    }
    return {0, {}};
}
constexpr auto kHash = findFactor();
static_assert(kHash.first != 0, "headers.def: no perfect hash found; widen kSlotBits");

/// Eight bytes at once, capital letters made small.
uint64_t lowerWord(const char *at) noexcept
{
    constexpr uint64_t kOnes = 0x0101010101010101;
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    const uint64_t low = word & (kOnes * 0x7f);
    const uint64_t fromA = low + kOnes * (0x80 - 'A'); // the high bit of each byte: 'A' or above
    const uint64_t aboveZ = low + kOnes * (0x7f - 'Z');
    const uint64_t capitals = (fromA ^ aboveZ) & ~word & (kOnes * 0x80);
    return word | capitals >> 2;
}

/// The names are equally long.
bool sameName(std::string_view name, std::string_view lowerCaseName) noexcept
{
    const size_t size = name.size();
    if (size < 8) {
        for (size_t i = 0; i < size; ++i) {
            if (lowerByte(name[i]) != lowerCaseName[i])
                return false;
        }
        return true;
    }
    const auto differ = [&](size_t at) {
        uint64_t word;
        std::memcpy(&word, lowerCaseName.data() + at, sizeof word);
        return lowerWord(name.data() + at) != word;
    };
    for (size_t at = 0; at + 8 < size; at += 8) {
        if (differ(at))
            return false;
    }
    return !differ(size - 8);
}

struct StatusRow {
    int status;
    std::string_view phrase;
};
constexpr StatusRow kStatuses[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a Teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {510, "Not Extended"},
    {511, "Network Authentication Required"},
};

} // namespace

std::string_view methodName(Method method) noexcept
{
    return kMethods[static_cast<size_t>(method)];
}

Method methodFromName(std::string_view name) noexcept
{
    if (name == "GET") // nearly all requests
        return Method::Get;
    for (size_t i = 2; i < std::size(kMethods); ++i) {
        if (kMethods[i] == name)
            return static_cast<Method>(i);
    }
    return Method::Other;
}

bool isIdempotent(Method method) noexcept
{
    switch (method) {
    case Method::Get:
    case Method::Head:
    case Method::Put:
    case Method::Delete:
    case Method::Options:
    case Method::Trace:
        return true;
    default:
        return false;
    }
}

std::string_view headerName(HeaderId id) noexcept
{
    return kHeaderNames[static_cast<size_t>(id)];
}

HeaderId headerFromName(std::string_view name) noexcept
{
    if (name.empty() || name.size() > 0xff)
        return HeaderId::Other;
    const uint8_t id = kHash.second[(keyOf(name) * kHash.first) >> (32 - kSlotBits)];
    if (!id || kHeaderNames[id].size() != name.size() || !sameName(name, kHeaderNames[id]))
        return HeaderId::Other;
    return static_cast<HeaderId>(id);
}

std::optional<std::string_view> RequestHead::find(HeaderId id) const noexcept
{
    for (const HeaderView &header : headers) {
        if (header.id == id)
            return header.value;
    }
    return std::nullopt;
}

std::optional<std::string_view> RequestHead::find(std::string_view lowerCaseName) const noexcept
{
    for (const HeaderView &header : headers) {
        if (header.name.size() == lowerCaseName.size() && sameName(header.name, lowerCaseName))
            return header.value;
    }
    return std::nullopt;
}

bool takesTrailers(const RequestHead &head)
{
    for (const HeaderView &header : head.headers) {
        if (header.id != HeaderId::Te)
            continue;
        for (const std::string_view part : split(header.value, ',')) {
            if (equalsIgnoreCase(trim(part), "trailers"))
                return true;
        }
    }
    return false;
}

void HeaderBlock::add(std::string_view name, std::string_view value)
{
    constexpr std::string_view kForbidden("\r\n\0", 3);
    ARC_ASSERT(name.find_first_of(kForbidden) == name.npos);
    ARC_ASSERT(value.find_first_of(kForbidden) == value.npos);
    own();
    m_lines.reserve(m_lines.size() + name.size() + value.size() + 4);
    m_lines.append(name).append(": ").append(value).append("\r\n");
}

void HeaderBlock::append(std::string_view lines)
{
    ARC_DEBUG_ASSERT(lines.empty() || lines.ends_with("\r\n"));
    ARC_DEBUG_ASSERT(lines.find("\r\n\r\n") == lines.npos);
    own();
    m_lines.append(lines);
}

HeaderBlock HeaderBlock::borrow(std::string_view lines, std::shared_ptr<const void> owner)
{
    ARC_DEBUG_ASSERT(owner);
    HeaderBlock block;
    block.m_borrowed = lines;
    block.m_keep = std::move(owner);
    return block;
}

void HeaderBlock::own()
{
    if (!m_keep)
        return;
    m_lines.assign(m_borrowed);
    m_keep.reset();
}

bool isFieldName(std::string_view text) noexcept
{
    if (text.empty())
        return false;
    for (const char c : text) {
        if (!isTokenByte(c))
            return false;
    }
    return true;
}

bool isFieldValue(std::string_view text) noexcept
{
    const auto isBlank = [](char c) {
        return c == ' ' || c == '\t';
    };
    if (text.empty())
        return true;
    if (isBlank(text.front()) || isBlank(text.back()))
        return false;
    const char *end = text.data() + text.size();
    return kScanner.valueEnd(text.data(), end) == end;
}

std::string_view reasonPhrase(int status) noexcept
{
    for (const StatusRow &row : kStatuses) {
        if (row.status == status)
            return row.phrase;
    }
    return {};
}

bool statusForbidsBody(int status) noexcept
{
    return (status >= 100 && status < 200) || status == 204 || status == 304;
}

} // namespace arc
