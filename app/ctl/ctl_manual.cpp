// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/ctl_manual.h"

#include "app/ctl/ctl_app.h"
#include "server/control/api/control.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace arc {

namespace {

constexpr const char *kHead =
    "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
    "<!-- Written from the verbs of ctl; edit app/ctl/ctl.cpp. -->\n"
    "# ctl\n\n"
    "`arcology ctl VERB` administers a running engine from the shell. It speaks the same admin API "
    "as the window: what one\nof them changes, the other shows at once.\n\n"
    "The engine is found by its admin socket: that of this user's session, else that of the "
    "service. `--data-dir DIR` or\n`--socket PATH` name another one. With `--json` a verb prints "
    "the API's answer as one line of JSON, and errors as JSON on\nstandard error. Exit codes: see "
    "[Exit codes](exit-codes.md).\n";

std::string upper(std::string name)
{
    for (char &c : name)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

/// "site run SITE COMMAND..." as it is typed.
std::string usageOf(const std::string &path, const CLI::App &verb)
{
    std::string usage = "arcology ctl " + path;
    for (const CLI::Option *option : verb.get_options()) {
        if (option->get_positional() && option->get_name() != "--help,-h") {
            const bool many = option->get_items_expected_max() > 1;
            const std::string word = upper(option->get_name(true)) + (many ? "..." : "");
            usage += option->get_required() ? " " + word : fmt::format(" [{}]", word);
        }
    }
    return usage;
}

void addVerb(std::string &page, const std::string &path, const CLI::App &verb)
{
    page += fmt::format("\n### {}\n\n{}\n\n```\n{}\n```\n", path, verb.get_description(),
                        usageOf(path, verb));
    const std::string options = optionsManual(verb);
    if (!options.empty())
        page += "\n" + options;
    if (!verb.get_footer().empty())
        page += fmt::format("\n{}\n", verb.get_footer());
}

/// "INT:INT in [1 - 1000]" is what CLI11 calls a number with a range.
std::string valueOf(const CLI::Option &option, std::string &limits)
{
    const std::string type = option.get_type_name();
    const size_t colon = type.find(':');
    if (const size_t open = type.find_first_of("[{", colon); open != type.npos)
        limits = fmt::format(" ({})", type.substr(open + 1, type.size() - open - 2));
    return type.substr(0, colon);
}

std::vector<const CLI::App *> verbsOf(const CLI::App &app)
{
    return app.get_subcommands([](const CLI::App *) { return true; });
}

} // namespace

std::string optionsManual(const CLI::App &app)
{
    std::string list;
    for (const CLI::Option *option : app.get_options()) {
        if (option->get_lnames() == std::vector<std::string> {"help"})
            continue;
        std::string name;
        for (const std::string &letter : option->get_snames())
            name += "-" + letter + ", ";
        for (const std::string &word : option->get_lnames())
            name += "--" + word;
        std::string limits;
        if (option->get_positional())
            name = upper(option->get_name(true));
        else if (option->get_type_size() > 0)
            name += " " + valueOf(*option, limits);
        const std::string &text = option->get_description();
        list += text.empty() ? fmt::format("- `{}`{}\n", name, limits)
                             : fmt::format("- `{}`: {}{}\n", name, text, limits);
    }
    return list;
}

std::string ctlManual()
{
    CtlApp ctl;
    std::string page = kHead;
    std::string alone;
    std::string groups;
    for (const CLI::App *verb : verbsOf(ctl.app())) {
        const auto inner = verbsOf(*verb);
        if (inner.empty()) {
            addVerb(alone, verb->get_name(), *verb);
            continue;
        }
        groups += fmt::format("\n## {}\n\n{}.\n", verb->get_name(), verb->get_description());
        for (const CLI::App *one : inner) {
            const std::string path = verb->get_name() + " " + one->get_name();
            const auto deeper = verbsOf(*one);
            for (const CLI::App *last : deeper)
                addVerb(groups, path + " " + last->get_name(), *last);
            if (deeper.empty())
                addVerb(groups, path, *one);
        }
    }
    page += "\n## The engine\n\nWhat concerns it as a whole.\n" + alone + groups;
    page += "\n## The admin API\n\n"
            "HTTP and JSON at `/api/v1` on the admin socket. Each verb is one or several of these "
            "operations;\n`openapi.json` describes their fields. A role includes those before it: "
            "viewer, operator, admin.\n\n"
            "| operation | call | role | what it does |\n| --- | --- | --- | --- |\n";
    constexpr const char *kMethods[] = {"GET", "POST", "PATCH", "DELETE"};
    constexpr const char *kRoles[] = {"viewer", "operator", "admin"};
    for (const OperationRow &row : operationRows()) {
        page += fmt::format("| {} | `{} {}` | {} | {} |\n", row.name,
                            kMethods[static_cast<size_t>(row.method)], row.path,
                            kRoles[static_cast<size_t>(row.role)], row.help);
    }
    return page;
}

} // namespace arc
