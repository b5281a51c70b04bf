// SPDX-License-Identifier: Apache-2.0
#include "server/config/document_json.h"

namespace arc {

namespace {

Json handlerToJson(const StaticRoute &handler)
{
    return {{"root", handler.root}, {"index", handler.index}};
}
Json handlerToJson(const RedirectRoute &handler)
{
    return {{"to", handler.to}, {"status", handler.status}};
}
Json handlerToJson(const RespondRoute &handler)
{
    return {
        {"status", handler.status}, {"content_type", handler.contentType}, {"body", handler.body}};
}
Json handlerToJson(const PythonRoute &handler)
{
    return {{"app", handler.app}};
}

constexpr const char *kHandlerNames[] = {"static", "redirect", "respond", "python"};
static_assert(std::variant_size_v<HandlerConfig> == std::size(kHandlerNames));

Json routeToJson(const RouteConfig &route)
{
    Json json = Json::object();
    json["path"] = route.path;
    if (!route.methods.empty())
        json["methods"] = route.methods;
    json[kHandlerNames[route.handler.index()]] =
        std::visit([](const auto &handler) { return handlerToJson(handler); }, route.handler);
    if (!route.settings.empty())
        json["settings"] = overridesToJson(route.settings);
    return json;
}

/// What is as usual is left out.
Json scheduleToJson(const ScheduleConfig &schedule)
{
    const ScheduleConfig usual;
    Json json = {{"name", schedule.name}, {"cron", schedule.cron}};
    if (!schedule.timeZone.empty())
        json["time_zone"] = schedule.timeZone;
    json["command"] = schedule.command;
    if (schedule.overlap != usual.overlap)
        json["overlap"] = schedule.overlap;
    if (schedule.timeLimitSeconds != usual.timeLimitSeconds)
        json["time_limit_s"] = schedule.timeLimitSeconds;
    if (schedule.catchUp)
        json["catch_up"] = true;
    if (!schedule.enabled)
        json["enabled"] = false;
    return json;
}

Json serviceToJson(const ServiceConfig &service)
{
    const ServiceConfig usual;
    Json json = {{"name", service.name}};
#define FIELD(Type, member, key, option, ordinary, help)                                           \
    if (service.member != usual.member)                                                            \
        json[key] = service.member;
#include "server/config/service_fields.def"
    return json;
}

template <class List, class Print>
Json listToJson(const List &list, Print print)
{
    Json json = Json::array();
    for (const auto &item : list)
        json.push_back(print(item));
    return json;
}

} // namespace

Json settingToJson(const SettingRow &row, const SettingValue &value)
{
    const auto *whole = std::get_if<int64_t>(&value);
    const auto *real = std::get_if<double>(&value);
    if (!row.zeroMeans.empty() && ((whole && *whole == 0) || (real && *real == 0)))
        return std::string(row.zeroMeans);
    return std::visit([](const auto &plain) { return Json(plain); }, value);
}

Json overridesToJson(const Overrides &overrides)
{
    Json json = Json::object();
    for (const auto &[key, value] : overrides) {
        if (const SettingRow *row = findSetting(key))
            json[key] = settingToJson(*row, value);
    }
    return json;
}

Json listenerToJson(const ListenerConfig &listener)
{
    Json json = {{"id", listener.id}, {"address", listener.address}};
    if (listener.tls)
        json["tls"] = true;
    if (listener.proxyProtocol)
        json["proxy_protocol"] = true;
    if (!listener.socketMode.empty())
        json["socket_mode"] = listener.socketMode;
    if (!listener.certificate.empty())
        json["certificate"] = listener.certificate;
    return json;
}

Json certificateToJson(const CertificateConfig &certificate)
{
    if (!certificate.names.empty())
        return {{"id", certificate.id}, {"names", certificate.names}};
    return {{"id", certificate.id}, {"chain", certificate.chain}};
}

Json appToJson(const AppConfig &app)
{
    Json json = {{"id", app.id},
                 {"root", app.root},
                 {"entry", app.entry},
                 {"interface", app.interface},
                 {"python", app.python}};
    if (!app.kind.empty())
        json["kind"] = app.kind;
    if (!app.env.empty())
        json["env"] = app.env;
    if (!app.secrets.empty())
        json["secrets"] = app.secrets;
    if (!app.schedules.empty())
        json["schedules"] = listToJson(app.schedules, scheduleToJson);
    if (!app.services.empty())
        json["services"] = listToJson(app.services, serviceToJson);
    if (!app.settings.empty())
        json["settings"] = overridesToJson(app.settings);
    return json;
}

Json siteToJson(const SiteConfig &site)
{
    Json json = {{"id", site.id},
                 {"enabled", site.enabled},
                 {"hosts", Json(site.hosts)},
                 {"listeners", Json(site.listeners)}};
    if (!site.settings.empty())
        json["settings"] = overridesToJson(site.settings);
    json["routes"] = listToJson(site.routes, routeToJson);
    return json;
}

std::string printDocument(const Document &document)
{
    Json json = Json::object();
    json["format"] = 1;
    json["settings"] = overridesToJson(document.settings);
    json["listeners"] = listToJson(document.listeners, listenerToJson);
    if (!document.certificates.empty())
        json["certificates"] = listToJson(document.certificates, certificateToJson);
    json["apps"] = listToJson(document.apps, appToJson);
    json["sites"] = listToJson(document.sites, siteToJson);
    return printJson(json) + "\n";
}

} // namespace arc
