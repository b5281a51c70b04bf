// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/dispatch.h"

#include "server/http/session/session_exchange.h"
#include "server/http/session/session_loop.h"
#include "server/http/session/simple_handlers.h"
#include "server/tls/certificate.h"

namespace arc {

namespace {

/// Of this server as a whole: what "OPTIONS *" asks for. CONNECT and TRACE are never taken.
constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr int kRetryAfterSeconds = 1;
constexpr uint16_t kHttpsPort = 443;

void refuseMethod(Exchange &exchange, std::string_view allowed)
{
    ResponseHead head {.status = 405, .headers = {}};
    head.headers.add("Allow", allowed);
    exchange.respondPage(std::move(head));
}

bool requiresCertificate(const Settings &settings)
{
    const std::string_view wanted = settings.tlsClients;
    return wanted == clientCertificatesName(ClientCertificates::Required);
}

/// Whether a TLS connection may carry a request for another name than the one it was made for (RFC
/// 9110 7.4): its certificate must be good for it, and the site must not ask clients for more. Nor
/// may one for the same name that was made before the site required a certificate. A trusted proxy
/// chose a name for itself, which says nothing about what its client asked for. That a site is
/// stopped may be told over any connection: no other one would say more, and while it is stopped
/// no certificate need be shown for it.
bool mayServe(const TlsStream &tls, const SessionExchange &exchange, const Router::Match &match)
{
    const TlsEndpoint *greeted = tls.endpoint();
    if (!greeted || match.site->isStopped)
        return true;
    const bool isSameSite = match.site->id == greeted->site;
    const Settings &wanted = match.route->settings;
    if ((!isSameSite || requiresCertificate(wanted)) && wanted.tlsClients != "off"
        && (wanted.tlsClients != clientCertificatesName(greeted->clients)
            || wanted.tlsClientCa != greeted->clientCaFile || tls.hasOldAuthorities()))
        return false;
    return isSameSite || !tls.hasName() || exchange.isHostForwarded()
        || namesCover(greeted->identity->names, exchange.request().host);
}

/// True when the answer was given: plain HTTP of a site that wants HTTPS.
bool redirectedToTls(SessionExchange &exchange, const Router::Match &match)
{
    const RequestHead &head = exchange.request();
    if (!match.site->securePort || head.host.empty())
        return false;
    std::string to = "https://" + std::string(head.host);
    if (match.site->securePort != kHttpsPort)
        to += ":" + std::to_string(match.site->securePort);
    appendUrl(to, head.rawPath);
    if (!head.query.empty())
        appendUrl(to.append("?"), head.query);
    ResponseHead answer {.status = 308, .headers = {}};
    answer.headers.add("Location", to);
    exchange.respond(std::move(answer), {});
    return true;
}

} // namespace

void dispatch(SessionExchange &exchange, SessionLoop &home, std::string_view listener) noexcept
{
    const RequestHead &head = exchange.request();
    // Of a refusal before there is a route: the site's own page says it.
    const auto nameSite = [&] {
        exchange.nameSite(exchange.router().siteOf(listener, head.host));
    };
    if (home.budget().isExhausted()) {
        nameSite();
        exchange.respondStatus(503, kShortOfMemory, kRetryAfterSeconds);
        return;
    }
    if (exchange.hasBadForwarded()) {
        home.metrics().requestsBad.add(1);
        nameSite();
        exchange.respondStatus(400, "The proxy's Forwarded field is malformed.");
        return;
    }
    if (head.method == Method::Connect || head.method == Method::Trace) {
        nameSite();
        refuseMethod(exchange, kMethods);
        return;
    }
    if (head.path == "*") {
        ResponseHead answer {.status = 204, .headers = {}};
        answer.headers.add("Allow", kMethods);
        exchange.respond(std::move(answer), {});
        return;
    }
    const Router::Match match = exchange.router().match(listener, head.host, head.path, head);
    exchange.routeTo(match);
    if (match.outcome == Router::Outcome::WrongMethod) {
        refuseMethod(exchange, match.allowed);
    } else if (match.outcome != Router::Outcome::Found) {
        home.metrics().requestsUnrouted.add(1);
        exchange.respondStatus(404);
    } else if (const TlsStream *tls = exchange.tls(); tls && !mayServe(*tls, exchange, match)) {
        home.metrics().requestsBad.add(1);
        exchange.respondStatus(421);
    } else if (!exchange.tls() && requiresCertificate(match.route->settings)) {
        // Plain HTTP would be a way round the certificate. Who comes over HTTPS to a proxy before
        // us would only be sent round in a circle.
        if (!exchange.isSecure() && redirectedToTls(exchange, match))
            return;
        home.metrics().requestsBad.add(1);
        exchange.respondStatus(
            403, "This site answers over HTTPS only, and only clients that show a certificate.");
    } else if (match.route->settings.tlsRedirect && !exchange.isSecure()
               && redirectedToTls(exchange, match)) {
        return;
    } else if (const uint64_t most = exchange.bodyBytesMax();
               most && head.contentLength.value_or(0) > most) {
        home.metrics().requestsBad.add(1);
        exchange.respondStatus(413);
    } else {
        match.route->handler->handle(exchange);
    }
}

} // namespace arc
