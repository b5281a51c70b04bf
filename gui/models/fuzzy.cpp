// SPDX-License-Identifier: Apache-2.0
#include "gui/models/fuzzy.h"

#include <QStringList>

#include <algorithm>

namespace arc {

namespace {

constexpr int kImpossible = -1'000'000;
constexpr int kLetter = 1;
constexpr int kNeighbour = 9;
constexpr int kWordStart = 8;
constexpr int kTextStart = 4;

bool startsWord(const QString &text, int at)
{
    if (at == 0)
        return true;
    const QChar before = text[at - 1];
    return !before.isLetterOrNumber() || (before.isLower() && text[at].isUpper());
}

int worthOf(const QString &text, int at)
{
    return kLetter + (startsWord(text, at) ? kWordStart : 0) + (at == 0 ? kTextStart : 0);
}

/// The best way to find one word: for each letter the best sum that ends at each position.
std::optional<FuzzyMatch> matchWord(const QString &word, const QString &text)
{
    const int letters = int(word.size());
    const int places = int(text.size());
    std::vector<std::vector<int>> from(size_t(letters), std::vector<int>(size_t(places), -1));
    std::vector<int> before(size_t(places), kImpossible);
    for (int letter = 0; letter < letters; ++letter) {
        std::vector<int> now(size_t(places), kImpossible);
        int best = kImpossible; // of the letter before, at least two places to the left
        int bestAt = -1;
        for (int at = 0; at < places; ++at) {
            if (at >= 2 && before[size_t(at - 2)] > best) {
                best = before[size_t(at - 2)];
                bestAt = at - 2;
            }
            if (text[at].toCaseFolded() != word[letter].toCaseFolded())
                continue;
            if (letter == 0) {
                now[size_t(at)] = worthOf(text, at);
                continue;
            }
            const int beside = at > 0 ? before[size_t(at - 1)] + kNeighbour : kImpossible;
            const bool neighbour = beside >= best;
            const int sum = neighbour ? beside : best;
            if (sum < 0)
                continue;
            now[size_t(at)] = sum + worthOf(text, at);
            from[size_t(letter)][size_t(at)] = neighbour ? at - 1 : bestAt;
        }
        before = std::move(now);
    }
    const auto end = std::ranges::max_element(before);
    if (end == before.end() || *end < 0)
        return std::nullopt;
    FuzzyMatch match {.score = *end, .at = {}};
    int at = int(end - before.begin());
    for (int letter = letters - 1; letter >= 0; --letter) {
        match.at.push_back(at);
        at = from[size_t(letter)][size_t(at)];
    }
    return match;
}

} // namespace

std::optional<FuzzyMatch> fuzzyMatch(const QString &query, const QString &text)
{
    const QString searched = text.left(kFuzzyTextMax);
    FuzzyMatch all;
    for (const QString &word :
         query.left(kFuzzyQueryMax).split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        auto one = matchWord(word, searched);
        if (!one)
            return std::nullopt;
        all.score += one->score;
        all.at.insert(all.at.end(), one->at.begin(), one->at.end());
    }
    std::ranges::sort(all.at);
    all.at.erase(std::ranges::unique(all.at).begin(), all.at.end());
    // Of two texts that hold it equally well, the shorter one is more of it.
    all.score = all.score * 8 - int(searched.size()) / 8;
    return all;
}

} // namespace arc
