// SPDX-License-Identifier: Apache-2.0
// The logs, the facts and the report of the engine that is not there.
#include "tests/support/fake_control.h"

#include "server/base/text.h"
#include "server/base/version.h"

#include <fmt/format.h>

namespace arc::test {

namespace {

Result<size_t> parseCursor(const std::string &cursor, size_t size)
{
    const auto offset = parseUnsigned(cursor);
    if (!offset)
        return Error {ErrorCode::Invalid, "after: not a cursor that an answer gave"};
    return std::min(static_cast<size_t>(*offset), size);
}

} // namespace

Result<std::string> FakeControl::logText(const std::string &source, const std::string &site) const
{
    const auto textOf = [](const std::map<std::string, std::string> &from, const std::string &key) {
        const auto found = from.find(key);
        return found == from.end() ? std::string() : found->second;
    };
    if (!site.empty() && !document().findSite(site))
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", site)};
    if (source == "engine" || source == "access") {
        const std::string all = textOf(logTexts, source);
        std::string kept;
        for (const std::string_view line : split(all, '\n')) {
            if (!line.empty()
                && (site.empty() || line.find(fmt::format("\"site\":\"{}\"", site)) != line.npos))
                kept += std::string(line) + "\n";
        }
        return kept;
    }
    const size_t colon = source.find(':');
    const std::string name = colon == source.npos ? source : source.substr(colon + 1);
    if (colon == source.npos || !document().findSite(name))
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", name)};
    return textOf(outputs, name);
}

Result<api::LogSources> FakeControl::logsNow(const api::Nothing &)
{
    api::LogSources answer {
        .folder = "/var/lib/arcology/logs", .fileBytesMax = 64 << 20, .filesMax = 5, .sources = {}};
    const auto add = [&](std::string id, std::string kind, std::string name, std::string file) {
        const auto text = logText(id, {});
        const auto size = static_cast<int64_t>(text ? text->size() : 0);
        answer.sources.push_back({.id = std::move(id),
                                  .kind = std::move(kind),
                                  .name = std::move(name),
                                  .path = answer.folder + "/" + file,
                                  .sizeBytes = size,
                                  .files = size > 0 ? 1 : 0});
    };
    add("engine", "engine", {}, "engine.log");
    add("access", "access", {}, "access.log");
    for (const AppConfig &app : document().apps)
        add("app:" + app.id, "app", app.id, "app-" + app.id + ".log");
    return answer;
}

Result<api::LogText> FakeControl::logTailNow(const api::LogQuery &what)
{
    const auto text = logText(what.source, what.site);
    if (!text)
        return text.error();
    api::LogText answer {.source = what.source,
                         .text = *text,
                         .cursor = std::to_string(text->size()),
                         .sizeBytes = static_cast<int64_t>(text->size()),
                         .files = text->empty() ? 0 : 1};
    if (!what.after.empty()) {
        const auto offset = parseCursor(what.after, text->size());
        if (!offset)
            return offset.error();
        answer.text.erase(0, *offset);
        answer.skippedLines = std::exchange(skipLines, 0);
    }
    const auto most = static_cast<size_t>(std::max(what.bytes, 0));
    if (answer.text.size() > most) {
        answer.olderBytes = static_cast<int64_t>(answer.text.size() - most);
        answer.text.erase(0, answer.text.find('\n', answer.text.size() - most) + 1);
    }
    return answer;
}

Result<api::LogFound> FakeControl::logSearchNow(const api::LogSearch &what)
{
    const auto text = logText(what.source, what.site);
    if (!text)
        return text.error();
    if (what.text == "(" && what.regex)
        return Error {ErrorCode::Invalid, "text: no regular expression: missing )"};
    auto end = text->size();
    if (!what.from.empty()) {
        const auto offset = parseCursor(what.from, text->size());
        if (!offset)
            return offset.error();
        end = *offset;
    }
    size_t begin = end > searchStep ? text->rfind('\n', end - searchStep) : 0;
    begin = begin == std::string::npos || begin == 0 ? 0 : begin + 1;
    const std::string piece = text->substr(begin, end - begin);
    api::LogFound answer;
    for (const std::string_view line : split(piece, '\n')) {
        if (toLower(line).find(toLower(what.text)) != std::string::npos)
            answer.lines.insert(answer.lines.begin(), std::string(line));
    }
    answer.next = std::to_string(begin);
    answer.leftBytes = static_cast<int64_t>(begin);
    answer.totalBytes = static_cast<int64_t>(text->size());
    answer.done = begin == 0;
    return answer;
}

Result<api::About> FakeControl::aboutNow(const api::Nothing &)
{
    return api::About {.version = kVersion,
                       .build = "release, compiler 12.2.0, id 3f2a9c41d07be588",
                       .libraries = {{"OpenSSL", "3.0.17"},
                                     {"SQLite", "3.40.1"},
                                     {"libcurl", "7.88.1"},
                                     {"libevent", "2.1.12-stable"}},
                       .system = "Debian GNU/Linux 12 (bookworm), Linux 6.1.0 x86_64",
                       .executable = "/usr/bin/arcology",
                       .dataDir = "/var/lib/arcology",
                       .database = "/var/lib/arcology/arcology.db",
                       .logDir = "/var/lib/arcology/logs"};
}

Result<api::Text> FakeControl::diagnosticsNow(const api::Nothing &)
{
    return api::Text {"Arcology diagnostics, 2026-11-26T04:20:49.123Z\n"
                      "Secrets and values of environment variables are taken out.\n\n"
                      "== Program\nArcology 0.1.0 (release)\n\n"
                      "== Configuration\n{ \"env\": { \"DEBUG\": \"(masked)\" } }\n"};
}

} // namespace arc::test
