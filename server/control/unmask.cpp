// SPDX-License-Identifier: Apache-2.0
#include "server/control/unmask.h"

#include "server/config/schema.h"
#include "server/config/variables.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

Error unknown(const std::string &place)
{
    return {
        ErrorCode::Invalid,
        fmt::format("{}: \"{}\" stands for a value that is not stored here; write the value, or "
                    "leave it out",
                    place, kMaskedSecret)};
}

Result<void> unmaskSettings(Overrides &settings, const Overrides *stored, const std::string &place)
{
    for (auto &[key, value] : settings) {
        const SettingRow *row = findSetting(key);
        const auto *text = std::get_if<std::string>(&value);
        if (!row || row->type != SettingType::Secret || !text || *text != kMaskedSecret)
            continue;
        if (!stored || !stored->contains(key))
            return unknown(fmt::format("{}settings.{}", place, key));
        value = stored->at(key);
    }
    return {};
}

Result<void> unmaskApp(AppConfig &app, const AppConfig *stored, const std::string &place)
{
    if (auto done = unmaskVariables(app, stored, place); !done)
        return done;
    return unmaskSettings(app.settings, stored ? &stored->settings : nullptr, place);
}

Result<void> unmaskSite(SiteConfig &site, const SiteConfig *stored, const std::string &place)
{
    if (auto done = unmaskSettings(site.settings, stored ? &stored->settings : nullptr, place);
        !done)
        return done;
    for (size_t i = 0; i < site.routes.size(); ++i) {
        RouteConfig &route = site.routes[i];
        const Overrides *known = nullptr;
        if (stored) {
            const auto same = std::ranges::find_if(stored->routes, [&](const RouteConfig &one) {
                return one.path == route.path && one.methods == route.methods;
            });
            known = same == stored->routes.end() ? nullptr : &same->settings;
        }
        if (auto done =
                unmaskSettings(route.settings, known, fmt::format("{}routes[{}].", place, i));
            !done)
            return done;
    }
    return {};
}

} // namespace

Result<void> unmaskVariables(AppConfig &app, const AppConfig *stored, const std::string &place)
{
    const AppConfig none;
    const AppConfig &known = stored ? *stored : none;
    for (auto &[name, value] : app.env) {
        if (value != kMaskedSecret)
            continue;
        if (!known.env.contains(name)) // nor in secrets: nobody makes one of those readable
            return unknown(fmt::format("{}env.{}", place, name));
        value = known.env.at(name);
    }
    for (auto &[name, value] : app.secrets) {
        if (value != kMaskedSecret)
            continue;
        if (known.secrets.contains(name))
            value = known.secrets.at(name);
        else if (known.env.contains(name))
            value = known.env.at(name);
        else
            return unknown(fmt::format("{}secrets.{}", place, name));
    }
    return {};
}

Result<Document> unmask(Document document, const Document &stored)
{
    if (auto done = unmaskSettings(document.settings, &stored.settings, ""); !done)
        return std::move(done).error();
    for (size_t i = 0; i < document.apps.size(); ++i) {
        AppConfig &app = document.apps[i];
        if (auto done = unmaskApp(app, stored.findApp(app.id), fmt::format("apps[{}].", i)); !done)
            return std::move(done).error();
    }
    for (size_t i = 0; i < document.sites.size(); ++i) {
        SiteConfig &site = document.sites[i];
        if (auto done = unmaskSite(site, stored.findSite(site.id), fmt::format("sites[{}].", i));
            !done)
            return std::move(done).error();
    }
    return document;
}

} // namespace arc
