// SPDX-License-Identifier: Apache-2.0
// Logs, and the report for somebody who helps: what is read from disk is read on the blocking pool.
#include "server/base/text.h"
#include "server/config/effective.h"
#include "server/control/diagnostics.h"
#include "server/control/service.h"
#include "server/observe/app_log.h"
#include "server/observe/log_reader.h"

#include <filesystem>
#include <set>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::string_view kAppPrefix = "app:";
constexpr std::string_view kSitePrefix = "site:";
constexpr int64_t kDiagnosticsLogBytes = 32 * 1024;

Error busy()
{
    return {ErrorCode::Full, "too much is being read from disk; try again"};
}

/// Which file a source is, and which of its lines are meant.
struct LogPlace {
    std::string source;
    std::string path;
    std::string mustContain;
};

std::string accessOf(std::string_view site)
{
    return fmt::format("\"site\":\"{}\"", site);
}

Result<LogPlace> placeOf(const std::string &source, const std::string &site,
                         const std::string &folder, const Document &document)
{
    if (!site.empty() && !document.findSite(site))
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", site)};
    if (source == "access")
        return LogPlace {source, folder + "/access.log", site.empty() ? "" : accessOf(site)};
    if (!site.empty())
        return Error {ErrorCode::Invalid, "site: chooses among the lines of the access log only"};
    if (source == "engine")
        return LogPlace {source, folder + "/engine.log", {}};
    if (source.starts_with(kSitePrefix)) {
        const std::string id = source.substr(kSitePrefix.size());
        const SiteConfig *found = document.findSite(id);
        if (!found)
            return Error {ErrorCode::NotFound, fmt::format("there is no site {}", id)};
        const AppConfig *app = appOf(*found, document);
        if (!app) // files write nothing; what was asked of them is all there is
            return LogPlace {"access", folder + "/access.log", accessOf(id)};
        return LogPlace {
            fmt::format("{}{}", kAppPrefix, app->id), folder + '/' + AppLog::fileName(app->id), {}};
    }
    const std::string app = source.starts_with(kAppPrefix) ? source.substr(kAppPrefix.size()) : "";
    if (!isIdentifier(app)) // it becomes part of a path
        return Error {
            ErrorCode::NotFound,
            fmt::format("there is no log {}: it is engine, access, app:NAME or site:NAME", source)};
    const std::string path = folder + '/' + AppLog::fileName(app);
    std::error_code ignored;
    if (!document.findApp(app) && !std::filesystem::exists(path, ignored))
        return Error {ErrorCode::NotFound, fmt::format("there is no app {}", app)};
    return LogPlace {source, path, {}};
}

/// Runs `read` on the blocking pool and gives its answer to `done` on the control loop.
template <class Answer, class Read>
void onBlockingPool(EngineHost &host, Read read, Control::Callback<Answer> done)
{
    auto job = [read = std::move(read), done]() mutable -> std::function<void()> {
        auto answer = std::make_shared<Result<Answer>>(read());
        return [answer, done] {
            done(std::move(*answer));
        };
    };
    if (!host.runBlocking(std::move(job)))
        done(busy());
}

api::LogSource sourceOf(std::string id, std::string kind, std::string name, std::string path)
{
    const LogExtent extent = measureLog(path);
    return {.id = std::move(id),
            .kind = std::move(kind),
            .name = std::move(name),
            .path = std::move(path),
            .sizeBytes = extent.bytes,
            .files = extent.files};
}

/// Apps that are gone from the configuration while their log is still there.
std::set<std::string> removedApps(const std::string &folder, const std::set<std::string> &apps)
{
    constexpr size_t kNamesMax = 1000;
    const std::string first = AppLog::fileName("");
    const size_t prefix = first.find('.'); // "app-"
    std::set<std::string> removed;
    std::error_code failed;
    std::filesystem::directory_iterator each(folder, failed);
    for (; !failed && each != std::filesystem::directory_iterator(); each.increment(failed)) {
        const std::string name = each->path().filename().string();
        if (!name.starts_with(first.substr(0, prefix)) || !name.ends_with(first.substr(prefix)))
            continue;
        const std::string app = name.substr(prefix, name.size() - first.size());
        if (isIdentifier(app) && !apps.contains(app) && removed.size() < kNamesMax)
            removed.insert(app);
    }
    return removed;
}

} // namespace

std::string ControlService::logFolder() const
{
    return m_host.facts().dataDir + "/logs";
}

void ControlService::logs(const Caller &, api::Nothing, Callback<api::LogSources> done)
{
    const Settings settings = engineSettings(m_document, m_host.pinned());
    api::LogSources answer {.folder = logFolder(),
                            .fileBytesMax = settings.logFileMiBMax * 1024 * 1024,
                            .filesMax = static_cast<int>(settings.logFilesMax),
                            .sources = {}};
    std::set<std::string> apps;
    for (const AppConfig &app : m_document.apps)
        apps.insert(app.id);
    onBlockingPool<api::LogSources>(
        m_host,
        [answer, apps, flush = m_host.logFlusher()]() mutable -> Result<api::LogSources> {
            flush();
            const std::string &folder = answer.folder;
            answer.sources.push_back(sourceOf("engine", "engine", {}, folder + "/engine.log"));
            answer.sources.push_back(sourceOf("access", "access", {}, folder + "/access.log"));
            const auto add = [&](const std::string &app) -> api::LogSource & {
                answer.sources.push_back(sourceOf(fmt::format("{}{}", kAppPrefix, app), "app", app,
                                                  folder + '/' + AppLog::fileName(app)));
                return answer.sources.back();
            };
            for (const std::string &app : apps)
                add(app);
            for (const std::string &app : removedApps(folder, apps))
                add(app).removed = true;
            return answer;
        },
        std::move(done));
}

void ControlService::logTail(const Caller &, api::LogQuery what, Callback<api::LogText> done)
{
    auto place = placeOf(what.source, what.site, logFolder(), m_document);
    if (!place)
        return done(std::move(place).error());
    onBlockingPool<api::LogText>(
        m_host,
        [place = std::move(*place), what = std::move(what),
         flush = m_host.logFlusher()]() -> Result<api::LogText> {
            flush();
            auto tail = tailLog(place.path, what.after, what.bytes, place.mustContain);
            if (!tail)
                return std::move(tail).error();
            return api::LogText {.source = place.source,
                                 .text = std::move(tail->text),
                                 .cursor = std::move(tail->cursor),
                                 .skippedLines = tail->skippedLines,
                                 .olderBytes = tail->olderBytes,
                                 .sizeBytes = tail->extent.bytes,
                                 .files = tail->extent.files};
        },
        std::move(done));
}

void ControlService::logSearch(const Caller &, api::LogSearch what, Callback<api::LogFound> done)
{
    auto place = placeOf(what.source, what.site, logFolder(), m_document);
    if (!place)
        return done(std::move(place).error());
    onBlockingPool<api::LogFound>(
        m_host,
        [place = std::move(*place), what = std::move(what),
         flush = m_host.logFlusher()]() -> Result<api::LogFound> {
            if (what.limit < 1)
                return Error {ErrorCode::Invalid, "limit: must be at least 1"};
            auto pattern = LogPattern::make(what.text, what.regex, what.ignoreCase);
            if (!pattern)
                return std::move(pattern).error();
            if (what.from.empty())
                flush();
            auto found = searchLog(place.path, *pattern, what.from, static_cast<size_t>(what.limit),
                                   place.mustContain);
            if (!found)
                return std::move(found).error();
            return api::LogFound {.lines = std::move(found->lines),
                                  .next = std::move(found->next),
                                  .leftBytes = found->leftBytes,
                                  .totalBytes = found->totalBytes,
                                  .done = found->done};
        },
        std::move(done));
}

void ControlService::about(const Caller &, api::Nothing, Callback<api::About> done)
{
    const EngineHost::Facts &facts = m_host.facts();
    api::About about = facts.about;
    about.executable = facts.executable;
    about.dataDir = facts.dataDir;
    about.logDir = logFolder();
    done(std::move(about));
}

void ControlService::diagnostics(const Caller &caller, api::Nothing, Callback<api::Text> done)
{
    DiagnosticsParts parts {.unixMs = m_host.controlLoop().unixMs(),
                            .about = {},
                            .status = {},
                            .host = m_sampler.host(),
                            .document = m_document,
                            .secrets = {},
                            .machine = {},
                            .log = {}};
    for (const AppConfig &app : m_document.apps) {
        const auto whole = m_host.withSecrets(app); // what cannot be opened cannot be anywhere else
        for (const auto &[name, value] : app.secrets)
            parts.secrets.push_back(whole ? whole->env.at(name) : std::string());
    }
    // Both answer at once, for they only copy.
    about(caller, {}, [&](Result<api::About> answer) { parts.about = std::move(*answer); });
    status(caller, {}, [&](Result<api::Status> answer) { parts.status = std::move(*answer); });
    onBlockingPool<api::Text>(
        m_host,
        [parts, report = m_host.machineReporter()]() mutable -> Result<api::Text> {
            if (report)
                parts.machine = report();
            if (auto tail = tailLog(parts.about.logDir + "/engine.log", {}, kDiagnosticsLogBytes))
                parts.log = std::move(tail->text);
            return api::Text {diagnosticsText(parts)};
        },
        std::move(done));
}

} // namespace arc
