// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <optional>
#include <vector>

namespace arc {

struct FuzzyMatch {
    int score = 0;       ///< larger is better
    std::vector<int> at; ///< positions in the text that the query's letters found
};

constexpr int kFuzzyQueryMax = 64; ///< letters; what is longer is cut
constexpr int kFuzzyTextMax = 256;

/// Whether every word of the query is in the text as letters in that order, not always side by
/// side. Beginnings of words and neighbouring letters count most. An empty query finds everything.
std::optional<FuzzyMatch> fuzzyMatch(const QString &query, const QString &text);

} // namespace arc
