// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <netinet/in.h>

namespace arc {

/// Room for the text of an address of either family.
using IpText = std::array<char, INET6_ADDRSTRLEN>;

/// "192.0.2.1", of an address in the host's order. As inet_ntop() prints it, which goes through
/// printf: it is written into every access line.
inline std::string_view printIpv4(uint32_t address, IpText &to) noexcept
{
    char *end = to.data();
    for (int shift = 24; shift >= 0; shift -= 8) {
        const uint32_t part = address >> shift & 255;
        if (part >= 100)
            *end++ = static_cast<char>('0' + part / 100);
        if (part >= 10)
            *end++ = static_cast<char>('0' + part / 10 % 10);
        *end++ = static_cast<char>('0' + part % 10);
        *end++ = '.';
    }
    return {to.data(), static_cast<size_t>(end - to.data()) - 1};
}

} // namespace arc
