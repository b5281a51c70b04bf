// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace arc {

/// Writes one piece of text behind the other and never looks for room: whoever uses it has a buffer
/// that holds the longest of what may come. For what is put together with every request. A plain
/// value.
class Pen {
public:
    explicit Pen(char *to) noexcept : m_from(to), m_at(to) { }

    char *at() const noexcept { return m_at; }
    void moveTo(char *at) noexcept { m_at = at; }
    std::string_view written() const noexcept
    {
        return {m_from, static_cast<size_t>(m_at - m_from)};
    }

    template <size_t N>
    void literal(const char (&text)[N]) noexcept
    {
        std::memcpy(m_at, text, N - 1);
        m_at += N - 1;
    }
    void text(std::string_view text) noexcept
    {
        if (!text.empty()) // which may be no memory at all
            std::memcpy(m_at, text.data(), text.size());
        m_at += text.size();
    }
    void number(uint64_t value) noexcept ///< at most 20 digits
    {
        m_at = std::to_chars(m_at, m_at + 20, value).ptr;
    }
    void threeDigits(unsigned value) noexcept ///< of 0 to 999
    {
        m_at[0] = static_cast<char>('0' + value / 100);
        m_at[1] = static_cast<char>('0' + value / 10 % 10);
        m_at[2] = static_cast<char>('0' + value % 10);
        m_at += 3;
    }

private:
    char *m_from;
    char *m_at;
};

} // namespace arc
