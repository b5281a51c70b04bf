// SPDX-License-Identifier: Apache-2.0
#include "server/base/nearest_word.h"

#include <algorithm>
#include <utility>

namespace arc {

namespace {

/// Levenshtein's distance: characters to insert, remove or exchange.
size_t editsBetween(std::string_view a, std::string_view b)
{
    std::vector<size_t> row(b.size() + 1);
    for (size_t k = 0; k <= b.size(); ++k)
        row[k] = k;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i);
        for (size_t k = 1; k <= b.size(); ++k) {
            const size_t exchanged = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
            diagonal = row[k];
            row[k] = std::min({exchanged, row[k] + 1, row[k - 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::string_view nearestWord(std::string_view word, const std::vector<std::string_view> &words)
{
    constexpr size_t kEditsMax = 3;
    constexpr size_t kWordBytesMax = 128; // the work grows with the product of both lengths
    std::string_view nearest;
    size_t best = kEditsMax + 1;
    for (const std::string_view candidate : words) {
        if (word.size() > kWordBytesMax || candidate.size() > kWordBytesMax)
            continue;
        const size_t edits = editsBetween(word, candidate);
        if (edits < best && edits < std::max(word.size(), candidate.size()) / 2 + 1) {
            best = edits;
            nearest = candidate;
        }
    }
    return nearest;
}

} // namespace arc
