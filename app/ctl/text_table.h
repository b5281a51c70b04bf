// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// Columns of text, each as wide as its widest cell, two blanks between; the last one is not
/// padded. Plain text: what a terminal, grep and awk can read.
class TextTable {
public:
    explicit TextTable(std::vector<std::string> titles) : m_rows {std::move(titles)} { }
    void add(std::vector<std::string> cells) { m_rows.push_back(std::move(cells)); }
    bool empty() const noexcept { return m_rows.size() == 1; }
    /// In at most so many columns, where the widest column can be cut for it; 0: as wide as it is.
    std::string text(size_t columnsMax = 0) const;

private:
    std::vector<std::vector<std::string>> m_rows;
};

/// Columns a terminal needs for UTF-8 text, each character taken as one.
size_t displayWidth(std::string_view text) noexcept;
/// What comes from apps may hold escape sequences: control characters become spaces.
std::string oneLine(std::string_view text);

} // namespace arc
