// SPDX-License-Identifier: Apache-2.0
#include "server/store/migrations.h"

#include "server/base/assert.h"
#include "server/base/embedded.h"
#include "server/base/text.h"
#include "server/store/backup.h"

#include <cerrno>
#include <map>

#include <fmt/format.h>
#include <unistd.h>

// Naming it makes the linker keep the embedded files, which register themselves.
extern "C" int arc_embed_anchor_sql;

namespace arc {

namespace {

/// Number to text of every migration.
std::map<int64_t, std::string_view> migrations()
{
    ARC_ASSERT(arc_embed_anchor_sql == 0);
    constexpr std::string_view kFolder = "sql/";
    std::map<int64_t, std::string_view> out;
    for (const std::string_view name : embeddedNames(kFolder)) {
        const auto number =
            parseUnsigned(name.substr(kFolder.size(), name.find('_') - kFolder.size()));
        ARC_ASSERT(number && *number == out.size() + 1); // without gaps, from 0001
        out.emplace(static_cast<int64_t>(*number), *embeddedFile(name));
    }
    ARC_ASSERT(!out.empty());
    return out;
}

Result<int64_t> knownVersion(Database &database, const std::map<int64_t, std::string_view> &all)
{
    auto version = database.number("PRAGMA user_version");
    if (!version)
        return version;
    if (*version > all.rbegin()->first || *version < 0)
        return Error {
            ErrorCode::DataDir,
            fmt::format("{}: was written by a newer Arcology (schema {}, this one knows {}); start "
                        "that version again, or choose another data directory",
                        database.path(), *version, all.rbegin()->first)};
    return version;
}

} // namespace

Result<void> examineDatabase(const std::string &path)
{
    if (auto there = checkNotLost(path); !there)
        return there;
    if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
        return {};
    auto database = Database::openUnchanged(path);
    if (!database)
        return std::move(database).error();
    const auto version = knownVersion(*database, migrations());
    return version ? Result<void>() : Error {ErrorCode::DataDir, version.error().message()};
}

Result<void> migrate(Database &database)
{
    const auto all = migrations();
    const auto version = knownVersion(database, all);
    if (!version)
        return version.error();
    for (auto next = all.upper_bound(*version); next != all.end(); ++next) {
        auto transaction = Transaction::begin(database);
        if (!transaction)
            return std::move(transaction).error();
        if (auto done = database.run(next->second); !done)
            return done;
        if (auto done = database.run(fmt::format("PRAGMA user_version={}", next->first)); !done)
            return done;
        if (auto done = transaction->commit(); !done)
            return done;
    }
    return {};
}

} // namespace arc
