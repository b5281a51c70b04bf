// SPDX-License-Identifier: Apache-2.0
#include "server/config/effective.h"

#include "server/base/nearest_word.h"
#include "server/base/text.h"
#include "server/config/unknown_setting.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

namespace arc {

namespace {

std::string environmentName(std::string_view key)
{
    std::string name = "ARCOLOGY_";
    for (char c : key)
        name += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    return name;
}

/// What a shell user means: a path from the folder in which the program was started.
std::string fromHere(std::string_view path)
{
    std::error_code failed;
    const auto whole = std::filesystem::absolute(path, failed).lexically_normal();
    return path.empty() || failed ? std::string(path) : whole.string();
}

std::string allFromHere(std::string_view paths)
{
    std::string all;
    for (const std::string_view path : split(paths, ':'))
        all += (path.data() == paths.data() ? "" : ":") + fromHere(path);
    return all;
}

Result<void> pin(PinnedSettings &pinned, const SettingRow &row, std::string_view text,
                 const char *source)
{
    auto value = parseSetting(row, text);
    if (!value)
        return std::move(value).error().within(row.key);
    if (auto checked = checkTexts(inherit({}, {{std::string(row.key), *value}})); !checked)
        return std::move(checked).error();
    if (row.paths == Paths::One && !text.empty() && text.front() != '/')
        return Error {ErrorCode::Invalid, fmt::format("{}: name it by its absolute path", row.key)};
    pinned.values.insert_or_assign(std::string(row.key), std::move(*value));
    pinned.source.insert_or_assign(std::string(row.key), source);
    return {};
}

/// What else begins with our prefix: it is ours, and no setting.
constexpr std::array kOtherVariables {"ARCOLOGY_JOB", "ARCOLOGY_WORKER", "ARCOLOGY_WORKER_CORE",
                                      "ARCOLOGY_WRITE_DOCS"};

} // namespace

std::vector<std::string> unknownVariables(char *const *environment)
{
    static constexpr std::string_view kPrefix = "ARCOLOGY_";
    std::vector<std::string> known(kOtherVariables.begin(), kOtherVariables.end());
    for (const SettingRow &row : settingRows())
        known.push_back(environmentName(row.key));
    const std::vector<std::string_view> words(known.begin(), known.end());
    std::vector<std::string> sentences;
    for (; *environment; ++environment) {
        const std::string_view whole = *environment;
        const std::string_view name = whole.substr(0, whole.find('='));
        if (!name.starts_with(kPrefix) || std::ranges::find(words, name) != words.end())
            continue;
        const std::string_view nearest = nearestWord(name, words);
        sentences.push_back(
            fmt::format("{} is in the environment and is no setting{}", name,
                        nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
    }
    return sentences;
}

Result<PinnedSettings> pinSettings(const std::vector<std::string> &commandLine)
{
    PinnedSettings pinned;
    for (const SettingRow &row : settingRows()) {
        const std::string name = environmentName(row.key);
        if (const char *text = std::getenv(name.c_str())) {
            if (auto done = pin(pinned, row, text, "environment"); !done)
                return std::move(done).error().within(name);
        }
    }
    for (const std::string &option : commandLine) {
        const size_t equals = option.find('=');
        if (equals == option.npos)
            return Error {ErrorCode::Invalid,
                          fmt::format("--set {}: write it as key=value", option)};
        const std::string_view key = std::string_view(option).substr(0, equals);
        const SettingRow *row = findSetting(key);
        if (!row)
            return unknownSetting(key).within(fmt::format("--set {}", key));
        std::string value = option.substr(equals + 1);
        if (row->paths == Paths::One)
            value = fromHere(value);
        else if (row->paths == Paths::List)
            value = allFromHere(value);
        if (auto done = pin(pinned, *row, value, "command line"); !done)
            return std::move(done).error().within("--set");
    }
    return pinned;
}

Settings engineSettings(const Document &document, const PinnedSettings &pinned)
{
    return inherit(inherit(Settings {}, document.settings), pinned.values);
}

Settings appSettings(const Document &document, const AppConfig &app, const PinnedSettings &pinned)
{
    return inherit(inherit(inherit(Settings {}, document.settings), app.settings), pinned.values);
}

Settings siteSettings(const Document &document, const SiteConfig &site,
                      const PinnedSettings &pinned)
{
    return inherit(inherit(inherit(Settings {}, document.settings), site.settings), pinned.values);
}

Settings routeSettings(const Document &document, const SiteConfig &site, const RouteConfig &route,
                       const PinnedSettings &pinned)
{
    const Settings outer = inherit(inherit(Settings {}, document.settings), site.settings);
    return inherit(inherit(outer, route.settings), pinned.values);
}

} // namespace arc
