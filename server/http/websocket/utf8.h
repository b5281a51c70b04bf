// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arc {

/// Checks UTF-8 (RFC 3629) that comes in pieces: no overlong forms, no surrogates, nothing above
/// U+10FFFF. Tells at the first byte that cannot be, not at the end of the character. A plain
/// value.
class Utf8Check {
public:
    /// False: this cannot become UTF-8 any more.
    bool feed(std::string_view bytes) noexcept;
    /// Not in the middle of a character.
    bool isComplete() const noexcept { return m_missing == 0; }
    void reset() noexcept { *this = {}; }

private:
    bool begin(uint8_t byte) noexcept;

    uint8_t m_missing = 0;  ///< bytes of the character still to come
    uint8_t m_least = 0x80; ///< of the next byte: what rules out overlong forms and surrogates
    uint8_t m_most = 0xbf;
};

/// As much of `text` as fits into `bytesMax` and is whole characters of sound UTF-8.
std::string_view wholeCharacters(std::string_view text, size_t bytesMax) noexcept;

} // namespace arc
