// SPDX-License-Identifier: Apache-2.0
#include "server/base/ip_address.h"

#include "server/base/text.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

namespace arc {

namespace {

constexpr std::array<unsigned char, 12> kMapped {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kBits = 128;
constexpr unsigned kMappedBits = 96;

/// Whether two addresses agree in their first bits.
bool agree(const IpAddress &left, const IpAddress &right, unsigned bits) noexcept
{
    const size_t whole = bits / 8;
    if (!std::equal(left.bytes.begin(), left.bytes.begin() + static_cast<ptrdiff_t>(whole),
                    right.bytes.begin()))
        return false;
    const unsigned rest = bits % 8;
    return !rest || ((left.bytes[whole] ^ right.bytes[whole]) >> (8 - rest)) == 0;
}

bool hasHostBits(const IpAddress &address, unsigned bits) noexcept
{
    for (unsigned bit = bits; bit < kBits; ++bit) {
        if (address.bytes[bit / 8] & (0x80u >> (bit % 8)))
            return true;
    }
    return false;
}

Error bad(std::string_view word, std::string_view why)
{
    return {ErrorCode::Invalid, fmt::format("\"{}\" {}", word, why)};
}

} // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept
{
    char copy[INET6_ADDRSTRLEN] {};
    if (text.empty() || text.size() >= sizeof copy || text.find('\0') != text.npos)
        return std::nullopt;
    text.copy(copy, text.size());
    unsigned char bytes[16];
    if (inet_pton(AF_INET, copy, bytes) == 1)
        return fromIpv4(bytes);
    if (inet_pton(AF_INET6, copy, bytes) == 1)
        return fromIpv6(bytes);
    return std::nullopt;
}

IpAddress IpAddress::fromIpv4(const void *fourBytes) noexcept
{
    IpAddress address;
    std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
    std::memcpy(address.bytes.data() + kMapped.size(), fourBytes, 4);
    return address;
}

IpAddress IpAddress::fromIpv6(const void *sixteenBytes) noexcept
{
    IpAddress address;
    std::memcpy(address.bytes.data(), sixteenBytes, address.bytes.size());
    return address;
}

bool IpAddress::isIpv4() const noexcept
{
    return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

bool IpAddress::isLoopback() const noexcept
{
    if (isIpv4())
        return bytes[12] == 127;
    return bytes.back() == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](unsigned char byte) {
               return byte == 0;
           });
}

Result<IpNetworks> IpNetworks::parse(std::string_view text)
{
    constexpr std::string_view kSeparators = " \t\r\n,";
    IpNetworks list;
    for (size_t from = 0; (from = text.find_first_not_of(kSeparators, from)) != text.npos;) {
        const size_t end = std::min(text.find_first_of(kSeparators, from), text.size());
        const std::string_view word = text.substr(from, end - from);
        from = end;
        if (word == "unix") {
            list.m_unix = true;
            continue;
        }
        const size_t slash = std::min(word.find('/'), word.size());
        const auto address = IpAddress::parse(word.substr(0, slash));
        if (!address)
            return bad(word, "is no IP address and no network: write 10.0.0.0/8, fd00::/8 or unix");
        const unsigned before = address->isIpv4() ? kMappedBits : 0;
        unsigned bits = kBits;
        if (slash < word.size()) {
            const auto length = parseUnsigned(word.substr(slash + 1));
            if (!length || *length > kBits - before)
                return bad(word,
                           fmt::format("has no length in 0..{} behind its \"/\"", kBits - before));
            bits = before + static_cast<unsigned>(*length);
        }
        if (hasHostBits(*address, bits))
            return bad(word,
                       "names a single address and a network at once: the bits behind its "
                       "length must be zero");
        if (list.m_networks.size() == kNetworksMax)
            return Error {ErrorCode::Invalid, fmt::format("more than {} networks", kNetworksMax)};
        list.m_networks.push_back({*address, bits});
    }
    return list;
}

bool IpNetworks::contains(const IpAddress &address) const noexcept
{
    return std::any_of(m_networks.begin(), m_networks.end(), [&address](const Network &network) {
        return agree(network.address, address, network.bits);
    });
}

} // namespace arc
