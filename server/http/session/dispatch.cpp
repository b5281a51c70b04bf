// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/dispatch.h"

#include "server/http/session/session_exchange.h"
#include "server/http/session/session_loop.h"
#include "server/http/syntax/error_page.h"

namespace arc {

namespace {

/// Of this server as a whole: what "OPTIONS *" asks for. CONNECT and TRACE are never taken.
constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr int kRetryAfterSeconds = 1;

void refuseMethod(Exchange &exchange, std::string_view allowed)
{
    ErrorPage page =
        makeErrorPage(405, {}, exchange.requestId(), exchange.request().find(HeaderId::Accept));
    ResponseHead head {.status = 405, .headers = {}};
    head.headers.add("Content-Type", page.contentType);
    head.headers.add("Allow", allowed);
    exchange.respond(std::move(head), Chunk::own(std::move(page.body)));
}

} // namespace

void dispatch(SessionExchange &exchange, SessionLoop &home, std::string_view listener) noexcept
{
    const RequestHead &head = exchange.request();
    if (home.budget().isExhausted()) {
        exchange.respondStatus(
            503, "The server is short of memory for requests. Please try again in a moment.",
            kRetryAfterSeconds);
        return;
    }
    if (head.method == Method::Connect || head.method == Method::Trace) {
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
    } else if (const uint64_t most = exchange.bodyBytesMax();
               most && head.contentLength.value_or(0) > most) {
        home.metrics().requestsBad.add(1);
        exchange.respondStatus(413);
    } else {
        match.route->handler->handle(exchange);
    }
}

} // namespace arc
