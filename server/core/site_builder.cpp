// SPDX-License-Identifier: Apache-2.0
#include "server/core/site_builder.h"

#include "server/http/session/simple_handlers.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

namespace arc {

namespace {

std::string withoutTrailingSlash(const std::string &prefix)
{
    return prefix.size() > 1 && prefix.ends_with('/') ? prefix.substr(0, prefix.size() - 1)
                                                      : prefix;
}

FileWishes wishesOf(const Settings &settings)
{
    return {.precompressed = settings.filesPrecompressed,
            .immutable = settings.filesImmutable,
            .listing = settings.filesListing,
            .listingMax = static_cast<size_t>(settings.filesListingMax)};
}

/// A configured folder within the folder of an app of the site: where a release of that serves, its
/// copy, so that files are as old as the code. What the release shares, or does not have, is
/// served as it is.
std::string folderInUse(const std::string &folder, const SiteConfig &site, const Document &document,
                        const SiteSources &sources)
{
    for (const RouteConfig &route : site.routes) {
        const auto *python = std::get_if<PythonRoute>(&route.handler);
        const AppPool *pool = python ? sources.pool(python->app) : nullptr;
        if (!pool)
            continue;
        const std::string &root = document.findApp(python->app)->root;
        const PoolInfo info = pool->info();
        if (info.release.empty() || !folder.starts_with(root + "/"))
            continue;
        const std::string copy = info.root + folder.substr(root.size());
        std::error_code error;
        // One that a link leads to has another name.
        if (std::filesystem::canonical(copy, error)
            == std::filesystem::canonical(info.root, error) / folder.substr(root.size() + 1))
            return copy;
    }
    return folder;
}

std::shared_ptr<const Handler> handlerOf(const RouteConfig &route, const Settings &settings,
                                         const SiteConfig &site, const Document &document,
                                         const SiteSources &sources)
{
    if (const auto *files = std::get_if<StaticRoute>(&route.handler))
        return sources.files.get({.roots = {folderInUse(files->root, site, document, sources)},
                                  .prefix = route.path,
                                  .index = files->index,
                                  .wishes = wishesOf(settings)});
    if (const auto *redirect = std::get_if<RedirectRoute>(&route.handler))
        return std::make_shared<RedirectHandler>(*redirect, route.path);
    if (const auto *respond = std::get_if<RespondRoute>(&route.handler))
        return std::make_shared<RespondHandler>(*respond);
    const AppPool *pool = sources.pool(std::get<PythonRoute>(route.handler).app);
    return pool ? pool->handler() : nullptr;
}

void addMounts(Site &site, const SiteConfig &config, const Document &document,
               const SiteSources &sources)
{
    for (const RouteConfig &route : config.routes) {
        const auto *python = std::get_if<PythonRoute>(&route.handler);
        const AppPool *pool = python ? sources.pool(python->app) : nullptr;
        if (!pool
            || !appSettings(document, *document.findApp(python->app), sources.pinned).staticFromApp)
            continue;
        for (const StaticMount &mount : pool->info().mounts) {
            const std::string prefix = withoutTrailingSlash(mount.prefix);
            const bool isClaimed =
                std::any_of(site.routes.begin(), site.routes.end(),
                            [&](const Route &each) { return each.prefix == prefix; });
            if (prefix == "/" || prefix.empty() || isClaimed)
                continue;
            const Settings settings = routeSettings(document, config, route, sources.pinned);
            FileWishes wishes = wishesOf(settings);
            wishes.listing = false; // the app named the folder; nobody asked to show what is in it
            site.routes.push_back(
                {.prefix = prefix,
                 .handler = sources.files.get(
                     {.roots = mount.roots, .prefix = prefix, .index = {}, .wishes = wishes}),
                 .settings = settings});
        }
    }
}

std::shared_ptr<const OwnErrorPages> errorPagesOf(std::string_view site, const Settings &settings,
                                                  const SiteSources &sources)
{
    if (settings.errorPages.empty())
        return nullptr;
    auto pages = OwnErrorPages::read(settings.errorPages);
    if (!pages)
        sources.complain(
            fmt::format("The folder {} with error pages of site \"{}\" cannot be read.",
                        settings.errorPages, site));
    return pages;
}

std::shared_ptr<Site> bareSite(const SiteConfig &config, const Settings &settings,
                               const SiteSources &sources)
{
    auto site = std::make_shared<Site>();
    site->id = config.id;
    site->hosts = config.hosts;
    site->listeners = config.listeners;
    site->metrics = sources.metrics.site(config.id);
    site->errorPages = errorPagesOf(config.id, settings, sources);
    return site;
}

std::shared_ptr<const Site> runningSite(const SiteConfig &config, const Document &document,
                                        const SiteSources &sources)
{
    auto site = bareSite(config, siteSettings(document, config, sources.pinned), sources);
    site->securePort = sources.securePort(config);
    for (const RouteConfig &route : config.routes) {
        const Settings settings = routeSettings(document, config, route, sources.pinned);
        auto handler = handlerOf(route, settings, config, document, sources);
        if (!handler)
            continue;
        site->routes.push_back({.prefix = withoutTrailingSlash(route.path),
                                .methods = route.methods,
                                .handler = std::move(handler),
                                .settings = settings});
    }
    addMounts(*site, config, document, sources);
    return site;
}

/// Its hosts stay its own, unless a running site has taken them: visitors must not be shown
/// another site under its name.
std::shared_ptr<const Site> stoppedSite(const SiteConfig &config, const Document &document,
                                        const SiteSources &sources)
{
    Settings settings = siteSettings(document, config, sources.pinned);
    settings.tlsClients = "off"; // nothing of the site is shown
    settings.tlsRedirect = false;
    auto site = bareSite(config, settings, sources);
    site->isStopped = true;
    site->routes.push_back({.prefix = "/",
                            .methods = {},
                            .handler = std::make_shared<StoppedHandler>(),
                            .settings = settings});
    return site;
}

} // namespace

std::shared_ptr<const Handler> StaticHandlers::get(StaticOptions options)
{
    std::erase_if(m_known, [](const auto &entry) { return entry.second.expired(); });
    std::weak_ptr<const Handler> &known =
        m_known[{options.roots, options.prefix, options.index, options.wishes}];
    std::shared_ptr<const Handler> handler = known.lock();
    if (!handler) {
        handler = std::make_shared<const StaticHandler>(std::move(options));
        known = handler;
    }
    return handler;
}

std::shared_ptr<const HttpSnapshot> buildSnapshot(const Document &document, uint64_t revision,
                                                  const SiteSources &sources)
{
    std::vector<std::shared_ptr<const Site>> sites;
    for (const SiteConfig &config : document.sites) {
        if (config.enabled)
            sites.push_back(runningSite(config, document, sources));
    }
    for (const SiteConfig &config : document.sites) {
        if (!config.enabled)
            sites.push_back(stoppedSite(config, document, sources));
    }
    auto snapshot = std::make_shared<HttpSnapshot>();
    snapshot->revision = revision;
    snapshot->settings = engineSettings(document, sources.pinned);
    snapshot->tls = sources.tls;
    snapshot->router = std::make_unique<const Router>(std::move(sites));
    return snapshot;
}

namespace {

bool hasApp(const SiteConfig &site, std::string_view app)
{
    return site.enabled
        && std::any_of(site.routes.begin(), site.routes.end(), [&](const auto &route) {
               const auto *python = std::get_if<PythonRoute>(&route.handler);
               return python && python->app == app;
           });
}

bool hasTls(const SiteConfig &site, const Document &document)
{
    const auto &ids = site.listeners;
    return std::any_of(document.listeners.begin(), document.listeners.end(), [&](const auto &each) {
        return each.tls && (ids.empty() || std::find(ids.begin(), ids.end(), each.id) != ids.end());
    });
}

} // namespace

std::string appOrigin(const Document &document, std::string_view app)
{
    for (const SiteConfig &site : document.sites) {
        if (!hasApp(site, app))
            continue;
        const auto named = std::find_if(site.hosts.begin(), site.hosts.end(),
                                        [](const std::string &host) { return host[0] != '*'; });
        return fmt::format("{}://{}", hasTls(site, document) ? "https" : "http",
                           named == site.hosts.end() ? "localhost" : *named);
    }
    return {};
}

} // namespace arc
