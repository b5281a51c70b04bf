// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/text_table.h"

#include <algorithm>

namespace arc {

size_t displayWidth(std::string_view text) noexcept
{
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::string oneLine(std::string_view text)
{
    std::string clean(text);
    for (char &c : clean) {
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
            c = ' ';
    }
    return clean;
}

std::string TextTable::text() const
{
    std::vector<size_t> widths;
    for (const auto &row : m_rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], displayWidth(row[i]));
    }
    std::string text;
    for (const auto &row : m_rows) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            const std::string cell = oneLine(row[i]);
            line += cell;
            if (i + 1 < row.size())
                line.append(widths[i] - displayWidth(cell) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

} // namespace arc
