// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/settings.h"
#include "server/http/exchange.h"
#include "server/http/syntax/coding_rules.h"
#include "server/metrics/metrics.h"
#include "server/tls/tls_contexts.h"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace arc {

struct Route {
    std::string prefix = "/";         ///< without a trailing slash, except "/"
    std::vector<std::string> methods; ///< empty: all
    std::shared_ptr<const Handler> handler;
    Settings settings; ///< inherited: engine, site, route
    CodingRules coding {settings};
};

struct Site {
    std::string id;
    std::vector<std::string> hosts;
    std::vector<std::string> listeners; ///< empty: all
    std::vector<Route> routes;
    std::shared_ptr<SiteMetricsSet> metrics;
    std::shared_ptr<const OwnErrorPages> errorPages; ///< null: ours
    bool isStopped = false; ///< says so to everybody, and shows nothing of itself
    uint16_t securePort =
        0; ///< where HTTPS answers for it, on the host the client named; 0: nowhere
};

/// Which site and route answer a request. Immutable; shared by all loops.
class Router {
public:
    enum class Outcome { Found, NoSite, NoRoute, WrongMethod };
    struct Match {
        Outcome outcome = Outcome::NoSite;
        const Site *site = nullptr;
        const Route *route = nullptr;
        std::string allowed; ///< WrongMethod: for the Allow header
    };

    explicit Router(std::vector<std::shared_ptr<const Site>> sites);
    Router(const Router &) = delete;

    /// Exact host, then the longest wildcard, then a site without hosts; null: none of them. An
    /// empty host is that of a client that names none.
    const Site *siteOf(std::string_view listener, std::string_view host) const;
    /// Among the routes of siteOf() the longest prefix that ends on a segment border; among equals
    /// the first that takes the method. HEAD is taken by a route that takes GET.
    Match match(std::string_view listener, std::string_view host, std::string_view path,
                const RequestHead &head) const;

private:
    std::vector<std::shared_ptr<const Site>> m_sites;
    struct Names {
        std::unordered_map<std::string_view, const Site *> exact;
        std::vector<std::pair<std::string_view, const Site *>>
            suffixes; ///< ".example.org", longest first
        const Site *anyHost = nullptr;
    };
    const Names &namesOf(std::string_view listener) const;
    std::unordered_map<std::string_view, Names> m_byListener;
    Names m_everyListener; ///< for listeners no site names
};

/// What a loop serves by. Immutable; a running request pins the one it started with.
struct HttpSnapshot {
    uint64_t revision = 0;
    Settings settings; ///< of the engine
    std::unique_ptr<const Router> router;
    /// For each I/O loop the contexts of its own; empty: no TLS.
    std::vector<std::shared_ptr<const TlsContexts>> tls;
};

} // namespace arc
