// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/simple_handlers.h"

#include "server/http/session/output_queue.h"

namespace arc {

void appendUrl(std::string &out, std::string_view text)
{
    static constexpr std::string_view kAllowed = "-._~:/?#[]@!$&'()*+,;=%";
    static constexpr char kHex[] = "0123456789ABCDEF";
    for (const char c : text) {
        const bool isWord =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (isWord || kAllowed.find(c) != kAllowed.npos) {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            const char escaped[3] = {'%', kHex[byte >> 4], kHex[byte & 15]};
            out.append(escaped, sizeof escaped);
        }
    }
}

RespondHandler::RespondHandler(const RespondRoute &route)
    : m_status(route.status), m_body(std::make_shared<const std::string>(route.body))
{
    HeaderBlock headers;
    if (isFieldValue(route.contentType) && !route.contentType.empty())
        headers.add("Content-Type", route.contentType);
    m_lines = headers.lines();
}

void RespondHandler::handle(Exchange &exchange) const noexcept
{
    // A small body is copied into the answer, so its owner need not be counted.
    const bool isSmall = m_body->size() <= OutputQueue::kCopyMax;
    exchange.respondPrepared(m_status, m_lines,
                             isSmall ? Chunk::constant(*m_body) : Chunk::borrow(*m_body, m_body));
}

void StoppedHandler::handle(Exchange &exchange) const noexcept
{
    exchange.respondStatus(503, "This site is stopped.");
}

RedirectHandler::RedirectHandler(const RedirectRoute &route, std::string prefix)
    : m_status(route.status), m_to(route.to), m_prefix(std::move(prefix))
{
}

void RedirectHandler::handle(Exchange &exchange) const noexcept
{
    ResponseHead head {.status = m_status, .headers = {}};
    head.headers.add("Location", locationOf(exchange.request().rawPath, exchange.request().query));
    exchange.respond(std::move(head), {});
}

std::string RedirectHandler::locationOf(std::string_view rawPath, std::string_view query) const
{
    // The prefix matched the decoded path; a path that spells it otherwise ("/%61pi") is passed on
    // whole.
    std::string_view rest = rawPath;
    const std::string_view prefix = m_prefix.ends_with('/')
        ? std::string_view(m_prefix).substr(0, m_prefix.size() - 1)
        : std::string_view(m_prefix);
    if (rest.starts_with(prefix))
        rest.remove_prefix(prefix.size());
    rest.remove_prefix(std::min(rest.find_first_not_of("/\\"), rest.size()));

    std::string location;
    std::string_view to = m_to;
    while (!to.empty()) {
        const size_t brace = to.find('{');
        appendUrl(location, to.substr(0, brace));
        to.remove_prefix(std::min(brace, to.size()));
        if (to.starts_with("{path}")) {
            // Without a slash the rest would go on the host's name, and lead wherever it says.
            const bool isInPath = location.find('?') == location.npos;
            if (isInPath && !location.ends_with('/') && (!rest.empty() || location.empty()))
                location.push_back('/');
            appendUrl(location, rest);
            to.remove_prefix(6);
        } else if (to.starts_with("{query}")) {
            if (!query.empty())
                location.push_back('?');
            appendUrl(location, query);
            to.remove_prefix(7);
        } else if (!to.empty()) {
            appendUrl(location, to.substr(0, 1));
            to.remove_prefix(1);
        }
    }
    return location;
}

} // namespace arc
