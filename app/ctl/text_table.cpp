// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/text_table.h"

#include <algorithm>
#include <numeric>

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

namespace {

constexpr size_t kGap = 2;        // blanks between two columns
constexpr size_t kColumnMin = 12; // a column is not cut below this
constexpr std::string_view kCut = "…";

/// The first characters of UTF-8 text, and a sign that there were more.
std::string shortened(std::string text, size_t width)
{
    if (displayWidth(text) <= width)
        return text;
    size_t end = 0;
    for (size_t shown = 0; end < text.size(); ++end) {
        const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
        if (begins && ++shown == width)
            break;
    }
    text.resize(end);
    return text.append(kCut);
}

} // namespace

std::string TextTable::text(size_t columnsMax) const
{
    std::vector<size_t> widths;
    for (const auto &row : m_rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], displayWidth(row[i]));
    }
    const size_t whole = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
    if (columnsMax > 0 && whole > columnsMax) {
        size_t &widest = *std::max_element(widths.begin(), widths.end());
        const size_t excess = whole - columnsMax;
        widest = std::max(kColumnMin, widest - std::min(widest, excess));
    }
    std::string text;
    for (const auto &row : m_rows) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            const std::string cell = shortened(oneLine(row[i]), widths[i]);
            line += cell;
            if (i + 1 < row.size())
                line.append(widths[i] - displayWidth(cell) + kGap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

} // namespace arc
