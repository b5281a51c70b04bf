// SPDX-License-Identifier: Apache-2.0
#include "server/http/message.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/http/syntax/scan.h"

#include <iterator>
#include <utility>

namespace arc {

namespace {

constexpr std::string_view kMethods[] = {"",       "GET",     "HEAD",    "POST",  "PUT",
                                         "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

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
