// SPDX-License-Identifier: Apache-2.0
#include "server/workers/request_head.h"

#include "server/base/client_facts.h"
#include "server/base/text.h"
#include "server/http/router.h"
#include "server/http/syntax/uri.h"
#include "server/workers/frame.h"

namespace arc {

namespace {

/// What front servers tell apps of a client's certificate: by RFC 9440, or by the names that are
/// usual for it. The engine tells it outside of the headers, so one that comes is a client's own
/// word.
bool claimsCertificate(std::string_view name)
{
    const auto startsWith = [name](std::string_view with) {
        return equalsIgnoreCase(name.substr(0, with.size()), with);
    };
    return startsWith("client-cert") || startsWith("ssl-client") || startsWith("x-ssl-")
        || startsWith("x-client-cert") || startsWith("x-client-verify") || startsWith("x-client-dn")
        || startsWith("x-arr-clientcert") || startsWith("x-amzn-mtls-")
        || startsWith("cf-client-cert");
}

/// Headers that end here: about this connection, said elsewhere in the frame, or claims only a
/// trusted proxy may make.
bool endsHere(const HeaderView &header) noexcept
{
    switch (header.id) {
    case HeaderId::Connection:
    case HeaderId::KeepAlive:
    case HeaderId::ProxyConnection:
    case HeaderId::ProxyAuthorization:
    case HeaderId::Te:
    case HeaderId::Trailer:
    case HeaderId::TransferEncoding:
    case HeaderId::Upgrade:
    case HeaderId::Http2Settings:
    case HeaderId::ContentLength:
    case HeaderId::Expect:
    case HeaderId::Forwarded:
    case HeaderId::XForwardedFor:
    case HeaderId::XForwardedHost:
    case HeaderId::XForwardedProto:
        return true;
    case HeaderId::Other:
        break;
    default:
        return false;
    }
    constexpr std::string_view kForwarded = "x-forwarded-";
    return header.name.find('_') != header.name.npos
        || equalsIgnoreCase(header.name.substr(0, kForwarded.size()), kForwarded)
        || equalsIgnoreCase(header.name, "x-real-ip")
        || equalsIgnoreCase(header.name, "proxy") // would become HTTP_PROXY
        || claimsCertificate(header.name);
}

/// Whether a Connection header names more than what becomes of the connection; hardly any does.
bool namesHeaders(const RequestHead &head) noexcept
{
    for (const HeaderView &header : head.headers) {
        if (header.id == HeaderId::Connection && !equalsIgnoreCase(header.value, "keep-alive")
            && !equalsIgnoreCase(header.value, "close"))
            return true;
    }
    return false;
}

/// Named in Connection, of which there may be several, and so hop-by-hop as well (RFC 9110 7.6.1).
bool isNamed(const RequestHead &head, std::string_view name)
{
    for (const HeaderView &header : head.headers) {
        if (header.id != HeaderId::Connection)
            continue;
        for (const std::string_view token : split(header.value, ',')) {
            if (equalsIgnoreCase(trim(token), name))
                return true;
        }
    }
    return false;
}

void appendClientFacts(protocol::RequestWriter &writer, const ClientFacts &facts)
{
    writer.u16(facts.tlsVersion);
    writer.u16(facts.cipherSuite);
    writer.u8(facts.isVerified ? 1 : 0);
    for (const std::string *text :
         {&facts.cipher, &facts.serverPem, &facts.subject, &facts.issuer, &facts.commonName,
          &facts.serial, &facts.begins, &facts.ends, &facts.fingerprint, &facts.chainPem})
        writer.text(*text);
}

/// With every slash that was sent (uri.h says why); `memory` keeps what had to be made.
std::string_view pathForApp(const RequestHead &head, std::string &memory)
{
    // Less than was sent, and not by escapes alone: slashes may have been merged.
    if (head.path.size() == head.rawPath.size() || head.path == "*")
        return head.path;
    return normalisePath(head.rawPath, memory, Slashes::Kept).value_or(head.path);
}

} // namespace

const std::string &AddressTexts::textOf(Kept &kept, const SocketAddress &address)
{
    if (!kept.valid || !(kept.address == address)) {
        kept.address = address;
        kept.text = address.isUnix() ? std::string() : address.host();
        kept.valid = true;
    }
    return kept.text;
}

const std::string &AddressTexts::peer(const SocketAddress &address)
{
    return textOf(m_peer, address);
}

const std::string &AddressTexts::local(const SocketAddress &address)
{
    return textOf(m_local, address);
}

bool appendRequestHead(std::string &out, Exchange &exchange, AddressTexts &addresses,
                       bool asksSocket)
{
    const RequestHead &head = exchange.request();
    const bool hasBody = head.hasBody();
    const bool lengthKnown = !head.chunked;
    const ClientFacts *client = exchange.clientFacts();
    std::string kept;
    protocol::RequestWriter writer(out);
    writer.u8(static_cast<unsigned>(head.method));
    writer.u8(exchange.isSecure() ? 1 : 0);
    writer.u8(head.majorVersion == 2 ? 2 : static_cast<unsigned>(head.minorVersion));
    writer.u8((hasBody ? 1u : 0u) | (lengthKnown ? 2u : 0u) | (asksSocket ? 4u : 0u)
              | (takesTrailers(head) ? 8u : 0u) | (client ? 16u : 0u));
    writer.u64(head.contentLength.value_or(0));
    writer.u32(0); // time in the queue, known when it leaves it
    writer.text(head.method == Method::Other ? head.methodText : std::string_view());
    writer.text(head.rawPath);
    writer.text(pathForApp(head, kept));
    writer.text(head.query);
    writer.text(addresses.peer(exchange.peer()));
    writer.u16(exchange.peer().port());
    writer.text(addresses.local(exchange.local()));
    writer.u16(exchange.local().port());
    writer.text(exchange.requestId());

    const bool mayBeNamed = namesHeaders(head);
    const size_t countAt = out.size();
    writer.u16(0);
    unsigned count = 0;
    const bool givesId = exchange.route().settings.requestIdHeader;
    if (givesId) {
        writer.u8(static_cast<unsigned>(HeaderId::XRequestId));
        writer.text(exchange.requestId());
        ++count;
    }
    for (const HeaderView &header : head.headers) {
        if (givesId && header.id == HeaderId::XRequestId)
            continue;
        if (endsHere(header) || (mayBeNamed && isNamed(head, header.name)))
            continue;
        writer.u8(static_cast<unsigned>(header.id));
        if (header.id == HeaderId::Other)
            writer.text(toLower(header.name));
        writer.text(header.value);
        ++count;
    }
    out[countAt] = static_cast<char>(count & 0xff);
    out[countAt + 1] = static_cast<char>(count >> 8);
    if (client)
        appendClientFacts(writer, *client);
    return writer.fits() && out.size() <= kRequestHeadMax;
}

} // namespace arc
