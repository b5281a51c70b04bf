// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace arc {

/// One file carried inside the binary (see arc_embed() in CMakeLists.txt).
struct EmbeddedRange {
    std::string_view name;
    const char *begin;
    const char *end;
};

/// Registers rows before main(); read-only afterwards.
class EmbeddedTable {
public:
    EmbeddedTable(const EmbeddedRange *rows, size_t count);
};

/// Contents of an embedded file, e.g. "worker/main.py". Lives as long as the program. Any thread.
std::optional<std::string_view> embeddedFile(std::string_view name);
/// Names that begin with a prefix, in the order they were registered. Any thread.
std::vector<std::string_view> embeddedNames(std::string_view prefix);

} // namespace arc
