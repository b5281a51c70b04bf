// SPDX-License-Identifier: Apache-2.0
#include "server/http/websocket/utf8.h"

#include <cstring>

namespace arc {

namespace {

/// Bytes at the front that are ASCII, counted in words: most text is nothing else.
size_t asciiWords(const char *bytes, size_t size) noexcept
{
    constexpr uint64_t kHigh = 0x8080808080808080;
    size_t at = 0;
    uint64_t words[4];
    for (; at + sizeof words <= size; at += sizeof words) {
        std::memcpy(words, bytes + at, sizeof words);
        if ((words[0] | words[1] | words[2] | words[3]) & kHigh)
            break;
    }
    for (; at + 8 <= size; at += 8) {
        std::memcpy(words, bytes + at, 8);
        if (words[0] & kHigh)
            break;
    }
    return at;
}

} // namespace

/// The first byte of a character of more than one. The table of RFC 3629 4, read row by row.
bool Utf8Check::begin(uint8_t byte) noexcept
{
    if (byte < 0xc2 || byte > 0xf4)
        return false;
    m_missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    m_least = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    m_most = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    return true;
}

bool Utf8Check::feed(std::string_view bytes) noexcept
{
    size_t at = 0;
    while (at < bytes.size()) {
        if (m_missing == 0) {
            at += asciiWords(bytes.data() + at, bytes.size() - at);
            while (at < bytes.size() && static_cast<uint8_t>(bytes[at]) < 0x80)
                ++at;
            if (at == bytes.size())
                return true;
            if (!begin(static_cast<uint8_t>(bytes[at++])))
                return false;
            continue;
        }
        const auto byte = static_cast<uint8_t>(bytes[at++]);
        if (byte < m_least || byte > m_most)
            return false;
        m_least = 0x80;
        m_most = 0xbf;
        --m_missing;
    }
    return true;
}

std::string_view wholeCharacters(std::string_view text, size_t bytesMax) noexcept
{
    size_t whole = 0;
    Utf8Check check;
    for (size_t at = 0; at < text.size() && at < bytesMax; ++at) {
        if (!check.feed(text.substr(at, 1)))
            break;
        if (check.isComplete())
            whole = at + 1;
    }
    return text.substr(0, whole);
}

} // namespace arc
