// SPDX-License-Identifier: Apache-2.0
#include "server/http/exchange.h"

#include "server/http/router.h"

#include <fmt/format.h>

namespace arc {

Handler::~Handler() = default;

Chunk Chunk::own(std::string text)
{
    auto owner = std::make_shared<const std::string>(std::move(text));
    const std::string_view bytes = *owner;
    return {.bytes = bytes, .keep = std::move(owner), .counted = true};
}

void Exchange::respondPrepared(int status, std::string_view lines, Chunk body) noexcept
{
    ResponseHead head {.status = status, .headers = {}};
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find("\r\n"));
        const size_t colon = line.find(": ");
        head.headers.add(line.substr(0, colon), line.substr(colon + 2));
        lines.remove_prefix(line.size() + 2);
    }
    respond(std::move(head), std::move(body));
}

void Exchange::respondStatus(int status, std::string_view explanation, int retryAfterSeconds)
{
    ResponseHead head {.status = status, .headers = {}};
    if (retryAfterSeconds > 0)
        head.headers.add("Retry-After", fmt::to_string(retryAfterSeconds));
    respondPage(std::move(head), explanation);
}

void Exchange::respondPage(ResponseHead head, std::string_view explanation)
{
    ErrorPage page = errorPage(head.status, explanation);
    head.headers.add("Content-Type", page.contentType);
    respond(std::move(head), Chunk::own(std::move(page.body)));
}

ErrorPage Exchange::errorPage(int status, std::string_view explanation)
{
    return makeErrorPage(status, explanation, requestId(), request().find(HeaderId::Accept),
                         site().errorPages.get());
}

} // namespace arc
