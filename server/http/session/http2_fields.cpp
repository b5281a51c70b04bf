// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http2_fields.h"

#include "server/base/assert.h"
#include "server/http/message.h"
#include "server/http/syntax/scan.h"

#include <array>
#include <charconv>

namespace arc {

namespace {

/// Names and values that are made here: those of one answer seldom need more.
constexpr size_t kTextBytes = 4096;

bool isOfConnection(std::string_view lowerName) noexcept
{
    switch (headerFromName(lowerName)) {
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

std::string_view Http2Fields::keep(std::string_view text, bool lower)
{
    ARC_ASSERT(m_text.capacity() - m_text.size() >= text.size());
    const size_t at = m_text.size();
    m_text.append(text);
    if (lower) {
        for (size_t i = at; i < m_text.size(); ++i)
            m_text[i] = lowerByte(m_text[i]);
    }
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
    add(":status", keep({digits.data(), digits.size()}, false));
}

void Http2Fields::add(std::string_view lowerName, std::string_view value)
{
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<uint8_t *>(const_cast<char *>(text.data()));
    };
    m_list->all.push_back(
        {bytes(lowerName), bytes(value), lowerName.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
}

void Http2Fields::addNumber(std::string_view lowerName, uint64_t value)
{
    std::array<char, 20> digits {};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    add(lowerName, keep({digits.data(), static_cast<size_t>(end - digits.data())}, false));
}

void Http2Fields::addHsts(int64_t seconds)
{
    std::array<char, 40> text {"max-age="};
    const auto end = std::to_chars(text.data() + 8, text.data() + text.size(), seconds).ptr;
    add("strict-transport-security",
        keep({text.data(), static_cast<size_t>(end - text.data())}, false));
}

void Http2Fields::addLines(std::string_view lines)
{
    if (m_text.capacity() - m_text.size() < lines.size() + kTextBytes / 4) {
        // Views into the old text move with it.
        std::string larger;
        larger.reserve(m_text.size() + lines.size() + kTextBytes);
        larger.append(m_text);
        const auto *const from = reinterpret_cast<const uint8_t *>(m_text.data());
        auto *const to = reinterpret_cast<uint8_t *>(larger.data());
        const auto move = [&](uint8_t *&place) {
            if (place >= from && place < from + m_text.size())
                place = to + (place - from);
        };
        for (nghttp2_nv &field : m_list->all) {
            move(field.name);
            move(field.value);
        }
        m_text.swap(larger);
    }
    while (!lines.empty()) {
        const size_t end = lines.find("\r\n");
        const std::string_view line = lines.substr(0, end);
        const size_t colon = line.find(':');
        if (colon != line.npos) {
            const std::string_view name = keep(line.substr(0, colon), true);
            std::string_view value = line.substr(colon + 1);
            while (value.starts_with(' '))
                value.remove_prefix(1);
            if (!isOfConnection(name))
                add(name, value);
        }
        lines.remove_prefix(end == lines.npos ? lines.size() : end + 2);
    }
}

} // namespace arc
