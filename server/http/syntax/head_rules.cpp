// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/head_rules.h"

#include "server/base/text.h"

#include <algorithm>

namespace arc {

namespace {

/// The headers that decide about framing and routing, gathered in one pass.
struct Special {
    const HeaderView *host = nullptr;
    const HeaderView *length = nullptr;
    const HeaderView *coding = nullptr;
    const HeaderView *expect = nullptr;
    bool connection = false;
    bool repeated = false; ///< Host, Content-Length or Transfer-Encoding twice
    bool expectTwice = false;
};

Special gather(const RequestHead &head) noexcept
{
    Special special;
    const auto once = [](const HeaderView *&place, const HeaderView &header, bool &twice) {
        twice = twice || place;
        place = &header;
    };
    for (const HeaderView &header : head.headers) {
        switch (header.id) {
        case HeaderId::Host:
            once(special.host, header, special.repeated);
            break;
        case HeaderId::ContentLength:
            once(special.length, header, special.repeated);
            break;
        case HeaderId::TransferEncoding:
            once(special.coding, header, special.repeated);
            break;
        case HeaderId::Expect:
            once(special.expect, header, special.expectTwice);
            break;
        case HeaderId::Connection:
            special.connection = true;
            break;
        default:
            break;
        }
    }
    return special;
}

/// Calls visit(element) for each non-empty element of a comma-separated list until it answers
/// false.
template <class Visit>
bool eachElement(std::string_view list, Visit visit) noexcept
{
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        const std::string_view element = trim(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (!element.empty() && !visit(element))
            return false;
    }
    return true;
}

/// A coding we do not have is 501; a list in which "chunked" is not last and single has no certain
/// end: 400.
HeadFault codingFault(std::string_view value) noexcept
{
    bool last = false;
    size_t chunked = 0;
    size_t codings = 0;
    const bool sound = eachElement(value, [&](std::string_view name) {
        last = equalsIgnoreCase(name, "chunked");
        chunked += last;
        ++codings;
        return isFieldName(name);
    });
    if (sound && last && chunked == 1 && codings > 1)
        return {501, "This transfer coding is not supported."};
    return {400, "The transfer coding leaves open where the body ends."};
}

/// RFC 9110 5.6.3 lets tabs stand around a value, but other parsers do not know "chunked<TAB>" for
/// chunked, and so do not see the same end of the body. The bytes around are there: a colon in
/// front, the line's end behind.
bool hasTabAround(std::string_view value) noexcept
{
    const char *before = value.data() - 1;
    while (*before == ' ')
        --before;
    const char *behind = value.data() + value.size();
    while (*behind == ' ')
        ++behind;
    return *before == '\t' || *behind == '\t';
}

HeadFault readFraming(RequestHead &head, const Special &special) noexcept
{
    for (const HeaderView *header : {special.coding, special.length}) {
        if (header && hasTabAround(header->value))
            return {400, "A tab stands beside what says where the body ends."};
    }
    if (special.coding) {
        if (head.minorVersion == 0)
            return {400, "Transfer-Encoding does not belong into HTTP/1.0."};
        if (special.length)
            return {400, "Content-Length and Transfer-Encoding contradict each other."};
        if (!equalsIgnoreCase(special.coding->value, "chunked"))
            return codingFault(special.coding->value);
        head.chunked = true;
    }
    if (special.length)
        return readLength(special.length->value, head);
    return {};
}

/// RFC 9110 7.6.1: a Connection list may name only what belongs to the connection. One that names
/// these would make a forwarder drop what the message means.
bool isEssential(std::string_view name) noexcept
{
    switch (headerFromName(name)) {
    case HeaderId::Host:
    case HeaderId::ContentLength:
    case HeaderId::TransferEncoding:
    case HeaderId::ContentType:
    case HeaderId::ContentEncoding:
    case HeaderId::Authorization:
    case HeaderId::Cookie:
    case HeaderId::Expect:
        return true;
    default:
        return false;
    }
}

HeadFault readConnection(RequestHead &head) noexcept
{
    bool close = false;
    bool keepAlive = false;
    size_t options = 0;
    HeadFault fault;
    for (const HeaderView &header : head.headers) {
        if (header.id != HeaderId::Connection)
            continue;
        eachElement(header.value, [&](std::string_view option) {
            close = close || equalsIgnoreCase(option, "close");
            keepAlive = keepAlive || equalsIgnoreCase(option, "keep-alive");
            if (!isFieldName(option))
                fault = {400, "The Connection header is malformed."};
            else if (++options > kConnectionOptionsMax)
                fault = {400, "The Connection header names too much."};
            else if (isEssential(option))
                fault = {400, "The Connection header names a header that is not its own."};
            return !fault;
        });
    }
    head.keepAlive = !close && (head.minorVersion >= 1 || keepAlive);
    return fault;
}

/// Splits the target by its form (RFC 9112 3.2). `authority`: of absolute-form and authority-form.
HeadFault splitTarget(RequestHead &head, std::string_view &authority,
                      uint16_t &defaultPort) noexcept
{
    std::string_view target = head.target;
    if (head.method == Method::Connect) {
        authority = target;
        defaultPort = 0; // the port must be said
        head.path = "/";
        return {};
    }
    if (target == "*") {
        head.rawPath = head.path = target;
        if (head.method != Method::Options)
            return {400, "Only OPTIONS may have the target \"*\"."};
        return {};
    }
    if (target.front() != '/') {
        const size_t mark = target.find("://");
        const std::string_view scheme = target.substr(0, std::min(mark, target.size()));
        if (mark == target.npos
            || !(equalsIgnoreCase(scheme, "http") || equalsIgnoreCase(scheme, "https")))
            return {400, "The request target is neither a path nor an http address."};
        defaultPort = scheme.size() == 5 ? 443 : 80;
        target.remove_prefix(mark + 3);
        const size_t end = std::min(target.find_first_of("/?"), target.size());
        authority = target.substr(0, end);
        if (authority.empty())
            return {400, "The request target has no host."};
        target.remove_prefix(end);
    }
    splitPath(target, head);
    return {};
}

} // namespace

HeadFault applyHeadRules(RequestHead &head, std::string &text) noexcept
{
    const Special special = gather(head);
    if (special.repeated)
        return {400, "Host, Content-Length or Transfer-Encoding appears twice."};
    if (HeadFault fault = readFraming(head, special))
        return fault;
    head.keepAlive = head.minorVersion >= 1;
    if (special.connection) {
        if (HeadFault fault = readConnection(head))
            return fault;
    }
    std::string_view authority;
    uint16_t defaultPort = 80;
    if (HeadFault fault = splitTarget(head, authority, defaultPort))
        return fault;
    if (HeadFault fault = readHost(head, special.host, authority, defaultPort))
        return fault;

    if (HeadFault fault = settleNames(head, text))
        return fault;
    if (special.expect && head.minorVersion >= 1) // RFC 9110 10.1.1: ignored in HTTP/1.0
        return readExpectation(*special.expect, special.expectTwice, head);
    return {};
}

} // namespace arc
