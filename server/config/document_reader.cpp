// SPDX-License-Identifier: Apache-2.0
#include "server/config/document_json.h"

#include "server/config/unknown_setting.h"

#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

/// The first complaint of a reading; what follows it is skipped.
struct Complaint {
    std::optional<Error> first;
    void add(const std::string &place, std::string_view sentence)
    {
        if (first)
            return;
        first.emplace(ErrorCode::Invalid, std::string(sentence));
        if (!place.empty())
            first = std::move(*first).within(place);
    }
};

/// One JSON object being read: hands out members by key; finish() refuses the keys nobody asked
/// for.
class ObjectReader {
public:
    ObjectReader(const Json &json, std::string place, Complaint &complaint)
        : m_json(json), m_place(std::move(place)), m_complaint(complaint)
    {
        if (!json.is_object())
            m_complaint.add(m_place, "must be an object");
    }

    const Json *find(const char *key)
    {
        m_known.insert(key);
        if (m_complaint.first)
            return nullptr;
        const auto at = m_json.find(key);
        return at == m_json.end() ? nullptr : &*at;
    }
    const Json *require(const char *key)
    {
        const Json *json = find(key);
        if (!json)
            m_complaint.add(placeOf(key), "is missing");
        return json;
    }

    void text(const char *key, std::string &out, bool isRequired = false)
    {
        const Json *json = isRequired ? require(key) : find(key);
        if (json && json->is_string())
            out = json->get_ref<const std::string &>();
        else if (json)
            m_complaint.add(placeOf(key), "must be text");
    }
    void flag(const char *key, bool &out)
    {
        const Json *json = find(key);
        if (json && json->is_boolean())
            out = json->get<bool>();
        else if (json)
            m_complaint.add(placeOf(key), "must be true or false");
    }
    void status(const char *key, int &out)
    {
        const Json *json = find(key);
        if (!json)
            return;
        const bool isSmall = json->is_number_unsigned() && json->get<uint64_t>() <= 999;
        if (isSmall)
            out = json->get<int>();
        else
            m_complaint.add(placeOf(key), "must be an HTTP status");
    }
    void seconds(const char *key, int64_t &out)
    {
        const Json *json = find(key);
        if (!json)
            return;
        if (json->is_number_unsigned() && json->get<uint64_t>() <= INT64_MAX)
            out = json->get<int64_t>();
        else
            m_complaint.add(placeOf(key), "must be a whole number of seconds, from 0 on");
    }
    void number(const char *key, int64_t &out)
    {
        const Json *json = find(key);
        if (!json)
            return;
        if (json->is_number_unsigned() && json->get<uint64_t>() <= INT64_MAX)
            out = json->get<int64_t>();
        else
            m_complaint.add(placeOf(key), "must be a whole number, from 0 on");
    }
    void value(const char *key, std::string &out) { text(key, out); }
    void value(const char *key, bool &out) { flag(key, out); }
    void value(const char *key, int64_t &out) { number(key, out); }
    void texts(const char *key, std::vector<std::string> &out)
    {
        each(key, [&](const Json &item, const std::string &place) {
            if (item.is_string())
                out.push_back(item.get<std::string>());
            else
                m_complaint.add(place, "must be text");
        });
    }
    template <class Visit>
    void each(const char *key, Visit visit)
    {
        const Json *json = find(key);
        if (json && !json->is_array())
            m_complaint.add(placeOf(key), "must be a list");
        if (!json || !json->is_array())
            return;
        for (size_t i = 0; i < json->size() && !m_complaint.first; ++i)
            visit((*json)[i], fmt::format("{}[{}]", placeOf(key), i));
    }

    /// A thing that a later version may have; an empty list of it does no harm.
    void refuse(const char *key, std::string_view sentence)
    {
        const Json *json = find(key);
        if (json && !(json->is_array() && json->empty()))
            m_complaint.add(placeOf(key), sentence);
    }
    void finish()
    {
        if (m_complaint.first)
            return;
        for (const auto &[key, value] : m_json.items()) {
            if (!m_known.contains(key))
                m_complaint.add(
                    placeOf(key),
                    fmt::format("unknown key (known here: {})", fmt::join(m_known, ", ")));
        }
    }
    std::string placeOf(std::string_view key) const
    {
        return m_place.empty() ? std::string(key) : fmt::format("{}.{}", m_place, key);
    }

private:
    const Json &m_json;
    const std::string m_place;
    Complaint &m_complaint;
    std::set<std::string, std::less<>> m_known;
};

void readOverrides(ObjectReader &reader, Overrides &out, Complaint &complaint)
{
    const Json *json = reader.find("settings");
    if (!json)
        return;
    if (!json->is_object()) {
        complaint.add(reader.placeOf("settings"), "must be an object");
        return;
    }
    for (const auto &[key, item] : json->items()) {
        const std::string place = reader.placeOf("settings." + key);
        const SettingRow *row = findSetting(key);
        if (!row) {
            complaint.add(place, unknownSetting(key).message());
            return;
        }
        auto value = settingFromJson(*row, item);
        if (!value) {
            complaint.add(place, value.error().message());
            return;
        }
        out.emplace(key, std::move(*value));
    }
}

void readVariables(const char *key, ObjectReader &reader, std::map<std::string, std::string> &out,
                   Complaint &complaint)
{
    const Json *json = reader.find(key);
    if (!json)
        return;
    if (!json->is_object()) {
        complaint.add(reader.placeOf(key), "must be an object");
        return;
    }
    for (const auto &[name, item] : json->items()) {
        if (item.is_string())
            out.emplace(name, item.get<std::string>());
        else
            complaint.add(reader.placeOf(fmt::format("{}.{}", key, name)), "must be text");
    }
}

ScheduleConfig readSchedule(const Json &json, const std::string &place, Complaint &complaint)
{
    ScheduleConfig schedule;
    ObjectReader reader(json, place, complaint);
    reader.text("name", schedule.name, true);
    reader.text("cron", schedule.cron, true);
    reader.text("time_zone", schedule.timeZone);
    reader.text("command", schedule.command, true);
    reader.text("overlap", schedule.overlap);
    reader.seconds("time_limit_s", schedule.timeLimitSeconds);
    reader.flag("catch_up", schedule.catchUp);
    reader.flag("enabled", schedule.enabled);
    reader.finish();
    return schedule;
}

ServiceConfig readService(const Json &json, const std::string &place, Complaint &complaint)
{
    ServiceConfig service;
    ObjectReader reader(json, place, complaint);
    reader.text("name", service.name, true);
    reader.require("command");
#define FIELD(Type, member, key, option, usual, help) reader.value(key, service.member);
#include "server/config/service_fields.def"
    reader.finish();
    return service;
}

HandlerConfig readHandler(const char *name, const Json &json, const std::string &place,
                          Complaint &complaint)
{
    ObjectReader reader(json, place, complaint);
    const std::string_view kind = name;
    HandlerConfig handler;
    if (kind == "static") {
        auto &out = handler.emplace<StaticRoute>();
        reader.text("root", out.root, true);
        reader.text("index", out.index);
    } else if (kind == "redirect") {
        auto &out = handler.emplace<RedirectRoute>();
        reader.text("to", out.to, true);
        reader.status("status", out.status);
    } else if (kind == "respond") {
        auto &out = handler.emplace<RespondRoute>();
        reader.status("status", out.status);
        reader.text("content_type", out.contentType);
        reader.text("body", out.body);
    } else {
        reader.text("app", handler.emplace<PythonRoute>().app, true);
    }
    reader.finish();
    return handler;
}

RouteConfig readRoute(const Json &json, const std::string &place, Complaint &complaint)
{
    RouteConfig route;
    ObjectReader reader(json, place, complaint);
    reader.text("path", route.path, true);
    reader.texts("methods", route.methods);
    reader.refuse("filters", "this version has no filters");
    reader.refuse("proxy", "this version has no proxy handler");
    int handlers = 0;
    for (const char *name : {"static", "redirect", "respond", "python"}) {
        if (const Json *handler = reader.find(name)) {
            route.handler = readHandler(name, *handler, reader.placeOf(name), complaint);
            ++handlers;
        }
    }
    readOverrides(reader, route.settings, complaint);
    reader.finish();
    if (handlers != 1)
        complaint.add(place, "must have exactly one of static, redirect, respond, python");
    return route;
}

template <class T>
Result<T> ended(T value, Complaint &complaint)
{
    if (complaint.first)
        return *std::move(complaint.first);
    return value;
}

/// Reads a list of objects, each by its own function.
template <class T>
void readList(ObjectReader &reader, const char *key, std::vector<T> &out, Complaint &complaint,
              Result<T> (*read)(const Json &, const std::string &))
{
    reader.each(key, [&](const Json &item, const std::string &place) {
        auto object = read(item, place);
        if (object)
            out.push_back(std::move(*object));
        else
            complaint.add({}, object.error().message());
    });
}

} // namespace

Result<SettingValue> settingFromJson(const SettingRow &row, const Json &json)
{
    SettingValue value;
    if (json.is_string()) // a word for 0, a choice, or a number somebody put in quotes
        return parseSetting(row, json.get_ref<const std::string &>());
    if (json.is_boolean())
        value = json.get<bool>();
    else if (json.is_number_unsigned() && json.get<uint64_t>() > INT64_MAX)
        return Error {ErrorCode::Invalid, "is too large"};
    else if (json.is_number() && row.type == SettingType::Double)
        value = json.get<double>();
    else if (json.is_number_integer())
        value = json.get<int64_t>();
    else if (json.is_number())
        value = json.get<double>();
    else
        return Error {ErrorCode::Invalid, "must be a number, text, true or false"};
    if (auto checked = checkSetting(row, value); !checked)
        return std::move(checked).error();
    return value;
}

Result<ListenerConfig> listenerFromJson(const Json &json, const std::string &place)
{
    Complaint complaint;
    ListenerConfig listener;
    ObjectReader reader(json, place, complaint);
    reader.text("id", listener.id, true);
    reader.text("address", listener.address, true);
    reader.flag("tls", listener.tls);
    reader.flag("proxy_protocol", listener.proxyProtocol);
    reader.text("socket_mode", listener.socketMode);
    reader.text("certificate", listener.certificate);
    reader.finish();
    return ended(std::move(listener), complaint);
}

Result<CertificateConfig> certificateFromJson(const Json &json, const std::string &place)
{
    Complaint complaint;
    CertificateConfig certificate;
    ObjectReader reader(json, place, complaint);
    reader.text("id", certificate.id, true);
    reader.texts("names", certificate.names);
    reader.text("chain", certificate.chain, certificate.names.empty());
    reader.finish();
    return ended(std::move(certificate), complaint);
}

Result<AppConfig> appFromJson(const Json &json, const std::string &place)
{
    Complaint complaint;
    AppConfig app;
    ObjectReader reader(json, place, complaint);
    reader.text("id", app.id, true);
    reader.text("root", app.root, true);
    reader.text("entry", app.entry, true);
    reader.text("interface", app.interface, true);
    reader.text("python", app.python, true);
    reader.text("kind", app.kind);
    readVariables("env", reader, app.env, complaint);
    readVariables("secrets", reader, app.secrets, complaint);
    reader.each("schedules", [&](const Json &item, const std::string &at) {
        app.schedules.push_back(readSchedule(item, at, complaint));
    });
    reader.each("services", [&](const Json &item, const std::string &at) {
        app.services.push_back(readService(item, at, complaint));
    });
    readOverrides(reader, app.settings, complaint);
    reader.finish();
    return ended(std::move(app), complaint);
}

Result<SiteConfig> siteFromJson(const Json &json, const std::string &place)
{
    Complaint complaint;
    SiteConfig site;
    ObjectReader reader(json, place, complaint);
    reader.text("id", site.id, true);
    reader.flag("enabled", site.enabled);
    reader.texts("hosts", site.hosts);
    reader.texts("listeners", site.listeners);
    reader.each("routes", [&](const Json &item, const std::string &at) {
        site.routes.push_back(readRoute(item, at, complaint));
    });
    readOverrides(reader, site.settings, complaint);
    reader.finish();
    return ended(std::move(site), complaint);
}

Result<Document> documentFromJson(const Json &json)
{
    Complaint complaint;
    Document document;
    ObjectReader reader(json, {}, complaint);
    const Json *format = reader.require("format");
    if (format && *format != 1)
        complaint.add("format", "this version reads format 1");
    readOverrides(reader, document.settings, complaint);
    readList(reader, "listeners", document.listeners, complaint, listenerFromJson);
    readList(reader, "certificates", document.certificates, complaint, certificateFromJson);
    readList(reader, "apps", document.apps, complaint, appFromJson);
    reader.refuse("upstreams", "this version has no upstreams");
    readList(reader, "sites", document.sites, complaint, siteFromJson);
    reader.finish();
    return ended(std::move(document), complaint);
}

} // namespace arc
