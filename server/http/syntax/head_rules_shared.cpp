// SPDX-License-Identifier: Apache-2.0
// The rules that hold whatever version of HTTP a head came in.
#include "server/base/text.h"
#include "server/http/syntax/head_rules.h"
#include "server/http/syntax/scan.h"
#include "server/http/syntax/uri.h"

#include <algorithm>

namespace arc {

namespace {

bool sameAuthority(const Authority &a, const Authority &b, uint16_t defaultPort) noexcept
{
    return equalsIgnoreCase(a.host, b.host)
        && a.port.value_or(defaultPort) == b.port.value_or(defaultPort);
}

} // namespace

HeadFault readLength(std::string_view digits, RequestHead &head) noexcept
{
    constexpr size_t kDigitsMax = 19;
    const auto isDigit = [](char c) {
        return c >= '0' && c <= '9';
    };
    if (digits.empty() || digits.size() > kDigitsMax
        || !std::all_of(digits.begin(), digits.end(), isDigit))
        return {400, "Content-Length is not a number."};
    uint64_t length = 0;
    for (const char digit : digits)
        length = length * 10 + static_cast<uint64_t>(digit - '0');
    if (length > kContentLengthMax)
        return {400, "Content-Length is too large."};
    head.contentLength = length;
    return {};
}

void splitPath(std::string_view target, RequestHead &head) noexcept
{
    const size_t mark = std::min(target.find('?'), target.size());
    head.rawPath = mark == 0 ? std::string_view("/") : target.substr(0, mark);
    head.query = target.substr(std::min(mark + 1, target.size()));
}

HeadFault readHost(RequestHead &head, const HeaderView *header, std::string_view inTarget,
                   uint16_t defaultPort) noexcept
{
    std::optional<Authority> host;
    if (header) {
        host = parseAuthority(header->value);
        if (!host)
            return {400, "The Host header is not a host."};
        head.authority = header->value;
    } else if (head.minorVersion >= 1) {
        return {400, "The Host header is missing."};
    }
    if (!inTarget.empty()) {
        const auto named = parseAuthority(inTarget);
        if (!named || (head.method == Method::Connect && !named->port))
            return {400, "The host in the request target is malformed."};
        if (host && !sameAuthority(*host, *named, defaultPort))
            return {400, "The request target and the Host header disagree."};
        host = named;
        head.authority = inTarget;
    }
    if (host) {
        head.host = host->host;
        if (head.host.size() > 1 && head.host.back() == '.') // the root of the DNS, said aloud
            head.host.remove_suffix(1);
    }
    return {};
}

HeadFault settleNames(RequestHead &head, std::string &text) noexcept
{
    text.clear();
    bool pathIsOwn = false;
    if (head.path.empty()) {
        const auto path = normalisePath(head.rawPath, text);
        if (!path)
            return {400, "The path has a broken escape, a NUL byte or leads above the root."};
        head.path = *path;
        pathIsOwn = path->data() == text.data();
    }
    const auto isUpper = [](char c) {
        return c >= 'A' && c <= 'Z';
    };
    if (std::any_of(head.host.begin(), head.host.end(), isUpper)) {
        const size_t pathSize = pathIsOwn ? head.path.size() : 0;
        text.resize(pathSize);
        for (const char c : head.host)
            text += lowerByte(c);
        head.host = std::string_view(text).substr(pathSize);
        if (pathIsOwn)
            head.path = std::string_view(text).substr(0, pathSize);
    }
    return {};
}

HeadFault readExpectation(const HeaderView &expect, bool twice, RequestHead &head) noexcept
{
    if (twice || !equalsIgnoreCase(expect.value, "100-continue"))
        return {417, "Only the expectation 100-continue can be met."};
    head.expectContinue = head.hasBody();
    return {};
}

} // namespace arc
