// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// The words of a setting that is a list separated by blanks or commas, as an administrator types
/// it. Views into `text`.
std::vector<std::string_view> wordsOf(std::string_view text);

/// compression.codings: only names of content codings we have: gzip, br, zstd.
Result<void> checkCodingNames(std::string_view text);

/// compression.types: media types in which at most one "*" stands for anything. At most
/// kTypePatternsMax of them, since every answer is held against all.
inline constexpr size_t kTypePatternsMax = 64;
Result<void> checkTypePatterns(std::string_view text);

/// files.send_from: absolute folders separated by colons.
std::vector<std::string> foldersOf(std::string_view text);
Result<void> checkFolders(std::string_view text);

/// pool.recycle_at: times of the day as 04:30, in minutes after midnight.
inline constexpr size_t kTimesMax = 24;
std::vector<int> minutesOf(std::string_view text);
Result<void> checkTimes(std::string_view text);

/// pool.warm_up: paths and http(s) URLs, in printable ASCII.
inline constexpr size_t kWarmUpsMax = 16;
inline constexpr size_t kWarmUpBytesMax = 2048; ///< of each
std::vector<std::string> warmUpsOf(std::string_view text);
Result<void> checkWarmUps(std::string_view text);

/// release.shared: paths within a folder, as media/uploads, without a slash at the end.
/// release.exclude: names or such paths, where * and ? stand for anything.
inline constexpr size_t kReleaseWordsMax = 64;
std::vector<std::string> releasePathsOf(std::string_view text);
Result<void> checkReleasePaths(std::string_view text);
/// The same for release.shared, where none may lie within another.
Result<void> checkSharedPaths(std::string_view text);

} // namespace arc
