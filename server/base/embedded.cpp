// SPDX-License-Identifier: Apache-2.0
#include "server/base/embedded.h"

namespace arc {

namespace {

std::vector<EmbeddedRange> &registry()
{
    static std::vector<EmbeddedRange> rows;
    return rows;
}

} // namespace

EmbeddedTable::EmbeddedTable(const EmbeddedRange *rows, size_t count)
{
    registry().insert(registry().end(), rows, rows + count);
}

std::optional<std::string_view> embeddedFile(std::string_view name)
{
    for (const EmbeddedRange &row : registry()) {
        if (row.name == name)
            return std::string_view(row.begin, static_cast<size_t>(row.end - row.begin));
    }
    return std::nullopt;
}

std::vector<std::string_view> embeddedNames(std::string_view prefix)
{
    std::vector<std::string_view> names;
    for (const EmbeddedRange &row : registry()) {
        if (row.name.starts_with(prefix))
            names.push_back(row.name);
    }
    return names;
}

} // namespace arc
