// SPDX-License-Identifier: Apache-2.0
#include "server/admin/ops_handler.h"

namespace arc {

namespace {

constexpr std::string_view kPlain = "text/plain; charset=utf-8";
constexpr std::string_view kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

void respondText(Exchange &exchange, int status, std::string_view type, std::string text)
{
    ResponseHead head {.status = status};
    head.headers.add("Content-Type", type);
    head.headers.add("Cache-Control", "no-store");
    if (status == 405)
        head.headers.add("Allow", "GET, HEAD");
    exchange.respond(std::move(head), Chunk::own(std::move(text)));
}

void respondReasons(Exchange &exchange, std::string reasons)
{
    if (reasons.empty())
        return respondText(exchange, 200, kPlain, "ok\n");
    if (!reasons.ends_with('\n'))
        reasons += '\n';
    respondText(exchange, 503, kPlain, std::move(reasons));
}

} // namespace

void OpsHandler::handle(Exchange &exchange) const noexcept
{
    const RequestHead &request = exchange.request();
    const std::string_view path = request.path;
    if (path != "/metrics" && path != "/healthz" && path != "/readyz")
        return respondText(exchange, 404, kPlain, "There are /metrics, /healthz and /readyz.\n");
    if (request.method != Method::Get && request.method != Method::Head)
        return respondText(exchange, 405, kPlain, "Only GET and HEAD.\n");
    if (path == "/metrics")
        return respondText(exchange, 200, kPrometheus, m_sources.metrics());
    respondReasons(exchange, path == "/healthz" ? m_sources.unhealthy() : m_sources.notReady());
}

} // namespace arc
