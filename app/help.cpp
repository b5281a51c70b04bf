// SPDX-License-Identifier: Apache-2.0
#include "app/help.h"

#include "server/base/embedded.h"

#include <optional>
#include <string>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr int kNotFound = 3;
constexpr int kUsage = 2;

/// A page without the comments at its head.
std::string_view textOf(std::string_view page)
{
    while (page.starts_with("<!--")) {
        const size_t end = page.find("-->\n");
        if (end == page.npos)
            break;
        page.remove_prefix(end + 4);
    }
    return page;
}

std::optional<std::string_view> findPage(const std::string &name)
{
    for (const char *pattern : {"docs/{}", "docs/{}.md", "docs/window-{}.md"}) {
        if (const auto page = embeddedFile(fmt::format(fmt::runtime(pattern), name)))
            return textOf(*page);
    }
    return std::nullopt;
}

void printList()
{
    fmt::print("arcology help PAGE prints one of these:\n\n");
    for (std::string_view name : embeddedNames("docs/")) {
        const std::string_view text = textOf(embeddedFile(name).value_or(""));
        const std::string_view heading = text.substr(0, text.find('\n'));
        name.remove_prefix(5);
        name.remove_suffix(3);
        fmt::print("{:<18} {}\n", name, heading.substr(std::min<size_t>(2, heading.size())));
    }
}

} // namespace

int helpMain(int argc, char **argv)
{
    if (argc < 2) {
        printList();
        return 0;
    }
    const std::string name = argv[1];
    if (argc > 2 || name.starts_with('-')) {
        const bool asked = argc == 2 && (name == "--help" || name == "-h");
        fmt::print(asked ? stdout : stderr, "arcology help [PAGE]: prints a page of the manual\n");
        return asked ? 0 : kUsage;
    }
    const auto page = findPage(name);
    if (!page) {
        fmt::print(stderr, "arcology help: there is no page {}; arcology help lists them\n", name);
        return kNotFound;
    }
    fmt::print("{}", *page);
    return 0;
}

} // namespace arc
