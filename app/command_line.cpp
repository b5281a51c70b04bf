// SPDX-License-Identifier: Apache-2.0
#include "app/command_line.h"

#include "server/base/nearest_word.h"
#include "server/base/text.h"
#include "server/control/api/control.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <unistd.h>

namespace arc {

namespace {

/// Words of the product's command line that this version cannot keep its promise for.
struct Missing {
    std::string_view word;
    std::string_view what;
};
constexpr Missing kMissing[] = {
    {"--preload", "preload"},  {"cache", "cache"},     {"trace", "traces"},
    {"upstream", "upstreams"}, {"cluster", "cluster"},
};

/// The command as far as it was understood: "arcology ctl site".
struct Reached {
    const CLI::App *app;
    std::string name;
};

Reached reachedOf(const CLI::App &root)
{
    Reached reached {&root, root.get_name()};
    while (!reached.app->get_subcommands().empty()) {
        reached.app = reached.app->get_subcommands().front();
        reached.name += " " + reached.app->get_name();
    }
    return reached;
}

std::vector<std::string_view> verbsOf(const CLI::App &app)
{
    std::vector<std::string_view> names;
    for (const CLI::App *verb : app.get_subcommands([](const CLI::App *) { return true; }))
        names.push_back(verb->get_name());
    return names;
}

std::string aboutVerb(const Reached &reached, const std::string &word)
{
    const auto verbs = verbsOf(*reached.app);
    if (word.empty())
        return fmt::format("{}: name one of {}", reached.name, fmt::join(verbs, ", "));
    const std::string_view nearest = nearestWord(word, verbs);
    return nearest.empty()
        ? fmt::format("{}: there is no {}; name one of {}", reached.name, word,
                      fmt::join(verbs, ", "))
        : fmt::format("{}: there is no {}; did you mean {}?", reached.name, word, nearest);
}

std::string aboutOption(const Reached &reached, const std::string &word)
{
    std::vector<std::string> texts;
    for (const CLI::App *app = reached.app; app; app = app->get_parent()) {
        for (const CLI::Option *option : app->get_options()) {
            for (const std::string &name : option->get_lnames())
                texts.push_back("--" + name);
        }
    }
    const std::string asked = word.substr(0, word.find('='));
    const std::string_view nearest =
        nearestWord(asked, std::vector<std::string_view>(texts.begin(), texts.end()));
    return nearest.empty()
        ? fmt::format("{0}: there is no option {1}; `{0} --help` lists them", reached.name, asked)
        : fmt::format("{}: there is no option {}; did you mean {}?", reached.name, asked, nearest);
}

} // namespace

std::string usageSentence(const CLI::App &root, const CLI::ParseError &error)
{
    const Reached reached = reachedOf(root);
    const std::vector<std::string> left = root.remaining(true);
    const std::string word = left.empty() ? std::string() : left.front();
    for (const Missing &row : kMissing) {
        if (word == row.word || word.starts_with(std::string(row.word) + "="))
            return fmt::format("{}: {}: this version has no {}; leave it out", reached.name,
                               row.word, row.what);
    }
    const bool wantsVerb = !verbsOf(*reached.app).empty();
    if (word.starts_with("-"))
        return aboutOption(reached, word);
    if (wantsVerb && (!word.empty() || dynamic_cast<const CLI::RequiredError *>(&error)))
        return aboutVerb(reached, word);
    if (!word.empty())
        return fmt::format("{0}: {1} is one word too many; `{0} --help` explains it", reached.name,
                           word);
    return fmt::format("{0}: {1}; `{0} --help` explains it", reached.name, error.what());
}

CLI::Validator wholeNumber(int64_t least, int64_t most)
{
    const bool isOpen = most == std::numeric_limits<int64_t>::max();
    const std::string range =
        isOpen ? fmt::format("from {} on", least) : fmt::format("from {} to {}", least, most);
    // The manual reads the range out of the second one; that of a type tells nobody anything.
    return {[least, most, range](std::string &text) {
                int64_t value = 0;
                const char *end = text.data() + text.size();
                const auto read = std::from_chars(text.data(), end, value);
                const bool isGood =
                    read.ec == std::errc {} && read.ptr == end && value >= least && value <= most;
                return isGood ? std::string()
                              : fmt::format("\"{}\" is no whole number {}", text, range);
            },
            most >= std::numeric_limits<int32_t>::max()
                ? std::string("INT")
                : fmt::format("INT in [{} - {}]", least, most)};
}

std::string noSuchCommand(const std::vector<std::string> &words,
                          const std::vector<std::string_view> &commands)
{
    const std::string &first = words.front();
    const std::string both = words.size() > 1 ? first + " " + words[1] : first;
    std::vector<std::string_view> verbs; // of ctl, their first words
    for (const OperationRow &row : operationRows()) {
        if (row.verb == both || (row.verb == first && words.size() == 1))
            return fmt::format("arcology: there is no command {}; did you mean arcology ctl {}?",
                               first, row.verb);
        if (!row.verb.empty())
            verbs.push_back(row.verb.substr(0, row.verb.find(' ')));
    }
    if (const auto nearest = nearestWord(first, commands); !nearest.empty())
        return fmt::format("arcology: there is no command {}; did you mean arcology {}?", first,
                           nearest);
    if (const auto nearest = nearestWord(first, verbs); !nearest.empty())
        return fmt::format("arcology: there is no command {}; did you mean arcology ctl {}?", first,
                           nearest);
    return fmt::format("arcology: there is no command {}{}; `arcology --help` lists the commands",
                       first, words.size() == 1 ? ", nor a folder of that name" : "");
}

Result<std::string> interpreterPath(const std::string &named)
{
    if (named.empty())
        return named;
    std::error_code failed;
    if (named.find('/') != named.npos) {
        const auto whole = std::filesystem::absolute(named, failed).lexically_normal();
        return failed ? named : whole.string();
    }
    const char *path = std::getenv("PATH");
    const std::string folders = path ? path : "/usr/local/bin:/usr/bin:/bin";
    for (const std::string_view folder : split(folders, ':')) {
        const std::string candidate = fmt::format("{}/{}", folder, named);
        if (folder.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0
            && !std::filesystem::is_directory(candidate, failed))
            return candidate;
    }
    return Error {ErrorCode::Invalid,
                  fmt::format("{} is on no folder of PATH; name the interpreter with its whole "
                              "path, for instance /usr/bin/python3",
                              named)};
}

std::string folderPath(const std::string &named)
{
    std::error_code failed;
    const auto real = std::filesystem::canonical(named, failed);
    if (!failed)
        return real.string();
    const auto whole = std::filesystem::absolute(named, failed).lexically_normal();
    return failed ? named : whole.string();
}

std::string userName()
{
    const passwd *user = getpwuid(getuid());
    return user ? user->pw_name : fmt::format("uid {}", getuid());
}

} // namespace arc
