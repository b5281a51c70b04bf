// SPDX-License-Identifier: Apache-2.0
#include "server/control/diagnostics.h"

#include "server/base/text.h"
#include "server/config/schema.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arc {

namespace {

constexpr std::string_view kRemoved = "(removed)";
/// Shorter values ("1", "true", "prod") are masked at their place, but searching the whole report
/// for them would make it unreadable.
constexpr size_t kSecretBytesMin = 5;

void replaceAll(std::string &text, std::string_view what, std::string_view with)
{
    for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

/// "https://user:word@host" → "https://(removed)@host".
void removeUserInfo(std::string &text)
{
    for (size_t at = text.find("://"); at != text.npos; at = text.find("://", at + 3)) {
        const size_t begin = at + 3;
        const size_t end = text.find_first_of("/ \"'\n?#", begin);
        const size_t sign = text.substr(begin, end - begin).rfind('@');
        if (sign != std::string::npos)
            text.replace(begin, sign, kRemoved);
    }
}

void maskSettings(Overrides &settings, std::vector<std::string> &secrets)
{
    for (auto &[key, value] : settings) {
        const SettingRow *row = findSetting(key);
        auto *text = std::get_if<std::string>(&value);
        if (!row || row->type != SettingType::Secret || !text)
            continue;
        if (text->size() >= kSecretBytesMin)
            secrets.push_back(*text);
        *text = kMaskedSecret;
    }
}

/// A value as it stands in JSON or a log: quotes and backslashes escaped.
std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out;
}

void addStatus(std::string &out, const DiagnosticsParts &parts)
{
    const api::Status &status = parts.status;
    out += "\n== Engine\n";
    const double age = static_cast<double>(parts.unixMs - status.startedUnixMs) / 1000;
    out += fmt::format("{}, pid {}, for {}, revision {}, {} loops on {} cores\n", status.state,
                       status.pid, formatDuration(std::max(age, 0.0)), status.revision,
                       status.loops, status.cores);
    for (const api::ListenerStatus &listener : status.listeners) {
        out += listener.error.empty() ? fmt::format("listener {}: {}\n", listener.id, listener.url)
                                      : fmt::format("listener {}: {} is closed: {}\n", listener.id,
                                                    listener.address, listener.error);
    }
    out += fmt::format("operations: {}\n", status.opsUrl.empty() ? "closed" : status.opsUrl);
    for (const std::string &warning : status.warnings)
        out += fmt::format("warning: {}\n", warning);
    const auto bytes = [](int64_t n) {
        return n < 0 ? std::string("unknown") : formatBytes(static_cast<double>(n));
    };
    out += fmt::format("memory: engine {}, machine {} of {} used\n",
                       bytes(parts.host.engineMemoryBytes), bytes(parts.host.memoryUsedBytes),
                       bytes(parts.host.memoryTotalBytes));
}

bool isSecret(std::string_view key)
{
    const SettingRow *row = findSetting(key);
    return row && row->type == SettingType::Secret;
}

using Json = nlohmann::ordered_json;

/// A member of an object's JSON that is an object as well, or null.
Json *membersOf(Json &json, const char *key)
{
    const auto found = json.is_object() ? json.find(key) : json.end();
    return found != json.end() && found->is_object() ? &*found : nullptr;
}

/// Of an object's JSON, as the configuration has it: secrets, and what else `hide` names.
void mask(Json &json, Hide hide)
{
    const auto maskAll = [](Json *members, auto isHidden) {
        for (auto member = members ? members->begin() : Json::iterator();
             members && member != members->end(); ++member) {
            if (isHidden(member.key()))
                member.value() = kMaskedSecret;
        }
    };
    const auto all = [](const std::string &) {
        return true;
    };
    maskAll(membersOf(json, "secrets"), all);
    if (hide == Hide::Secrets)
        return;
    maskAll(membersOf(json, "env"), all);
    maskAll(membersOf(json, "settings"), isSecret);
}

/// Both sides of an object that changed, masked; a secret that differs says so, since its two masks
/// do not.
void maskSides(ChangeItem &item, Hide hide)
{
    Json before = Json::parse(item.before, nullptr, false);
    Json after = Json::parse(item.after, nullptr, false);
    const Json sealed = membersOf(before, "secrets") ? *membersOf(before, "secrets") : Json();
    const Json next = membersOf(after, "secrets") ? *membersOf(after, "secrets") : Json();
    mask(before, hide);
    mask(after, hide);
    if (Json *shown = membersOf(after, "secrets")) {
        for (auto secret = shown->begin(); secret != shown->end(); ++secret) {
            const auto old = sealed.is_object() ? sealed.find(secret.key()) : sealed.end();
            if (old != sealed.end() && *old != next.at(secret.key()))
                secret.value() = kChangedSecret;
        }
    }
    if (before.is_object())
        item.before = before.dump();
    if (after.is_object())
        item.after = after.dump();
}

} // namespace

ChangeItem maskSecrets(ChangeItem item, Hide hide)
{
    if (item.kind != "setting") {
        maskSides(item, hide);
        return item;
    }
    for (std::string *side : {&item.before, &item.after}) {
        if (hide == Hide::AllValues && isSecret(item.id) && !side->empty())
            *side = fmt::format("\"{}\"", kMaskedSecret);
    }
    return item;
}

Document maskSecrets(Document document)
{
    for (AppConfig &app : document.apps) {
        for (auto &[name, value] : app.secrets)
            value = kMaskedSecret;
    }
    return document;
}

Document maskValues(Document document, std::vector<std::string> &secrets)
{
    document = maskSecrets(std::move(document));
    maskSettings(document.settings, secrets);
    for (AppConfig &app : document.apps) {
        maskSettings(app.settings, secrets);
        for (auto &[name, value] : app.env) {
            if (value.size() >= kSecretBytesMin)
                secrets.push_back(value);
            value = kMaskedSecret;
        }
    }
    for (SiteConfig &site : document.sites) {
        maskSettings(site.settings, secrets);
        for (RouteConfig &route : site.routes)
            maskSettings(route.settings, secrets);
    }
    return document;
}

std::string diagnosticsText(const DiagnosticsParts &parts)
{
    std::vector<std::string> secrets;
    std::ranges::copy_if(parts.secrets, std::back_inserter(secrets),
                         [](const std::string &one) { return one.size() >= kSecretBytesMin; });
    const Document masked = maskValues(parts.document, secrets);
    const api::About &about = parts.about;
    std::string out =
        fmt::format("Arcology diagnostics, {}\nSecrets and values of environment variables are "
                    "taken out.\n\n== Program\nArcology {} ({})\n{}\n",
                    formatTimestamp(parts.unixMs), about.version, about.build, about.system);
    for (const auto &[name, version] : about.libraries)
        out += fmt::format("{} {}\n", name, version);
    out += fmt::format("program: {}\ndata: {}\nlogs: {}\n", about.executable, about.dataDir,
                       about.logDir);
    addStatus(out, parts);
    out += "\n== Machine\n" + parts.machine;
    out += "\n== Configuration\n" + printDocument(masked) + "\n";
    out += "\n== Last lines of the engine's log\n" + (parts.log.empty() ? "none\n" : parts.log);
    // Longest first, so that a secret which contains another one goes whole.
    std::ranges::sort(secrets, std::ranges::greater {}, &std::string::size);
    for (const std::string &secret : secrets) {
        replaceAll(out, secret, kRemoved);
        replaceAll(out, escaped(secret), kRemoved);
    }
    removeUserInfo(out);
    return out;
}

} // namespace arc
