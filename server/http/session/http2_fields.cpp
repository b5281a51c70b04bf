// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http2_fields.h"

#include "server/base/assert.h"
#include "server/http/message.h"
#include "server/http/syntax/date.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace arc {

namespace {

/// Values that are made here: a status, a length, and what else is a number.
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
    m_text.reserve(kTextBytes);
}

Http2Fields::~Http2Fields() = default;

std::string_view Http2Fields::keep(std::string_view text)
{
    ARC_ASSERT(m_text.capacity() - m_text.size() >= text.size());
    const size_t at = m_text.size();
    m_text.append(text);
    return std::string_view(m_text).substr(at);
}

void Http2Fields::beginTrailers()
{
    m_text.clear();
    m_list->all.clear();
}

void Http2Fields::begin(int status)
{
    beginTrailers();
    std::array<char, 3> digits {'5', '0', '2'};
    std::to_chars(digits.data(), digits.data() + digits.size(), status);
    add(":status", keep({digits.data(), digits.size()}));
}

void Http2Fields::add(std::string_view name, std::string_view value)
{
    put(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME);
}

void Http2Fields::put(std::string_view name, std::string_view value, uint8_t flags)
{
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<uint8_t *>(const_cast<char *>(text.data()));
    };
    m_list->all.push_back({bytes(name), bytes(value), name.size(), value.size(), flags});
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
    add(name, keep({digits.data(), static_cast<size_t>(end - digits.data())}));
}

void Http2Fields::addHsts(int64_t seconds)
{
    std::array<char, 40> text {"max-age="};
    const auto end = std::to_chars(text.data() + 8, text.data() + text.size(), seconds).ptr;
    add("strict-transport-security", keep({text.data(), static_cast<size_t>(end - text.data())}));
}

void Http2Fields::addLines(std::string_view lines)
{
    while (!lines.empty()) {
        const size_t end = std::min(lines.find('\r'), lines.size()); // only the line's end has one
        const size_t colon = lines.find(':');
        if (colon < end) {
            const std::string_view name = lines.substr(0, colon);
            std::string_view value = lines.substr(colon + 1, end - colon - 1);
            while (value.starts_with(' '))
                value.remove_prefix(1);
            if (!isOfConnection(name))
                put(name, value, NGHTTP2_NV_FLAG_NONE); // nghttp2's copy has small letters
        }
        lines.remove_prefix(std::min(end + 2, lines.size()));
    }
}

} // namespace arc
