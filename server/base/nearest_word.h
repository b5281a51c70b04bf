// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace arc {

/// The word that may have been meant: the one with the fewest different characters, at most three
/// and never most of it; empty: none is near.
std::string_view nearestWord(std::string_view word, const std::vector<std::string_view> &words);

} // namespace arc
