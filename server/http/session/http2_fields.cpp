// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http2_fields.h"

#include "server/base/assert.h"
#include "server/http/message.h"

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
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<uint8_t *>(const_cast<char *>(text.data()));
    };
    m_list->all.push_back(
        {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
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
        const size_t end = lines.find("\r\n");
        const std::string_view line = lines.substr(0, end);
        const size_t colon = line.find(':');
        if (colon != line.npos) {
            const std::string_view name = line.substr(0, colon);
            std::string_view value = line.substr(colon + 1);
            while (value.starts_with(' '))
                value.remove_prefix(1);
            if (!isOfConnection(name))
                add(name, value); // nghttp2's copy has small letters
        }
        lines.remove_prefix(end == lines.npos ? lines.size() : end + 2);
    }
}

} // namespace arc
