// SPDX-License-Identifier: Apache-2.0
#include "server/config/address.h"
#include "server/config/checks.h"
#include "server/config/document_json.h"

#include <map>
#include <set>

#include <fmt/format.h>

namespace arc {

namespace {

template <class T>
void checkUnique(Checks &checks, const std::vector<T> &list, const char *name)
{
    std::set<std::string_view> seen;
    for (size_t i = 0; i < list.size(); ++i) {
        checks.expect(seen.insert(list[i].id).second, fmt::format("{}[{}].id", name, i),
                      fmt::format("\"{}\" is taken", list[i].id));
    }
}

void checkAddresses(Checks &checks, const Document &document)
{
    std::map<std::string_view, std::string_view> owners;
    for (size_t i = 0; i < document.listeners.size(); ++i) {
        const ListenerConfig &listener = document.listeners[i];
        if (picksAnyPort(listener.address))
            continue;
        const auto [owner, isNew] = owners.emplace(listener.address, listener.id);
        checks.expect(isNew, fmt::format("listeners[{}].address", i),
                      fmt::format("listener \"{}\" has the same address", owner->second));
    }
}

void checkReferences(Checks &checks, const Document &document)
{
    for (size_t i = 0; i < document.listeners.size(); ++i) {
        const ListenerConfig &listener = document.listeners[i];
        checks.expect(listener.certificate.empty() || listener.tls,
                      fmt::format("listeners[{}].certificate", i),
                      "the listener does not speak TLS");
        checks.expect(listener.certificate.empty()
                          || document.findCertificate(listener.certificate),
                      fmt::format("listeners[{}].certificate", i),
                      fmt::format("there is no certificate \"{}\"", listener.certificate));
    }
    for (size_t i = 0; i < document.sites.size(); ++i) {
        const SiteConfig &site = document.sites[i];
        for (size_t k = 0; k < site.listeners.size(); ++k) {
            checks.expect(document.findListener(site.listeners[k]),
                          fmt::format("sites[{}].listeners[{}]", i, k),
                          fmt::format("there is no listener \"{}\"", site.listeners[k]));
        }
        for (size_t k = 0; k < site.routes.size(); ++k) {
            const auto *python = std::get_if<PythonRoute>(&site.routes[k].handler);
            checks.expect(!python || document.findApp(python->app),
                          fmt::format("sites[{}].routes[{}].python.app", i, k),
                          fmt::format("there is no app \"{}\"", python ? python->app : ""));
        }
    }
}

/// Listener and host of every claim of enabled sites; the empty host stands for any.
void checkClaims(Checks &checks, const Document &document)
{
    std::map<std::pair<std::string, std::string>, std::string_view> owners;
    std::vector<std::string> every {std::string()}; // a document without listeners still has claims
    for (const ListenerConfig &listener : document.listeners)
        every.push_back(listener.id);
    for (size_t i = 0; i < document.sites.size(); ++i) {
        const SiteConfig &site = document.sites[i];
        if (!site.enabled)
            continue;
        const auto hosts = site.hosts.empty() ? std::vector<std::string> {{}} : site.hosts;
        for (size_t k = 0; k < hosts.size(); ++k) {
            const std::string place = site.hosts.empty() ? fmt::format("sites[{}].hosts", i)
                                                         : fmt::format("sites[{}].hosts[{}]", i, k);
            const std::string what = site.hosts.empty() ? "every host" : '"' + hosts[k] + '"';
            for (const std::string &listener : site.listeners.empty() ? every : site.listeners) {
                const auto [owner, isNew] = owners.emplace(std::pair(listener, hosts[k]), site.id);
                checks.expect(isNew || owner->second == site.id, place,
                              fmt::format("{} is claimed by site \"{}\"", what, owner->second));
            }
        }
    }
}

/// Inner levels see outer values, so the rules that tie keys together are asked once more with
/// both.
void checkInherited(Checks &checks, const Document &document)
{
    const Settings engine = inherit(Settings {}, document.settings);
    for (size_t i = 0; i < document.apps.size(); ++i)
        checks.pass(checkTogether(inherit(engine, document.apps[i].settings)),
                    fmt::format("apps[{}].settings.", i));
    for (size_t i = 0; i < document.sites.size(); ++i) {
        const SiteConfig &site = document.sites[i];
        const Settings own = inherit(engine, site.settings);
        checks.pass(checkTogether(own), fmt::format("sites[{}].settings.", i));
        for (size_t k = 0; k < site.routes.size(); ++k)
            checks.pass(checkTogether(inherit(own, site.routes[k].settings)),
                        fmt::format("sites[{}].routes[{}].settings.", i, k));
    }
}

} // namespace

Result<void> validate(const Document &document)
{
    if (auto checked = checkObjects(document); !checked)
        return checked;
    Checks checks;
    checkUnique(checks, document.listeners, "listeners");
    checkUnique(checks, document.certificates, "certificates");
    checkUnique(checks, document.apps, "apps");
    checkUnique(checks, document.sites, "sites");
    checkAddresses(checks, document);
    checkReferences(checks, document);
    checkClaims(checks, document);
    checkInherited(checks, document);
    return checks.end();
}

} // namespace arc
