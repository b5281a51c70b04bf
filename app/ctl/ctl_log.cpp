// SPDX-License-Identifier: Apache-2.0
// Verbs about logs: list, tail, search.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "server/base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kFollowInterval {250};
constexpr int kBytesMax = 1 << 20; // that the engine gives at once
constexpr int kInterrupted = 130;  // as shells report Ctrl+C

/// "shop" means what that site writes; engine, access and what holds a colon are sources already.
std::string sourceOf(const CtlLog &what)
{
    if (what.source.empty())
        return what.site.empty() ? "engine" : "access";
    const bool isSource = what.source == "engine" || what.source == "access"
        || what.source.find(':') != what.source.npos;
    return isSource ? what.source : "site:" + what.source;
}

/// What reaches a terminal must not command it.
std::string harmless(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if ((code < 0x20 && c != '\n' && c != '\t') || code == 0x7f)
            out += fmt::format("\\x{:02x}", code);
        else
            out += c;
    }
    return out;
}

/// The last `count` lines of a text; 0: all.
std::string_view lastLines(std::string_view text, int count)
{
    size_t from = text.ends_with('\n') ? text.size() - 1 : text.size();
    for (int left = count; left > 0; --left) {
        const size_t before = from == 0 ? text.npos : text.rfind('\n', from - 1);
        if (before == text.npos)
            return text;
        from = before;
    }
    return count == 0 ? text : text.substr(from + 1);
}

int follow(CtlSession &session, const std::string &source, const std::string &site,
           std::string cursor)
{
    session.world().catchInterrupts();
    while (!session.world().pause(kFollowInterval)) {
        const auto answer =
            session.ask(&Control::logTail, {.source = source, .after = cursor, .site = site});
        if (!answer)
            return session.fail(answer.error());
        if (answer->skippedLines != 0) {
            session.world().err(answer->skippedLines > 0
                                    ? fmt::format("… {} lines not shown\n", answer->skippedLines)
                                    : std::string("… some lines not shown\n"));
        }
        cursor = answer->cursor;
        if (answer->text.empty())
            continue;
        if (session.json())
            session.printJson(*answer);
        else
            session.print(harmless(answer->text));
    }
    return 0;
}

} // namespace

int ctlLogList(CtlSession &session)
{
    return session.show(&Control::logs, {}, [&](const api::LogSources &logs) {
        TextTable table({"LOG", "SIZE", "FILES", "PATH"});
        for (const api::LogSource &log : logs.sources) {
            table.add({log.removed ? log.id + " (removed)" : log.id,
                       formatBytes(static_cast<double>(log.sizeBytes)), std::to_string(log.files),
                       log.path});
        }
        session.print(table.text());
        session.say(fmt::format("Each is rotated at {}; {} older files are kept.",
                                formatBytes(static_cast<double>(logs.fileBytesMax)),
                                logs.filesMax));
    });
}

int ctlLogTail(CtlSession &session, const CtlLog &what)
{
    const std::string source = sourceOf(what);
    std::string cursor;
    auto answer = session.ask(
        &Control::logTail,
        {.source = source, .bytes = what.lines > 0 ? kBytesMax : what.bytes, .site = what.site});
    if (!answer)
        return session.fail(answer.error());
    answer->text = std::string(lastLines(answer->text, what.lines));
    if (session.json())
        session.printJson(*answer);
    else
        session.print(harmless(answer->text));
    return what.follow ? follow(session, source, what.site, answer->cursor) : 0;
}

int ctlLogSearch(CtlSession &session, const CtlLog &what)
{
    api::LogSearch step {.source = sourceOf(what),
                         .text = what.text,
                         .regex = what.regex,
                         .ignoreCase = what.ignoreCase,
                         .limit = what.limit,
                         .site = what.site};
    session.world().catchInterrupts();
    api::LogFound all;
    for (;;) {
        auto answer = session.ask(&Control::logSearch, step);
        if (!answer)
            return session.fail(answer.error());
        std::ranges::move(answer->lines, std::back_inserter(all.lines));
        all.next = step.from = answer->next;
        all.leftBytes = answer->leftBytes;
        all.totalBytes = answer->totalBytes;
        all.done = answer->done;
        const int left = what.limit - static_cast<int>(all.lines.size());
        if (all.done || left <= 0)
            break;
        step.limit = left;
        if (session.world().pause(std::chrono::milliseconds(0)))
            return kInterrupted;
    }
    if (session.json()) {
        session.printJson(all);
        return 0;
    }
    std::ranges::reverse(all.lines);
    for (const std::string &line : all.lines)
        session.print(harmless(line) + "\n");
    if (!all.done) {
        session.world().err(fmt::format("The newest {} lines; {} of {} were not looked through.\n",
                                        all.lines.size(),
                                        formatBytes(static_cast<double>(all.leftBytes)),
                                        formatBytes(static_cast<double>(all.totalBytes))));
    }
    return 0;
}

} // namespace arc
