// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http2_fields.h"

#include "server/base/assert.h"
#include "server/http/message.h"
#include "server/http/syntax/date.h"
#include "server/http/syntax/scan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace arc {

namespace {

/// Of fields that are added one by one: a status, a length, the date, a request id and others.
constexpr size_t kTextBytes = 256;

bool isOfConnection(std::string_view name) noexcept
{
    switch (name.size()) { // most names are told apart by their length alone
    case std::string_view("Upgrade").size():
    case std::string_view("Connection").size(): // and Keep-Alive
    case std::string_view("Proxy-Connection").size():
    case std::string_view("Transfer-Encoding").size():
        break;
    default:
        return false;
    }
    switch (headerFromName(name)) {
    case HeaderId::Connection:
    case HeaderId::KeepAlive:
    case HeaderId::ProxyConnection:
    case HeaderId::TransferEncoding:
    case HeaderId::Upgrade:
        return true;
    default:
        return false;
    }
}

} // namespace

std::string nghttp2Version()
{
    return nghttp2_version(0)->version_str;
}

Http2Fields::Http2Fields() : m_list(std::make_unique<List>())
{
}

Http2Fields::~Http2Fields() = default;

std::string_view Http2Fields::keep(std::string_view text)
{
    ARC_ASSERT(m_text->capacity() - m_text->size() >= text.size());
    const size_t at = m_text->size();
    m_text->append(text);
    return std::string_view(*m_text).substr(at);
}

void Http2Fields::beginIn(std::string &text, size_t lineBytes)
{
    m_list->all.clear();
    m_text = &text;
    m_text->clear();
    m_text->reserve(kTextBytes + lineBytes);
    m_flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
}

void Http2Fields::begin(size_t lineBytes)
{
    beginIn(m_own, lineBytes);
    m_flags = NGHTTP2_NV_FLAG_NONE;
}

void Http2Fields::addStatus(int status)
{
    std::array<char, 3> digits {'5', '0', '2'};
    std::to_chars(digits.data(), digits.data() + digits.size(), status);
    add(":status", {digits.data(), digits.size()});
}

void Http2Fields::add(std::string_view name, std::string_view value)
{
    put(name, keep(value));
}

void Http2Fields::put(std::string_view name, std::string_view value)
{
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<uint8_t *>(const_cast<char *>(text.data()));
    };
    m_list->all.push_back({bytes(name), bytes(value), name.size(), value.size(), m_flags});
}

void Http2Fields::addDate(std::string_view line)
{
    constexpr size_t kNameBytes = std::string_view("Date: ").size();
    add("date", line.substr(kNameBytes, kHttpDateBytes));
}

void Http2Fields::addNumber(std::string_view name, uint64_t value)
{
    std::array<char, 20> digits {};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    add(name, {digits.data(), static_cast<size_t>(end - digits.data())});
}

void Http2Fields::addHsts(int64_t seconds)
{
    std::array<char, 40> text {"max-age="};
    const auto end = std::to_chars(text.data() + 8, text.data() + text.size(), seconds).ptr;
    add("strict-transport-security", {text.data(), static_cast<size_t>(end - text.data())});
}

void Http2Fields::addLines(std::string_view lines)
{
    const size_t from = m_text->size();
    keep(lines);
    char *at = m_text->data() + from;
    char *const end = at + lines.size();
    while (at < end) {
        char *const name = at;
        while (at < end && *at != ':' && *at != '\r') {
            *at = lowerByte(*at);
            ++at;
        }
        char *const nameEnd = at;
        const auto left = static_cast<size_t>(end - at);
        char *const lineEnd = left ? static_cast<char *>(std::memchr(at, '\r', left)) : nullptr;
        const char *const valueEnd = lineEnd ? lineEnd : end; // only the line's end has one
        at = lineEnd ? std::min(lineEnd + 2, end) : end;
        const std::string_view written(name, static_cast<size_t>(nameEnd - name));
        if (nameEnd == valueEnd || isOfConnection(written))
            continue;
        const char *value = nameEnd + 1;
        while (value < valueEnd && *value == ' ')
            ++value;
        put(written, {value, static_cast<size_t>(valueEnd - value)});
    }
}

} // namespace arc
