// SPDX-License-Identifier: Apache-2.0
// Operations on the variables of apps beyond their editing: whether what they point to is there.
#include "server/config/connection_url.h"
#include "server/config/variables.h"
#include "server/control/service.h"

#include <fmt/format.h>

namespace arc {

void ControlService::checkConnections(const Caller &, api::ConnectionQuery what,
                                      Callback<api::ConnectionChecks> done)
{
    constexpr size_t kChecksMax = 16; // of one call
    const SiteConfig *site = m_document.findSite(what.id);
    if (!site)
        return done(noSite(m_document, what.id));
    const AppConfig *app = appOf(*site, m_document);
    if (!app)
        return done(Error {ErrorCode::Invalid,
                           fmt::format("site {} hosts no app: it has no variables", what.id)});
    // Secrets that cannot be opened do not hinder a look at values that were just typed.
    const auto whole = m_host.withSecrets(*app);
    Variables values = whole ? whole->env : app->env;
    bool asksForLost = false;
    for (auto &[name, value] : what.values) {
        if (value != kMaskedSecret)
            values.insert_or_assign(name, value);
    }
    for (const auto &[name, sealed] : app->secrets)
        asksForLost |=
            !values.contains(name) && (what.values.empty() || what.values.contains(name));
    if (asksForLost)
        return done(whole.error());
    std::vector<NamedConnection> connections;
    for (const auto &[name, value] : values) {
        const bool isAsked = what.values.empty() || what.values.contains(name);
        if (isAsked && isConnectionUrl(value))
            connections.push_back({name, value, app->root});
    }
    if (connections.size() > kChecksMax)
        return done(Error {ErrorCode::Full,
                           fmt::format("more than {} connections in one call", kChecksMax)});
    m_host.checkConnections(std::move(connections),
                            [done = std::move(done)](std::vector<api::ConnectionCheck> checks) {
                                done(api::ConnectionChecks {std::move(checks)});
                            });
}

} // namespace arc
