// SPDX-License-Identifier: Apache-2.0
#include "server/config/word_lists.h"

#include "server/base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

std::vector<std::string_view> wordsOf(std::string_view text)
{
    constexpr std::string_view kSeparators = " \t\r\n,";
    std::vector<std::string_view> words;
    while (true) {
        const size_t from = text.find_first_not_of(kSeparators);
        if (from == text.npos)
            return words;
        text.remove_prefix(from);
        const size_t size = std::min(text.find_first_of(kSeparators), text.size());
        words.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
}

Result<void> checkCodingNames(std::string_view text)
{
    for (const std::string_view word : wordsOf(text)) {
        if (word != "gzip" && word != "br" && word != "zstd")
            return Error {ErrorCode::Invalid,
                          fmt::format("\"{}\" is none of zstd, br, gzip", word)};
    }
    return {};
}

Result<void> checkTypePatterns(std::string_view text)
{
    const auto words = wordsOf(text);
    if (words.size() > kTypePatternsMax)
        return Error {ErrorCode::Invalid, fmt::format("more than {} types", kTypePatternsMax)};
    for (const std::string_view word : words) {
        const bool isType = std::count(word.begin(), word.end(), '/') == 1
            && std::count(word.begin(), word.end(), '*') <= 1 && word.front() != '/'
            && word.back() != '/' && word.find_first_of(";\"") == word.npos;
        if (!isType)
            return Error {ErrorCode::Invalid,
                          fmt::format("\"{}\" is no type: write it as text/html or text/*", word)};
    }
    return {};
}

std::vector<std::string> foldersOf(std::string_view text)
{
    std::vector<std::string> folders;
    while (!text.empty()) {
        const size_t size = std::min(text.find(':'), text.size());
        if (size)
            folders.emplace_back(text.substr(0, size));
        text.remove_prefix(std::min(size + 1, text.size()));
    }
    return folders;
}

Result<void> checkFolders(std::string_view text)
{
    for (const std::string &folder : foldersOf(text)) {
        if (folder.front() != '/' || folder.find('\0') != folder.npos)
            return Error {ErrorCode::Invalid,
                          fmt::format("\"{}\" is no absolute path of a folder", folder)};
        // The whole file system is not a folder somebody means.
        if (folder.find_first_not_of('/') == folder.npos)
            return Error {ErrorCode::Invalid, "\"/\" would give apps every file"};
    }
    return {};
}

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// -1: it is none.
int minuteOf(std::string_view word)
{
    if (word.size() != 5 || word[2] != ':' || !isDigit(word[0]) || !isDigit(word[1])
        || !isDigit(word[3]) || !isDigit(word[4]))
        return -1;
    const int hour = (word[0] - '0') * 10 + (word[1] - '0');
    const int minute = (word[3] - '0') * 10 + (word[4] - '0');
    return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

} // namespace

std::vector<int> minutesOf(std::string_view text)
{
    std::vector<int> minutes;
    for (const std::string_view word : wordsOf(text)) {
        if (const int minute = minuteOf(word); minute >= 0)
            minutes.push_back(minute);
    }
    return minutes;
}

Result<void> checkTimes(std::string_view text)
{
    const auto words = wordsOf(text);
    if (words.size() > kTimesMax)
        return Error {ErrorCode::Invalid, fmt::format("more than {} times", kTimesMax)};
    for (const std::string_view word : words) {
        if (minuteOf(word) < 0)
            return Error {ErrorCode::Invalid,
                          fmt::format("\"{}\" is no time of the day: write it as 04:30", word)};
    }
    return {};
}

namespace {

/// "shop.example", "shop.example:8443", "[::1]:8443".
bool isAuthority(std::string_view text)
{
    const size_t bracket = text.rfind(']');
    if ((bracket != text.npos) != text.starts_with('[') || text.find('@') != text.npos)
        return false;
    const size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
    const Result<uint64_t> port =
        colon == text.npos ? Result<uint64_t>(80) : parseUnsigned(text.substr(colon + 1));
    return colon != 0 && !text.empty() && port && *port > 0 && *port <= 65535;
}

bool isPathOrUrl(std::string_view word)
{
    const auto isPlain = [](char c) {
        return c > ' ' && c < '\x7f' && c != '#';
    };
    if (!std::all_of(word.begin(), word.end(), isPlain))
        return false;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (word.starts_with(scheme)) {
            word.remove_prefix(scheme.size());
            return isAuthority(word.substr(0, word.find_first_of("/?")));
        }
    }
    return word.starts_with('/') && !word.starts_with("//");
}

} // namespace

std::vector<std::string> warmUpsOf(std::string_view text)
{
    const auto words = wordsOf(text);
    return {words.begin(), words.end()};
}

Result<void> checkWarmUps(std::string_view text)
{
    const auto words = wordsOf(text);
    if (words.size() > kWarmUpsMax)
        return Error {ErrorCode::Invalid, fmt::format("more than {} requests", kWarmUpsMax)};
    for (const std::string_view word : words) {
        if (word.size() > kWarmUpBytesMax)
            return Error {ErrorCode::Invalid,
                          fmt::format("a request of more than {} bytes", kWarmUpBytesMax)};
        if (!isPathOrUrl(word))
            return Error {ErrorCode::Invalid,
                          fmt::format("\"{}\" is no path and no URL: write it as /health or "
                                      "https://shop.example/health",
                                      word)};
    }
    return {};
}

std::vector<std::string> releasePathsOf(std::string_view text)
{
    std::vector<std::string> paths;
    for (std::string_view word : wordsOf(text)) {
        while (word.size() > 1 && word.ends_with('/'))
            word.remove_suffix(1);
        paths.emplace_back(word);
    }
    return paths;
}

Result<void> checkReleasePaths(std::string_view text)
{
    const std::vector<std::string> paths = releasePathsOf(text);
    if (paths.size() > kReleaseWordsMax)
        return Error {ErrorCode::Invalid, fmt::format("more than {} paths", kReleaseWordsMax)};
    for (const std::string &path : paths) {
        if (path.front() == '/')
            return Error {
                ErrorCode::Invalid,
                fmt::format("\"{}\" is absolute: write it as it stands in the app's folder", path)};
        for (const std::string_view part : split(std::string_view(path), '/')) {
            if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos)
                return Error {ErrorCode::Invalid,
                              fmt::format("\"{}\" is no path within a folder", path)};
        }
    }
    return {};
}

Result<void> checkSharedPaths(std::string_view text)
{
    if (auto checked = checkReleasePaths(text); !checked)
        return checked;
    const std::vector<std::string> paths = releasePathsOf(text);
    for (size_t i = 0; i < paths.size(); ++i) {
        for (size_t other = 0; other < paths.size(); ++other) {
            if (i != other && (paths[i] + "/").starts_with(paths[other] + "/"))
                return Error {ErrorCode::Invalid,
                              fmt::format("\"{}\" is in \"{}\", which is named, too", paths[i],
                                          paths[other])};
        }
    }
    return {};
}

} // namespace arc
