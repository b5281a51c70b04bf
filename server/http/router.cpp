// SPDX-License-Identifier: Apache-2.0
#include "server/http/router.h"

#include <algorithm>

namespace arc {

namespace {

bool covers(std::string_view prefix, std::string_view path) noexcept
{
    if (prefix == "/")
        return path.starts_with('/');
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool takes(const Route &route, const RequestHead &head) noexcept
{
    if (route.methods.empty())
        return true;
    return std::any_of(route.methods.begin(), route.methods.end(), [&](const std::string &method) {
        return method == head.methodText || (head.method == Method::Head && method == "GET");
    });
}

using Suffix = std::pair<std::string_view, const Site *>;

void addLongestFirst(std::vector<Suffix> &suffixes, Suffix suffix)
{
    const auto isLonger = [](const Suffix &a, const Suffix &b) {
        return a.first.size() > b.first.size();
    };
    suffixes.insert(std::upper_bound(suffixes.begin(), suffixes.end(), suffix, isLonger), suffix);
}

/// The methods of the routes with this prefix, for the Allow header.
std::string allowedBy(const Site &site, const std::string &prefix)
{
    std::vector<std::string_view> methods;
    const auto add = [&](std::string_view method) {
        if (std::find(methods.begin(), methods.end(), method) == methods.end())
            methods.push_back(method);
    };
    for (const Route &route : site.routes) {
        if (route.prefix != prefix)
            continue;
        for (const std::string &method : route.methods) {
            add(method);
            if (method == "GET")
                add("HEAD");
        }
    }
    std::string out;
    for (const std::string_view method : methods) {
        if (!out.empty())
            out += ", ";
        out += method;
    }
    return out;
}

} // namespace

Router::Router(std::vector<std::shared_ptr<const Site>> sites) : m_sites(std::move(sites))
{
    const auto add = [](Names &names, const Site &site) {
        if (site.hosts.empty() && !names.anyHost)
            names.anyHost = &site;
        for (const std::string &host : site.hosts) {
            if (host.starts_with("*."))
                addLongestFirst(names.suffixes, {std::string_view(host).substr(1), &site});
            else
                names.exact.emplace(host, &site);
        }
    };
    for (const auto &site : m_sites) {
        for (const std::string &listener : site->listeners)
            m_byListener.try_emplace(listener);
    }
    for (const auto &site : m_sites) {
        if (site->listeners.empty()) {
            add(m_everyListener, *site);
            for (auto &[listener, names] : m_byListener)
                add(names, *site);
        } else {
            for (const std::string &listener : site->listeners)
                add(m_byListener[listener], *site);
        }
    }
}

const Router::Names &Router::namesOf(std::string_view listener) const
{
    if (!m_byListener.empty()) {
        if (const auto at = m_byListener.find(listener); at != m_byListener.end())
            return at->second;
    }
    return m_everyListener;
}

const Site *Router::siteOf(std::string_view listener, std::string_view host) const
{
    const Names &names = namesOf(listener);
    if (!names.exact.empty()) {
        if (const auto at = names.exact.find(host); at != names.exact.end())
            return at->second;
    }
    for (const auto &[suffix, site] : names.suffixes) {
        if (host.size() > suffix.size() && host.ends_with(suffix))
            return site;
    }
    return names.anyHost;
}

Router::Match Router::match(std::string_view listener, std::string_view host, std::string_view path,
                            const RequestHead &head) const
{
    Match found {.site = siteOf(listener, host)};
    if (!found.site)
        return found;

    const Route *longest = nullptr;
    for (const Route &route : found.site->routes) {
        if (!covers(route.prefix, path))
            continue;
        if (!longest || route.prefix.size() > longest->prefix.size()) {
            longest = &route;
            found.route = takes(route, head) ? &route : nullptr;
        } else if (!found.route && route.prefix.size() == longest->prefix.size()
                   && takes(route, head)) {
            found.route = &route;
        }
    }
    if (found.route) {
        found.outcome = Outcome::Found;
    } else if (longest) {
        found.outcome = Outcome::WrongMethod;
        found.allowed = allowedBy(*found.site, longest->prefix);
    } else {
        found.outcome = Outcome::NoRoute;
    }
    return found;
}

} // namespace arc
