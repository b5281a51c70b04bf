// SPDX-License-Identifier: Apache-2.0
#include "server/core/tls_planner.h"

#include "server/tls/certificate.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

using Identity = std::shared_ptr<const TlsIdentity>;

class Planner {
public:
    Planner(const Document &document, const TlsSources &sources, std::vector<std::string> &warnings)
        : m_document(document), m_sources(sources), m_warnings(warnings)
    {
    }

    Result<TlsConfig> plan()
    {
        const Settings engine = engineSettings(m_document, m_sources.pinned);
        m_config.allowsTls12 = engine.tlsAllow12;
        m_config.sendsTickets = engine.tlsTickets;
        m_usesLocal = engine.tlsLocalCa;
        for (const SiteConfig &site : m_document.sites) {
            if (!site.enabled)
                continue;
            if (auto added = addSite(site); !added)
                return std::move(added).error().within(fmt::format("site {}", site.id));
        }
        for (const SiteConfig &site : m_document.sites) {
            if (site.enabled)
                continue;
            if (auto added = addStopped(site); !added)
                return std::move(added).error().within(fmt::format("site {}", site.id));
        }
        for (const ListenerConfig &listener : m_document.listeners) {
            if (!listener.tls)
                continue;
            auto identity = defaultOf(listener);
            if (!identity)
                return std::move(identity).error().within(fmt::format("listener {}", listener.id));
            add({.listeners = {listener.id}, .identity = std::move(*identity)});
        }
        return std::move(m_config);
    }

private:
    std::vector<const ListenerConfig *> listenersOf(const SiteConfig &site) const
    {
        std::vector<const ListenerConfig *> found;
        for (const ListenerConfig &listener : m_document.listeners) {
            const auto &ids = site.listeners;
            if (listener.tls
                && (ids.empty() || std::find(ids.begin(), ids.end(), listener.id) != ids.end()))
                found.push_back(&listener);
        }
        return found;
    }

    Result<void> addSite(const SiteConfig &site)
    {
        const auto listeners = listenersOf(site);
        if (listeners.empty())
            return {};
        const Settings settings = siteSettings(m_document, site, m_sources.pinned);
        TlsEndpoint common {.site = site.id,
                            .clients = clientCertificatesFromName(settings.tlsClients),
                            .clientCaFile = settings.tlsClientCa};
        std::vector<std::string> local;
        for (const ListenerConfig *listener : listeners) {
            local.clear();
            std::vector<std::string> bare;
            TlsEndpoint own = common;
            own.listeners = {listener->id};
            if (auto added = addConfigured(own, site.hosts, local, bare); !added)
                return added;
            if (!local.empty()) {
                auto identity = m_sources.local(local);
                if (!identity)
                    return std::move(identity).error();
                own.identity = std::move(*identity);
                own.hosts = local;
                add(own);
            }
            if (!bare.empty() || site.hosts.empty()) {
                auto identity = defaultOf(*listener);
                if (!identity)
                    return std::move(identity).error();
                own.identity = std::move(*identity);
                own.hosts = bare;
                add(own);
            }
            if (!bare.empty() && listener == listeners.front())
                m_warnings.push_back(
                    fmt::format("site {}: no certificate is good for {}, so browsers will warn; "
                                "import one",
                                site.id, fmt::join(bare, ", ")));
        }
        return {};
    }

    /// Says over HTTPS that it is stopped, with the certificate it had: of no site, since nothing
    /// of it is served, so that a certificate only it used can be removed.
    Result<void> addStopped(const SiteConfig &site)
    {
        for (const ListenerConfig *listener : listenersOf(site)) {
            std::vector<std::string> local;
            std::vector<std::string> bare; // the listener's own is shown for these
            std::vector<std::string> hosts = site.hosts;
            std::erase_if(hosts, [&](const std::string &host) { return isTaken(host, *listener); });
            TlsEndpoint own {.listeners = {listener->id}};
            if (auto added = addConfigured(own, hosts, local, bare); !added)
                return added;
            if (local.empty())
                continue;
            auto identity = m_sources.local(local);
            if (!identity)
                return std::move(identity).error();
            own.identity = std::move(*identity);
            own.hosts = std::move(local);
            add(std::move(own));
        }
        return {};
    }

    /// Whether there is an endpoint for this very host already.
    bool isTaken(const std::string &host, const ListenerConfig &listener) const
    {
        return std::any_of(
            m_config.endpoints.begin(), m_config.endpoints.end(), [&](const auto &each) {
                return each->listeners == std::vector {listener.id}
                && std::find(each->hosts.begin(), each->hosts.end(), host) != each->hosts.end();
            });
    }

    /// Hosts that a certificate of the document covers; the others go to `local` or `bare`.
    Result<void> addConfigured(TlsEndpoint own, const std::vector<std::string> &hosts,
                               std::vector<std::string> &local, std::vector<std::string> &bare)
    {
        std::vector<std::pair<Identity, std::vector<std::string>>> groups;
        for (const std::string &host : hosts) {
            const Identity identity = configuredFor(host);
            if (!identity) {
                (m_usesLocal && m_sources.localPermits(host) ? local : bare).push_back(host);
                continue;
            }
            const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto &each) {
                return each.first == identity;
            });
            if (group == groups.end())
                groups.push_back({identity, {host}});
            else
                group->second.push_back(host);
        }
        for (auto &[identity, names] : groups) {
            own.identity = identity;
            own.hosts = std::move(names);
            add(own);
        }
        return {};
    }

    Identity configuredFor(std::string_view host) const
    {
        Identity best;
        for (const Identity &identity : m_sources.configured) {
            const bool covers = host.starts_with("*.")
                ? std::find(identity->names.begin(), identity->names.end(), host)
                    != identity->names.end()
                : namesCover(identity->names, host);
            if (covers && (!best || identity->notAfterUnix > best->notAfterUnix))
                best = identity;
        }
        return best;
    }

    Result<Identity> defaultOf(const ListenerConfig &listener) const
    {
        for (const Identity &identity : m_sources.configured) {
            if (identity->id == listener.certificate)
                return identity;
        }
        if (m_usesLocal)
            return m_sources.localDefault();
        if (!m_sources.configured.empty())
            return m_sources.configured.front();
        return Error {ErrorCode::Invalid,
                      "there is no certificate for it: import one, or turn tls.local_ca on"};
    }

    void add(TlsEndpoint endpoint)
    {
        m_config.endpoints.push_back(std::make_shared<const TlsEndpoint>(std::move(endpoint)));
    }

    const Document &m_document;
    const TlsSources &m_sources;
    std::vector<std::string> &m_warnings;
    TlsConfig m_config;
    bool m_usesLocal = true;
};

} // namespace

Result<TlsConfig> planTls(const Document &document, const TlsSources &sources,
                          std::vector<std::string> &warnings)
{
    return Planner(document, sources, warnings).plan();
}

bool greetsAlike(const TlsConfig &a, const TlsConfig &b)
{
    const auto same = [](const auto &x, const auto &y) {
        return x->site == y->site && x->listeners == y->listeners && x->hosts == y->hosts
            && x->clients == y->clients && x->clientCaFile == y->clientCaFile
            && x->clients == ClientCertificates::Off // else the CA's file may have changed
            && x->identity->chainPem == y->identity->chainPem
            && x->identity->keyPem == y->identity->keyPem;
    };
    return a.allowsTls12 == b.allowsTls12 && a.sendsTickets == b.sendsTickets
        && std::equal(a.endpoints.begin(), a.endpoints.end(), b.endpoints.begin(),
                      b.endpoints.end(), same);
}

} // namespace arc
