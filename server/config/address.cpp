// SPDX-License-Identifier: Apache-2.0
#include "server/config/address.h"

#include "server/base/text.h"

#include <string>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <sys/un.h>

namespace arc {

namespace {

constexpr size_t kUnixPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

Error bad(std::string message)
{
    return {ErrorCode::Invalid, std::move(message)};
}

Result<void> checkUnixPath(std::string_view path)
{
    if (!path.starts_with('/'))
        return bad("the path behind \"unix:\" must begin with \"/\"");
    if (path.find('\0') != path.npos)
        return bad("contains a control character");
    if (path.size() > kUnixPathBytesMax)
        return bad(fmt::format("a Unix socket's path has at most {} bytes", kUnixPathBytesMax));
    return {};
}

bool isIpAddress(int family, const std::string &text)
{
    in6_addr space {};
    return inet_pton(family, text.c_str(), &space) == 1;
}

} // namespace

Result<void> checkListenAddress(std::string_view text)
{
    if (text.starts_with("unix:"))
        return checkUnixPath(text.substr(5));
    const size_t colon = text.rfind(':');
    if (colon == text.npos)
        return bad("must be ADDRESS:PORT, :PORT or unix:/path");
    auto port = parseUnsigned(text.substr(colon + 1));
    if (!port || *port > 65535)
        return bad("the port must be a whole number in 0..65535");
    const std::string host(text.substr(0, colon));
    if (host.empty() || host == "localhost")
        return {};
    if (host.find('\0') != host.npos)
        return bad("contains a control character");
    if (host.front() == '[' && host.back() == ']') {
        if (isIpAddress(AF_INET6, host.substr(1, host.size() - 2)))
            return {};
        return bad(fmt::format("\"{}\" is not an IPv6 address in brackets", host));
    }
    if (isIpAddress(AF_INET6, host))
        return bad(fmt::format("an IPv6 address stands in brackets: [{}]", host));
    if (!isIpAddress(AF_INET, host))
        return bad(fmt::format("\"{}\" is not an IP address of this computer", host));
    return {};
}

std::optional<int> socketModeOf(std::string_view text) noexcept
{
    constexpr int kOwner = 0600;
    constexpr int kReadAndWrite = 0666; // to execute a socket means nothing
    if (text.size() == 4 && text.front() == '0')
        text.remove_prefix(1);
    if (text.size() != 3)
        return std::nullopt;
    int mode = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '7')
            return std::nullopt;
        mode = mode * 8 + (digit - '0');
    }
    if ((mode & kOwner) != kOwner || (mode & ~kReadAndWrite))
        return std::nullopt;
    return mode;
}

bool picksAnyPort(std::string_view text) noexcept
{
    return !text.starts_with("unix:") && text.ends_with(":0");
}

} // namespace arc
