// SPDX-License-Identifier: Apache-2.0
#include "server/store/migrations.h"

#include "server/base/assert.h"
#include "server/base/embedded.h"
#include "server/base/text.h"

#include <map>

#include <fmt/format.h>

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

} // namespace

Result<void> migrate(Database &database)
{
    const auto all = migrations();
    auto version = database.number("PRAGMA user_version");
    if (!version)
        return std::move(version).error();
    if (*version > all.rbegin()->first || *version < 0)
        return Error {
            ErrorCode::DataDir,
            fmt::format("{}: was written by a newer Arcology (schema {}, this one knows {})",
                        database.path(), *version, all.rbegin()->first)};
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
