// SPDX-License-Identifier: Apache-2.0
#include "server/net/proxy_header.h"

#include "server/base/text.h"

#include <algorithm>
#include <optional>

namespace arc {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr size_t kFixedBytes = 16; // signature, version and command, family, length

// The bytes behind the signature of version 2.
constexpr unsigned kVersion2 = 2;
enum Command : unsigned { kLocal = 0, kProxied = 1 };
enum Family : unsigned { kUnspecified = 0, kIpv4 = 1, kIpv6 = 2, kUnix = 3 };
enum Transport : unsigned { kAnyTransport = 0, kStream = 1, kDatagram = 2 };
constexpr size_t kIpv4Bytes = 12; // of the address block: two addresses, two ports
constexpr size_t kIpv6Bytes = 36;
constexpr size_t kUnixBytes = 216;
constexpr size_t kFieldHeadBytes = 3; // of an added field: its type and its length

ProxyOutcome refuse(std::string_view reason) noexcept
{
    return {.step = ProxyStep::Refuse, .reason = reason};
}

unsigned byteAt(std::string_view bytes, size_t at) noexcept
{
    return static_cast<unsigned char>(bytes[at]);
}

unsigned wordAt(std::string_view bytes, size_t at) noexcept
{
    return byteAt(bytes, at) << 8 | byteAt(bytes, at + 1);
}

// ---- version 1

/// The next word and the one blank behind it; nothing when there is none.
std::optional<std::string_view> takeWord(std::string_view &line) noexcept
{
    const size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    if (word.empty())
        return std::nullopt;
    return word;
}

std::optional<uint16_t> portOf(std::string_view text) noexcept
{
    constexpr size_t kDigitsMax = 5;
    if (text.empty() || text.size() > kDigitsMax || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    unsigned port = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9')
            return std::nullopt;
        port = port * 10 + static_cast<unsigned>(digit - '0');
    }
    return port <= 65535 ? std::optional(static_cast<uint16_t>(port)) : std::nullopt;
}

/// Of the family that the line has announced, and no other.
std::optional<IpAddress> addressOf(std::string_view text, bool isIpv6) noexcept
{
    if ((text.find(':') != text.npos) != isIpv6)
        return std::nullopt;
    return IpAddress::parse(text);
}

/// What stands behind "PROXY ", without CRLF.
std::string_view readLine(std::string_view line, ProxyHeader &header) noexcept
{
    const std::string_view whole = line;
    const auto family = takeWord(line);
    if (family == "UNKNOWN")
        return {}; // whatever else it holds is to be ignored
    if (family != "TCP4" && family != "TCP6")
        return "the PROXY line names no family that is served";
    const bool isIpv6 = family == "TCP6";
    const auto client = takeWord(line);
    const auto server = takeWord(line);
    const auto clientPort = takeWord(line);
    const auto serverPort = takeWord(line);
    if (!client || !server || !clientPort || !serverPort || !line.empty() || whole.back() == ' ')
        return "the PROXY line has not the six words it should have";
    const auto from = addressOf(*client, isIpv6);
    const auto to = addressOf(*server, isIpv6);
    const auto fromPort = portOf(*clientPort);
    const auto toPort = portOf(*serverPort);
    if (!from || !to || !fromPort || !toPort)
        return "the PROXY line holds an address or port that is none";
    header = {.namesNobody = false,
              .client = SocketAddress::fromIp(*from, *fromPort),
              .server = SocketAddress::fromIp(*to, *toPort)};
    return {};
}

ProxyOutcome readVersion1(std::string_view bytes, ProxyHeader &header) noexcept
{
    const std::string_view seen = bytes.substr(0, kProxyLineBytesMax);
    const size_t end = seen.find_first_of("\r\n\0"sv);
    if (end == seen.npos) {
        if (seen.size() < kProxyLineBytesMax)
            return {};
        return refuse("the PROXY line is longer than 107 bytes");
    }
    if (seen[end] != '\r')
        return refuse("the PROXY line does not end with CRLF");
    if (end + 1 == kProxyLineBytesMax)
        return refuse("the PROXY line is longer than 107 bytes");
    if (end + 1 == seen.size())
        return {};
    if (seen[end + 1] != '\n')
        return refuse("the PROXY line does not end with CRLF");
    const std::string_view wrong =
        readLine(seen.substr(kLineStart.size(), end - kLineStart.size()), header);
    if (!wrong.empty())
        return refuse(wrong);
    return {.step = ProxyStep::Done, .bytesUsed = end + 2};
}

// ---- version 2

bool fieldsAreWhole(std::string_view fields) noexcept
{
    while (!fields.empty()) {
        if (fields.size() < kFieldHeadBytes)
            return false;
        const size_t size = kFieldHeadBytes + wordAt(fields, 1);
        if (size > fields.size())
            return false;
        fields.remove_prefix(size);
    }
    return true;
}

size_t addressBytes(unsigned family) noexcept
{
    switch (family) {
    case kIpv4:
        return kIpv4Bytes;
    case kIpv6:
        return kIpv6Bytes;
    case kUnix:
        return kUnixBytes;
    default:
        return 0;
    }
}

/// What a complete header of command PROXY holds behind its first 16 bytes.
std::string_view readBlock(std::string_view block, unsigned family, ProxyHeader &header) noexcept
{
    const size_t addresses = addressBytes(family);
    if (block.size() < addresses)
        return "the PROXY header is too short for its addresses";
    // What an unspecified family holds is unspecified, too.
    if (family != kUnspecified && !fieldsAreWhole(block.substr(addresses)))
        return "a field of the PROXY header reaches beyond its end";
    if (family == kIpv4) {
        const char *at = block.data();
        header = {.namesNobody = false,
                  .client = SocketAddress::fromIp(IpAddress::fromIpv4(at),
                                                  static_cast<uint16_t>(wordAt(block, 8))),
                  .server = SocketAddress::fromIp(IpAddress::fromIpv4(at + 4),
                                                  static_cast<uint16_t>(wordAt(block, 10)))};
    } else if (family == kIpv6) {
        const char *at = block.data();
        header = {.namesNobody = false,
                  .client = SocketAddress::fromIp(IpAddress::fromIpv6(at),
                                                  static_cast<uint16_t>(wordAt(block, 32))),
                  .server = SocketAddress::fromIp(IpAddress::fromIpv6(at + 16),
                                                  static_cast<uint16_t>(wordAt(block, 34)))};
    }
    return {};
}

ProxyOutcome readVersion2(std::string_view bytes, ProxyHeader &header) noexcept
{
    if (bytes.size() > 12 && byteAt(bytes, 12) >> 4 != kVersion2)
        return refuse("the PROXY header is of a version other than 1 and 2");
    if (bytes.size() > 12 && (byteAt(bytes, 12) & 15) > kProxied)
        return refuse("the PROXY header holds a command that does not exist");
    if (bytes.size() < kFixedBytes)
        return {};
    const unsigned command = byteAt(bytes, 12) & 15;
    const unsigned family = byteAt(bytes, 13) >> 4;
    const unsigned transport = byteAt(bytes, 13) & 15;
    const size_t size = kFixedBytes + wordAt(bytes, 14);
    if (size > kProxyHeaderBytesMax)
        return refuse("the PROXY header is longer than 4096 bytes");
    if (command == kProxied && (family > kUnix || transport > kDatagram))
        return refuse("the PROXY header holds an address family that does not exist");
    if (command == kProxied && transport == kDatagram)
        return refuse("the PROXY header speaks of datagrams");
    if (bytes.size() < size)
        return {};
    if (command == kProxied && transport == kStream) {
        const std::string_view wrong =
            readBlock(bytes.substr(kFixedBytes, size - kFixedBytes), family, header);
        if (!wrong.empty())
            return refuse(wrong);
    }
    return {.step = ProxyStep::Done, .bytesUsed = size};
}

bool begins(std::string_view bytes, std::string_view start) noexcept
{
    return start.starts_with(bytes.substr(0, start.size()));
}

} // namespace

ProxyOutcome readProxyHeader(std::string_view bytes, ProxyHeader &header) noexcept
{
    header = {};
    if (bytes.empty())
        return {};
    if (begins(bytes, kSignature))
        return bytes.size() < kSignature.size() ? ProxyOutcome {} : readVersion2(bytes, header);
    if (begins(bytes, kLineStart))
        return bytes.size() < kLineStart.size() ? ProxyOutcome {} : readVersion1(bytes, header);
    return refuse("the connection does not begin with a PROXY header");
}

} // namespace arc
