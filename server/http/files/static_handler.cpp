// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/static_handler.h"

#include "server/http/files/static_answer.h"
#include "server/http/http_loop.h"
#include "server/http/syntax/error_page.h"

namespace arc {

namespace {

constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";

/// "/.git/config" is hidden, "/.well-known/acme" is not.
bool isHidden(std::string_view path) noexcept
{
    constexpr std::string_view kWellKnown = "/.well-known/";
    if (path.starts_with(kWellKnown))
        path.remove_prefix(kWellKnown.size() - 1);
    return path.find("/.") != path.npos;
}

size_t prefixSize(std::string_view prefix) noexcept
{
    while (prefix.ends_with('/'))
        prefix.remove_suffix(1);
    return prefix.size();
}

} // namespace

StaticHandler::StaticHandler(StaticOptions options)
    : m_scope(std::make_shared<const FileScope>(std::move(options.roots), std::move(options.index),
                                                options.wishes)),
      m_prefixSize(prefixSize(options.prefix))
{
}

void StaticHandler::handle(Exchange &exchange) const noexcept
{
    const RequestHead &request = exchange.request();
    if (request.method != Method::Get && request.method != Method::Head) {
        if (request.method == Method::Options) {
            ResponseHead head {.status = 204, .headers = {}};
            head.headers.add("Allow", kAllow);
            exchange.respond(std::move(head), {});
        } else {
            ResponseHead head {.status = 405, .headers = {}};
            head.headers.add("Allow", kAllow);
            exchange.respondPage(std::move(head));
        }
        return;
    }
    if (request.path.size() < m_prefixSize) { // "*"
        exchange.respondStatus(404);
        return;
    }
    const std::string_view path = request.path.substr(m_prefixSize);
    if (isHidden(path)) {
        exchange.respondStatus(404);
        return;
    }
    if (!exchange.http().files().serve(exchange, m_scope, path, {}, answerFile))
        exchange.respondStatus(503, {}, 1);
}

} // namespace arc
