// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/http2_head.h"

#include "server/base/text.h"
#include "server/http/syntax/scan.h"

#include <algorithm>

namespace arc {

namespace {

/// What a field costs in a line of HTTP/1, so that one limit means the same in both.
constexpr size_t kLineOverhead = 4;
constexpr std::string_view kPseudoNames[] {":method", ":scheme", ":authority", ":path",
                                           ":protocol"};

/// RFC 9113 8.2.1: a token, and no capital letters.
bool isLowerName(std::string_view name) noexcept
{
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return isTokenByte(c) && !(c >= 'A' && c <= 'Z');
    });
}

bool isWholeValue(std::string_view value) noexcept
{
    const char *const end = value.data() + value.size();
    const auto isBlank = [](char c) {
        return c == ' ' || c == '\t';
    };
    return value.empty()
        || (kScanner.valueEnd(value.data(), end) == end && !isBlank(value.front())
            && !isBlank(value.back()));
}

bool isTarget(std::string_view target) noexcept
{
    const char *const end = target.data() + target.size();
    return !target.empty() && kScanner.targetEnd(target.data(), end) == end;
}

} // namespace

void Http2Head::fail(int status, std::string_view reason) noexcept
{
    if (!m_fault) // the first one is told
        m_fault = {status, reason};
}

Http2Head::Span Http2Head::keep(std::string_view text)
{
    const Span span {.at = static_cast<uint32_t>(m_text.size()),
                     .size = static_cast<uint32_t>(text.size())};
    m_text.append(text);
    return span;
}

bool Http2Head::add(std::string_view name, std::string_view value, const HeadLimits &limits)
{
    m_bytes += name.size() + value.size() + kLineOverhead;
    if (!name.empty() && name.front() == ':') {
        addPseudo(name, value, limits);
    } else if (m_fields.size() == limits.headerCountMax) {
        fail(431, "There are too many header lines.");
    } else if (m_bytes > limits.headerBytesMax + limits.requestLineBytesMax) {
        fail(431, "The header fields are too large.");
    } else if (!m_fault) {
        const HeaderId id = headerFromName(name);
        checkField(name, value, id);
        m_hasHost = m_hasHost || id == HeaderId::Host;
        m_cookies += id == HeaderId::Cookie;
        const Span otherName = id == HeaderId::Other ? keep(name) : Span();
        m_fields.push_back({.otherName = otherName, .value = keep(value), .id = id});
    }
    return m_bytes <= kBombFactor * (limits.headerBytesMax + limits.requestLineBytesMax);
}

void Http2Head::addPseudo(std::string_view name, std::string_view value, const HeadLimits &limits)
{
    const auto *const known = std::find(std::begin(kPseudoNames), std::end(kPseudoNames), name);
    const auto index = static_cast<size_t>(known - std::begin(kPseudoNames));
    if (index == kPseudoCount)
        return fail(400, "A pseudo-header field is unknown.");
    if (std::exchange(m_seen[index], true) || !m_fields.empty())
        return fail(400, "A pseudo-header field is repeated or does not stand in front.");
    if (index == kMethod && value.size() > kMethodBytesMax)
        return fail(501, "The method is too long.");
    if (value.size() > limits.requestLineBytesMax)
        return fail(414, "The request target is too long.");
    m_pseudo[index] = keep(value);
}

void Http2Head::checkField(std::string_view name, std::string_view value, HeaderId id) noexcept
{
    const bool isName = id == HeaderId::Other ? isLowerName(name) : name == headerName(id);
    if (!isName || !isWholeValue(value))
        return spoil();
    switch (id) {
    case HeaderId::Connection:
    case HeaderId::KeepAlive:
    case HeaderId::ProxyConnection:
    case HeaderId::TransferEncoding:
    case HeaderId::Upgrade:
        return fail(400, "A header field speaks of a connection, which HTTP/2 does not know.");
    case HeaderId::Te:
        if (!equalsIgnoreCase(value, "trailers"))
            fail(400, "TE may only name trailers in HTTP/2.");
        return;
    default:
        return;
    }
}

/// RFC 9113 8.2.3: clients may send the crumbs of a cookie as fields of their own.
void Http2Head::joinCookies()
{
    if (m_cookies < 2)
        return;
    Span joined {.at = static_cast<uint32_t>(m_text.size())};
    Field *first = nullptr;
    for (Field &field : m_fields) {
        if (field.id != HeaderId::Cookie)
            continue;
        if (first)
            m_text.append("; ");
        else
            first = &field;
        m_text.reserve(m_text.size() + field.value.size); // the part appended lies in the same text
        m_text.append(m_text, field.value.at, field.value.size);
    }
    joined.size = static_cast<uint32_t>(m_text.size()) - joined.at;
    first->value = joined;
    const auto behind = m_fields.begin() + (first - m_fields.data()) + 1;
    m_fields.erase(std::remove_if(behind, m_fields.end(),
                                  [](const Field &field) { return field.id == HeaderId::Cookie; }),
                   m_fields.end());
}

void Http2Head::makeViews()
{
    joinCookies();
    m_views.clear();
    // Handlers and apps look for Host, whatever version the client speaks (RFC 9113 8.3.1).
    if (!m_hasHost && m_seen[kAuthority])
        m_views.push_back({.name = headerName(HeaderId::Host),
                           .value = at(m_pseudo[kAuthority]),
                           .id = HeaderId::Host});
    for (const Field &field : m_fields) {
        const std::string_view name =
            field.id == HeaderId::Other ? at(field.otherName) : headerName(field.id);
        m_views.push_back({.name = name, .value = at(field.value), .id = field.id});
    }
}

/// An extended CONNECT asks a resource, as GET does (RFC 8441 4).
void Http2Head::readConnect(RequestHead &head)
{
    if (head.method != Method::Connect) {
        fail(400, "Only CONNECT names a protocol.");
    } else if (!equalsIgnoreCase(at(m_pseudo[kProtocol]), "websocket")) { // RFC 9220 3
        fail(501, "The only protocol to go on with is WebSocket.");
    } else {
        head.method = Method::Get;
        head.protocol = at(m_pseudo[kProtocol]);
    }
}

void Http2Head::readTarget(RequestHead &head)
{
    head.methodText = at(m_pseudo[kMethod]);
    head.method = methodFromName(head.methodText);
    if (!m_seen[kMethod] || !isFieldName(head.methodText))
        fail(400, "The request has no method.");
    const std::string_view scheme = at(m_pseudo[kScheme]);
    if (m_seen[kProtocol])
        readConnect(head);
    if (head.method == Method::Connect) {
        head.target = at(m_pseudo[kAuthority]);
        head.path = "/";
        if (m_seen[kScheme] || m_seen[kPath] || !m_seen[kAuthority])
            fail(400, "CONNECT names a host and nothing else.");
        return;
    }
    head.target = at(m_pseudo[kPath]);
    if (!equalsIgnoreCase(scheme, "http") && !equalsIgnoreCase(scheme, "https"))
        fail(400, "The scheme of the request is neither http nor https.");
    if (!isTarget(head.target))
        fail(400, "The request target is empty or has a byte that may not stand there.");
    else if (head.target == "*" && head.method == Method::Options)
        head.rawPath = head.path = head.target;
    else if (head.target.front() == '/')
        splitPath(head.target, head);
    else
        fail(400, "The request target is not a path.");
}

void Http2Head::applyRules(bool hasBody, RequestHead &head)
{
    const HeaderView *host = nullptr;
    const HeaderView *length = nullptr;
    const HeaderView *expect = nullptr;
    bool expectTwice = false;
    for (const HeaderView &header : head.headers) {
        if (header.id == HeaderId::Host && m_hasHost) {
            if (std::exchange(host, &header))
                return fail(400, "Host appears twice.");
        } else if (header.id == HeaderId::ContentLength) {
            if (std::exchange(length, &header))
                return fail(400, "Content-Length appears twice.");
        } else if (header.id == HeaderId::Expect) {
            expectTwice = std::exchange(expect, &header) != nullptr;
        }
    }
    const auto check = [this](const HeadFault &fault) {
        if (fault)
            fail(fault.status, fault.reason);
    };
    if (length)
        check(readLength(length->value, head));
    if (!hasBody && head.contentLength.value_or(0) > 0)
        fail(400, "Content-Length announces a body that does not come.");
    if (head.protocol.empty())
        head.chunked = hasBody && !head.contentLength;
    else if (length || expect || !hasBody) // DATA is the tunnel's
        fail(400, "A request for a WebSocket has no body, and its stream stays open.");
    const bool isSecure = at(m_pseudo[kScheme]).size() == 5;
    check(readHost(head, host, at(m_pseudo[kAuthority]), isSecure ? 443 : 80));
    if (head.host.empty())
        fail(400, "The request names no host.");
    if (!m_fault)
        check(settleNames(head, m_decoded));
    if (expect)
        check(readExpectation(*expect, expectTwice, head));
}

/// What is refused is still asked of a host, whose error page says so.
void Http2Head::nameHost(RequestHead &head)
{
    if (m_fault.status != 400 && head.host.empty() && !m_hasHost)
        (void)readHost(head, nullptr, at(m_pseudo[kAuthority]), 0); // else nobody is named
    m_decoded = toLower(head.host);
    head.host = m_decoded;
    head.path = "/"; // routing is never asked
}

HeadFault Http2Head::finish(bool hasBody, RequestHead &head)
{
    makeViews();
    head = {};
    head.majorVersion = 2;
    head.minorVersion = 0;
    head.headers = m_views;
    readTarget(head);
    if (!m_fault)
        applyRules(hasBody, head);
    if (m_fault)
        nameHost(head);
    return m_fault;
}

void Http2Head::reset() noexcept
{
    constexpr size_t kKeptTextMax = 16 * 1024;
    if (m_text.capacity() > kKeptTextMax)
        freeMemory(m_text);
    if (m_decoded.capacity() > kKeptTextMax)
        freeMemory(m_decoded);
    m_text.clear();
    m_fields.clear();
    m_views.clear();
    std::fill(std::begin(m_pseudo), std::end(m_pseudo), Span());
    std::fill(std::begin(m_seen), std::end(m_seen), false);
    m_fault = {};
    m_bytes = 0;
    m_cookies = 0;
    m_hasHost = false;
}

} // namespace arc
