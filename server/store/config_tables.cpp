// SPDX-License-Identifier: Apache-2.0
#include "server/store/config_tables.h"

#include "server/config/object_json.h"

#include <fmt/format.h>

namespace arc {

namespace {

using OwnSettings =
    std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>>;

/// Lays one stored thing over the document, or says why this version cannot.
Result<void> addItem(Document &document, ChangeItem item)
{
    auto single = applyDiff(Document {}, {std::move(item)});
    if (!single)
        return std::move(single).error();
    document.settings.merge(single->settings);
    const auto append = [](auto &to, auto &from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    };
    append(document.listeners, single->listeners);
    append(document.certificates, single->certificates);
    append(document.apps, single->apps);
    append(document.sites, single->sites);
    return {};
}

std::string ownerText(const std::string &scope, const std::string &id)
{
    return id.empty() ? fmt::format("of the {}", scope) : fmt::format("of {} {}", scope, id);
}

/// Settings of the engine go into the document, those of objects aside until their objects are
/// read.
Result<OwnSettings> loadSettings(Database &database, StoredConfig &out)
{
    auto rows = database.prepare("SELECT scope, object_id, key, value FROM setting");
    if (!rows)
        return std::move(rows).error();
    OwnSettings own;
    while (true) {
        auto row = rows->step();
        if (!row)
            return std::move(row).error();
        if (!*row)
            return own;
        const std::string scope = rows->text(0);
        const std::string id = rows->text(1);
        const std::string key = rows->text(2);
        const std::string value = rows->text(3);
        Document probe;
        const auto read = addItem(scope == "engine" ? out.document : probe,
                                  {.kind = "setting", .id = key, .after = value});
        if (!read)
            out.warnings.push_back(fmt::format("{} {} is kept but not used", read.error().message(),
                                               ownerText(scope, id)));
        else if (scope != "engine")
            own[{scope, id}].emplace(key, value);
    }
}

Result<void> loadObjects(Database &database, const OwnSettings &own, StoredConfig &out)
{
    auto rows = database.prepare("SELECT kind, id, json FROM object ORDER BY rowid");
    if (!rows)
        return std::move(rows).error();
    while (true) {
        auto row = rows->step();
        if (!row)
            return std::move(row).error();
        if (!*row)
            return {};
        const std::string kind = rows->text(0);
        const std::string id = rows->text(1);
        ObjectParts parts {.json = rows->text(2)};
        if (const auto at = own.find({kind, id}); at != own.end())
            parts.settings = at->second;
        auto json = joinObject(parts);
        const auto read = json ? addItem(out.document, {.kind = kind, .id = id, .after = *json})
                               : Result<void>(std::move(json).error().within(kind + " " + id));
        if (!read)
            out.warnings.push_back(read.error().message() + ", so it is kept but not used");
    }
}

Result<void> writeSetting(Database &database, const Revision &revision, const std::string &scope,
                          const std::string &object, const std::string &key,
                          const std::string &value)
{
    if (value.empty())
        return execute(database, "DELETE FROM setting WHERE scope=? AND object_id=? AND key=?",
                       scope, object, key);
    return execute(database,
                   "INSERT INTO setting (scope, object_id, key, value, changed_at, changed_by) "
                   "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value=excluded.value, "
                   "changed_at=excluded.changed_at, changed_by=excluded.changed_by",
                   scope, object, key, value, revision.atUnixMs, revision.author);
}

/// Only the settings the diff knew are deleted: those of a newer version stay where they are.
Result<void> writeOwnSettings(Database &database, const Revision &revision, const ChangeItem &item,
                              const ObjectParts &before, const ObjectParts &after)
{
    for (const auto &[key, value] : before.settings) {
        if (after.settings.contains(key))
            continue;
        if (auto done = writeSetting(database, revision, item.kind, item.id, key, {}); !done)
            return done;
    }
    for (const auto &[key, value] : after.settings) {
        const auto old = before.settings.find(key);
        if (old != before.settings.end() && old->second == value)
            continue;
        if (auto done = writeSetting(database, revision, item.kind, item.id, key, value); !done)
            return done;
    }
    return {};
}

Result<bool> isStored(Database &database, const ChangeItem &item)
{
    auto found = database.prepare("SELECT 1 FROM object WHERE kind=? AND id=?");
    if (!found)
        return std::move(found).error();
    return found->bind(item.kind).bind(item.id).step();
}

Result<ObjectParts> partsOf(const std::string &json)
{
    return json.empty() ? ObjectParts {} : splitObject(json);
}

Result<void> writeObject(Database &database, const Revision &revision, const ChangeItem &item)
{
    auto before = partsOf(item.before);
    auto after = partsOf(item.after);
    if (!before || !after)
        return before ? std::move(after).error() : std::move(before).error();
    if (item.before.empty()) {
        auto hidden = isStored(database, item); // by a warning's object
        if (!hidden)
            return std::move(hidden).error();
        if (*hidden)
            return Error {ErrorCode::Conflict,
                          fmt::format("{} {} is stored in a form that this version does not "
                                      "understand; choose another name",
                                      item.kind, item.id)};
    }
    auto done = item.after.empty()
        ? execute(database, "DELETE FROM object WHERE kind=? AND id=?", item.kind, item.id)
        : execute(database,
                  "INSERT INTO object (kind, id, revision, json) VALUES (?, ?, ?, ?) "
                  "ON CONFLICT DO UPDATE SET revision=excluded.revision, json=excluded.json",
                  item.kind, item.id, revision.number, after->json);
    return done ? writeOwnSettings(database, revision, item, *before, *after) : done;
}

} // namespace

Result<uint64_t> newestRevision(Database &database)
{
    auto number = database.number("SELECT max(number) FROM revision");
    if (!number)
        return std::move(number).error();
    return static_cast<uint64_t>(*number);
}

Result<StoredConfig> loadConfig(Database &database)
{
    StoredConfig out;
    auto revision = newestRevision(database);
    if (!revision)
        return std::move(revision).error();
    out.revision = *revision;
    auto own = loadSettings(database, out);
    if (!own)
        return std::move(own).error();
    if (auto done = loadObjects(database, *own, out); !done)
        return std::move(done).error();
    return out;
}

Result<void> writeRevision(Database &database, const Revision &revision)
{
    for (const ChangeItem &item : revision.diff) {
        auto done = item.kind == "setting"
            ? writeSetting(database, revision, "engine", {}, item.id, item.after)
            : writeObject(database, revision, item);
        if (!done)
            return done;
    }
    auto done = execute(database,
                        "INSERT INTO revision (number, at, author, summary, diff) "
                        "VALUES (?, ?, ?, ?, ?)",
                        revision.number, revision.atUnixMs, revision.author, revision.summary,
                        printDiff(revision.diff));
    if (!done || revision.number <= kRevisionsKept)
        return done;
    return execute(database, "DELETE FROM revision WHERE number <= ?",
                   revision.number - kRevisionsKept);
}

Result<std::vector<Revision>> readHistory(Database &database, uint64_t before, size_t limit)
{
    auto rows = database.prepare("SELECT number, at, author, summary, diff FROM revision "
                                 "WHERE number < ? ORDER BY number DESC LIMIT ?");
    if (!rows)
        return std::move(rows).error();
    const bool isFromNewest = before == 0 || before > INT64_MAX;
    rows->bind(isFromNewest ? INT64_MAX : static_cast<int64_t>(before));
    rows->bind(static_cast<int64_t>(limit));
    std::vector<Revision> out;
    while (true) {
        auto row = rows->step();
        if (!row)
            return std::move(row).error();
        if (!*row)
            return out;
        Revision revision {.number = static_cast<uint64_t>(rows->number(0)),
                           .atUnixMs = rows->number(1),
                           .author = rows->text(2),
                           .summary = rows->text(3)};
        auto diff = parseDiff(rows->text(4));
        if (!diff)
            return std::move(diff).error().within(fmt::format("revision {}", revision.number));
        revision.diff = std::move(*diff);
        out.push_back(std::move(revision));
    }
}

} // namespace arc
