// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"
#include "server/http/exchange.h"

#include <string>

namespace arc {

/// Answers every request of a route with one prepared text.
class RespondHandler final : public Handler {
public:
    explicit RespondHandler(const RespondRoute &route);
    void handle(Exchange &exchange) const noexcept override;

private:
    const int m_status;
    std::string m_lines;
    std::shared_ptr<const std::string>
        m_body; ///< shared with answers that a slow client has not taken yet
};

/// Answers for a site that an administrator stopped: 503, with a page that says so.
class StoppedHandler final : public Handler {
public:
    void handle(Exchange &exchange) const noexcept override;
};

/// Sends the client elsewhere. "{path}" in the target becomes what follows the route's prefix, as
/// the client sent it, and
/// "{query}" "?a=b" or nothing. Bytes that may not stand in a URL are percent-encoded, so no header
/// can be smuggled in, and what is put in never begins with a second slash, so that "/{path}"
/// cannot lead to another host.
class RedirectHandler final : public Handler {
public:
    RedirectHandler(const RedirectRoute &route, std::string prefix);
    void handle(Exchange &exchange) const noexcept override;

    /// The Location for a request. Pure; public for tests.
    std::string locationOf(std::string_view rawPath, std::string_view query) const;

private:
    const int m_status;
    const std::string m_to;
    const std::string m_prefix;
};

/// Appends text of a URL. What RFC 3986 allows stays as it is, "%" included, since the client sent
/// it encoded.
void appendUrl(std::string &out, std::string_view text);

} // namespace arc
