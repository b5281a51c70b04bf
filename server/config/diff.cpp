// SPDX-License-Identifier: Apache-2.0
#include "server/config/document_json.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kSummaryItemsMax = 5; // a history line must stay a line

using Objects = std::vector<std::pair<std::string, std::string>>; // id and JSON, as they stand

Objects settingsOf(const Document &document)
{
    Objects out;
    for (const auto &[key, value] : document.settings) {
        if (const SettingRow *row = findSetting(key))
            out.emplace_back(key, printJsonLine(settingToJson(*row, value)));
    }
    return out;
}

template <class T>
Objects objectsOf(const std::vector<T> &list, Json (*print)(const T &))
{
    Objects out;
    for (const T &item : list)
        out.emplace_back(item.id, printJsonLine(print(item)));
    return out;
}

/// New objects come in the order of their document, so that applying the diff appends them in it.
void compare(Diff &diff, const char *kind, const Objects &before, const Objects &after)
{
    const std::map<std::string, std::string> old(before.begin(), before.end());
    const std::map<std::string, std::string> now(after.begin(), after.end());
    for (const auto &[id, json] : before) {
        const auto at = now.find(id);
        if (at == now.end())
            diff.push_back({.kind = kind, .id = id, .before = json});
        else if (at->second != json)
            diff.push_back({.kind = kind, .id = id, .before = json, .after = at->second});
    }
    for (const auto &[id, json] : after) {
        if (!old.contains(id))
            diff.push_back({.kind = kind, .id = id, .after = json});
    }
}

std::string nameOf(const ChangeItem &item)
{
    return fmt::format("{} {}", item.kind, item.id);
}

Error changedSince(const ChangeItem &item)
{
    return {ErrorCode::Conflict, nameOf(item) + " was changed since"};
}

Result<void> applySetting(Overrides &settings, const ChangeItem &item)
{
    const SettingRow *row = findSetting(item.id);
    if (!row)
        return Error {ErrorCode::Invalid, "there is no such setting"};
    const auto read = [&](const std::string &text) -> Result<SettingValue> {
        auto json = parseJson(text);
        return json ? settingFromJson(*row, *json) : Result<SettingValue>(json.error());
    };
    const auto now = settings.find(item.id);
    if ((now == settings.end()) != item.before.empty())
        return changedSince(item);
    if (now != settings.end()) {
        auto before = read(item.before);
        if (!before || *before != now->second)
            return changedSince(item);
    }
    if (item.after.empty()) {
        settings.erase(item.id);
        return {};
    }
    auto after = read(item.after);
    if (!after)
        return std::move(after).error();
    settings.insert_or_assign(item.id, std::move(*after));
    return {};
}

template <class T>
using ReadObject = Result<T> (*)(const Json &, const std::string &);

template <class T>
Result<T> readObject(const std::string &text, ReadObject<T> read)
{
    auto json = parseJson(text);
    return json ? read(*json, {}) : Result<T>(json.error());
}

template <class T>
Result<void> applyObject(std::vector<T> &list, const ChangeItem &item, ReadObject<T> read)
{
    const auto at =
        std::find_if(list.begin(), list.end(), [&](const T &one) { return one.id == item.id; });
    if ((at == list.end()) != item.before.empty())
        return changedSince(item);
    if (at != list.end()) {
        auto before =
            readObject(item.before, read); // by value: spelling may differ between versions
        if (!before || !(*before == *at))
            return changedSince(item);
    }
    if (item.after.empty()) {
        list.erase(at);
        return {};
    }
    auto after = readObject(item.after, read);
    if (!after)
        return std::move(after).error();
    if (after->id != item.id)
        return Error {ErrorCode::Invalid, fmt::format("holds the id \"{}\"", after->id)};
    if (at == list.end())
        list.push_back(std::move(*after));
    else
        *at = std::move(*after);
    return {};
}

Result<void> applyItem(Document &document, const ChangeItem &item)
{
    if (item.before.empty() && item.after.empty())
        return Error {ErrorCode::Invalid, "has neither before nor after"};
    if (item.kind == "setting")
        return applySetting(document.settings, item);
    if (item.kind == "listener")
        return applyObject(document.listeners, item, listenerFromJson);
    if (item.kind == "certificate")
        return applyObject(document.certificates, item, certificateFromJson);
    if (item.kind == "app")
        return applyObject(document.apps, item, appFromJson);
    if (item.kind == "site")
        return applyObject(document.sites, item, siteFromJson);
    return Error {ErrorCode::Invalid, "unknown kind"};
}

// ---- for people ----

/// A setting's JSON as printSetting() prints it; JSON as it is when this version does not know the
/// key.
std::string printValue(const std::string &key, const Json &json)
{
    if (const SettingRow *row = findSetting(key)) {
        if (auto value = settingFromJson(*row, json))
            return printSetting(*row, *value);
    }
    return printJsonLine(json);
}

std::string changeOf(const std::string &key, const Json *before, const Json *after)
{
    if (!after)
        return key + " reset";
    if (!before)
        return fmt::format("{} → {}", key, printValue(key, *after));
    return fmt::format("{} {} → {}", key, printValue(key, *before), printValue(key, *after));
}

const Json *memberOf(const Json &json, const std::string &key)
{
    if (!json.is_object())
        return nullptr;
    const auto at = json.find(key);
    return at == json.end() ? nullptr : &*at;
}

/// Calls `visit(key, before, after)` for each member that differs; a missing one is null.
template <class Visit>
void eachDifference(const Json &before, const Json &after, Visit visit)
{
    std::set<std::string> keys;
    for (const Json *json : {&before, &after}) {
        for (const auto &[key, value] : json->items())
            keys.insert(key);
    }
    for (const std::string &key : keys) {
        const Json *old = memberOf(before, key);
        const Json *now = memberOf(after, key);
        if (!old || !now || *old != *now)
            visit(key, old, now);
    }
}

std::string join(const std::vector<std::string> &parts)
{
    std::string out;
    for (size_t i = 0; i < parts.size() && i < kSummaryItemsMax; ++i)
        out += (i > 0 ? ", " : "") + parts[i];
    if (parts.size() > kSummaryItemsMax)
        out += fmt::format(" and {} more", parts.size() - kSummaryItemsMax);
    return out;
}

/// A variable by its name, since the value may be a secret.
std::string variableOf(const char *kind, const std::string &name, const Json *before,
                       const Json *after)
{
    return fmt::format("{} {}{}", kind, name, !before ? " added" : !after ? " removed" : "");
}

/// What changed inside an object: settings with their values, variables by their names, other
/// members as such.
std::string insideOf(const ChangeItem &item)
{
    const auto before = parseJson(item.before);
    const auto after = parseJson(item.after);
    if (!before || !after || !before->is_object() || !after->is_object())
        return {};
    std::vector<std::string> parts;
    eachDifference(*before, *after, [&](const std::string &key, const Json *old, const Json *now) {
        const char *kind = key == "env" ? "variable" : key == "secrets" ? "secret" : nullptr;
        if (!kind && key != "settings") {
            parts.push_back(key);
            return;
        }
        const Json none = Json::object();
        eachDifference(old ? *old : none, now ? *now : none,
                       [&](const std::string &name, const Json *was, const Json *is) {
                           parts.push_back(kind ? variableOf(kind, name, was, is)
                                                : changeOf(name, was, is));
                       });
    });
    return parts.empty() ? std::string() : fmt::format(" ({})", join(parts));
}

std::string summariseItem(const ChangeItem &item)
{
    if (item.kind == "setting") {
        const auto before = parseJson(item.before);
        const auto after = parseJson(item.after);
        return changeOf(item.id, before ? &*before : nullptr, after ? &*after : nullptr);
    }
    if (item.before.empty())
        return nameOf(item) + " added";
    if (item.after.empty())
        return nameOf(item) + " removed";
    return nameOf(item) + " changed" + insideOf(item);
}

/// A site whose item is gone here and comes again there under another name, or nothing.
const ChangeItem *renamedTo(const Diff &diff, const ChangeItem &gone)
{
    if (gone.kind != "site" || !gone.after.empty())
        return nullptr;
    const auto apart = [](const std::string &text, const std::string &id) {
        auto json = parseJson(text).value_or(Json::object());
        json.erase("id");
        if (const auto hosts = json.find("hosts"); hosts != json.end() && hosts->is_array()) {
            for (Json &host : *hosts) {
                if (host == Json(id + ".localhost"))
                    host = ""; // made from the name, which it follows
            }
        }
        return json;
    };
    const Json before = apart(gone.before, gone.id);
    for (const ChangeItem &item : diff) {
        if (item.kind == "site" && item.before.empty() && apart(item.after, item.id) == before)
            return &item;
    }
    return nullptr;
}

} // namespace

Diff diffDocuments(const Document &before, const Document &after)
{
    Diff diff;
    compare(diff, "setting", settingsOf(before), settingsOf(after));
    compare(diff, "listener", objectsOf(before.listeners, listenerToJson),
            objectsOf(after.listeners, listenerToJson));
    compare(diff, "certificate", objectsOf(before.certificates, certificateToJson),
            objectsOf(after.certificates, certificateToJson));
    compare(diff, "app", objectsOf(before.apps, appToJson), objectsOf(after.apps, appToJson));
    compare(diff, "site", objectsOf(before.sites, siteToJson), objectsOf(after.sites, siteToJson));
    return diff;
}

Result<Document> applyDiff(const Document &document, const Diff &diff)
{
    Document out = document;
    for (const ChangeItem &item : diff) {
        auto applied = applyItem(out, item);
        if (!applied && applied.error().code() == ErrorCode::Conflict)
            return std::move(applied).error();
        if (!applied)
            return std::move(applied).error().within(nameOf(item));
    }
    return out;
}

Diff invertDiff(const Diff &diff)
{
    Diff inverse(diff.rbegin(), diff.rend());
    for (ChangeItem &item : inverse)
        std::swap(item.before, item.after);
    return inverse;
}

std::string printDiff(const Diff &diff)
{
    Json json = Json::array();
    for (const ChangeItem &item : diff) {
        Json line = {{"kind", item.kind}, {"id", item.id}};
        if (!item.before.empty())
            line["before"] = item.before;
        if (!item.after.empty())
            line["after"] = item.after;
        json.push_back(std::move(line));
    }
    return printJsonLine(json);
}

Result<Diff> parseDiff(std::string_view text)
{
    auto json = parseJson(text);
    if (!json)
        return std::move(json).error().within("diff");
    if (!json->is_array())
        return Error {ErrorCode::Invalid, "diff: must be a list"};
    Diff diff;
    for (const Json &line : *json) {
        ChangeItem item;
        if (!line.is_object())
            return Error {ErrorCode::Invalid,
                          fmt::format("diff[{}]: must be an object", diff.size())};
        for (const auto &[key, value] : line.items()) {
            std::string *member = key == "kind" ? &item.kind
                : key == "id"                   ? &item.id
                : key == "before"               ? &item.before
                : key == "after"                ? &item.after
                                                : nullptr;
            if (!member || !value.is_string())
                return Error {ErrorCode::Invalid,
                              fmt::format("diff[{}].{}: {}", diff.size(), key,
                                          member ? "must be text" : "unknown key")};
            *member = value.get<std::string>();
        }
        diff.push_back(std::move(item));
    }
    return diff;
}

std::string summarise(const Diff &diff)
{
    if (diff.empty())
        return "nothing changed";
    return join(phrasesOf(diff));
}

std::vector<std::string> phrasesOf(const Diff &diff)
{
    std::vector<std::string> phrases;
    std::vector<const ChangeItem *> told;
    for (const ChangeItem &item : diff) {
        const ChangeItem *renamed = renamedTo(diff, item);
        const auto isTold = [&](const ChangeItem *one) {
            return std::find(told.begin(), told.end(), one) != told.end();
        };
        if (renamed && !isTold(renamed)) {
            phrases.push_back(fmt::format("{} renamed to {}", nameOf(item), renamed->id));
            told.push_back(renamed);
        } else if (!isTold(&item)) {
            phrases.push_back(summariseItem(item));
        }
    }
    return phrases;
}

} // namespace arc
