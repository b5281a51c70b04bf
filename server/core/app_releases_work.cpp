// SPDX-License-Identifier: Apache-2.0
// The working part of AppReleases: deploys and rollbacks, from the copy to the answer.
#include "server/base/text.h"
#include "server/config/word_lists.h"
#include "server/core/app_releases.h"
#include "server/releases/release_store.h"
#include "server/secrets/files.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

/// What an app says that writes into its folder, which cannot be written to any more.
bool tellsOfWriting(std::string_view cause)
{
    constexpr std::string_view kPhrases[] = {"Permission denied", "Read-only file system",
                                             "readonly database", "unable to open database"};
    return std::ranges::any_of(
        kPhrases, [cause](std::string_view phrase) { return cause.find(phrase) != cause.npos; });
}

ReleaseRules rulesOf(const Settings &settings, const std::string &dataDir)
{
    return {.shared = releasePathsOf(settings.releaseShared),
            .exclude = releasePathsOf(settings.releaseExclude),
            .filesMax = settings.releaseFilesMax,
            .bytesMax = settings.releaseMiBMax * 1024 * 1024,
            .dataDir = dataDir};
}

} // namespace

Result<AppReleases::Work *> AppReleases::begin(const AppConfig &app, const std::string &phase)
{
    Slot &slot = slotOf(app.id);
    const AppPool *pool = m_parts.pool(app.id);
    if (slot.work || (pool && pool->info().nextGeneration != 0)) {
        const double since =
            slot.work ? static_cast<double>(unixNowMs() - slot.work->sinceUnixMs) / 1000 : 0;
        return Error {ErrorCode::Conflict,
                      fmt::format("a deploy of {} is under way{}; try again when it has ended",
                                  app.id, slot.work ? ", for " + formatDuration(since) : "")};
    }
    for (const std::string &folder : {m_parts.folder, store(app.id)}) {
        if (auto made = makeFolder(folder); !made)
            return std::move(made).error();
    }
    slot.work = std::make_unique<Work>();
    slot.work->phase = phase;
    slot.work->sinceUnixMs = unixNowMs();
    return slot.work.get();
}

void AppReleases::runLong(const std::string &app, const Done &done,
                          std::function<std::function<void()>()> job)
{
    if (!m_parts.blocking.submit(m_parts.control, std::move(job), BlockingPool::Length::Long))
        end(app, {ErrorCode::Full, "too much is being copied; try again"}, done);
}

void AppReleases::end(const std::string &app, const Error &why, const Done &done)
{
    Slot &slot = slotOf(app);
    slot.work.reset();
    slot.trying.clear();
    if (done)
        done(why);
}

void AppReleases::deploy(const AppConfig &app, const std::string &by, Done done)
{
    AppPool *pool = m_parts.pool(app.id);
    const Settings settings = m_parts.settings(app);
    if (settings.releaseCopies == 0 && pool)
        return pool->deploy(
            by, [self = m_self, id = app.id, done = std::move(done)](Result<Deployed> deployed) {
                if (!deployed)
                    return done(std::move(deployed).error());
                if (*self)
                    (*self)->servesFolder(id);
                done(deployedView(id, *deployed));
            });
    auto work = begin(app, "copying");
    if (!work)
        return done(std::move(work).error());
    const Slot &slot = slotOf(app.id);
    CopyOrder order {.folder = app.root,
                     .store = store(app.id),
                     .rules = rulesOf(settings, m_parts.dataDir),
                     .serving = {},
                     .known = {},
                     .progress = (*work)->progress};
    if (const ReleaseRecord *serving = servingOf(slot, app))
        order.serving = serving->id;
    for (const ReleaseRecord &record : slot.book.records())
        order.known.push_back(record.id);
    m_parts.log(LogLevel::Info,
                fmt::format("app {}: {} is copied, asked for by {}", app.id, app.root, by));
    runLong(app.id, done,
            [self = m_self, order = std::move(order), app = app.id, folder = app.root, by,
             done]() -> std::function<void()> {
                const auto made = std::make_shared<Result<ReleaseMade>>(makeRelease(order));
                return [self, made, app, folder, by, done] {
                    if (*self)
                        (*self)->copied(app, folder, by, *made, done);
                };
            });
}

/// From now on, and also when releases are turned on again.
void AppReleases::servesFolder(const std::string &app)
{
    if (!find(app) || !find(app)->book.serving())
        return;
    slotOf(app).book.stopServing();
    save(app, {});
}

void AppReleases::copied(const std::string &app, const std::string &folder, const std::string &by,
                         const Result<ReleaseMade> &made, const Done &done)
{
    Slot &slot = slotOf(app);
    if (!made) {
        const Error why = Error(made.error()).within(app + " was not deployed");
        m_parts.log(LogLevel::Warning, why.message());
        return end(app, why, done);
    }
    slot.problem.clear(); // from here on it is known again
    slot.book.add({.id = made->id,
                   .folder = folder,
                   .by = by,
                   .madeUnixMs = unixNowMs(),
                   .files = made->files,
                   .bytes = made->bytes,
                   .addedBytes = made->addedBytes});
    m_parts.log(LogLevel::Info,
                fmt::format("app {}: release {} has {} files, {}, of them {} new", app, made->id,
                            made->files, formatBytes(double(made->bytes)),
                            formatBytes(double(made->addedBytes))));
    save(app, [self = m_self, app, by, id = made->id, done](const Result<void> &saved) {
        if (!*self)
            return;
        if (!saved)
            return (*self)->end(app, Error(saved.error()).within(app + " was not deployed"), done);
        (*self)->start(app, id, by, done);
    });
}

void AppReleases::start(const std::string &app, const std::string &release, const std::string &by,
                        const Done &done)
{
    Slot &slot = slotOf(app);
    const AppConfig *config = m_parts.app(app);
    AppPool *pool = m_parts.pool(app);
    const ReleaseRecord *record = slot.book.find(release);
    std::string problem;
    if (!pool || !config)
        problem = "the site was stopped meanwhile";
    else if (!record || record->folder != config->root || !isOn(*config))
        problem = "its configuration was changed meanwhile; try again";
    else if (slot.work->progress->isCancelled)
        problem = "it was cancelled";
    if (!problem.empty()) {
        slot.book.notTried(release, problem, unixNowMs());
        save(app, {});
        return end(app,
                   {ErrorCode::Cancelled,
                    fmt::format("release {} of {} was not started: {}", release, app, problem)},
                   done);
    }
    slot.work->phase = "starting";
    slot.trying = release;
    pool->deployRelease(m_parts.spec(*config), by,
                        [self = m_self, app, release, done](const Result<Deployed> &result) {
                            if (*self)
                                (*self)->ended(app, release, result, done);
                        });
}

void AppReleases::ended(const std::string &app, const std::string &release,
                        const Result<Deployed> &result, const Done &done)
{
    Slot &slot = slotOf(app);
    slot.trying.clear();
    slot.work.reset();
    AppPool *pool = m_parts.pool(app);
    const bool isThere = pool && pool->info().release == release;
    if (result && isThere) {
        slot.book.tookOver(release, unixNowMs());
        save(app,
             [self = m_self, app, release, deployed = *result, done](const Result<void> &saved) {
                 if (!*self)
                     return;
                 if (saved)
                     (*self)->prune(app);
                 api::Deployed view = deployedView(app, deployed, release);
                 if (!saved) // serving goes on, and the answer must not say otherwise
                     view.summary += "; an engine that starts again may serve another one: "
                         + saved.error().message();
                 done(std::move(view));
             });
        return;
    }
    Error why = result ? Error {ErrorCode::Conflict,
                                fmt::format("release {} of {} does not serve: its configuration "
                                            "was changed meanwhile",
                                            release, app)}
                       : result.error();
    if (why.code() == ErrorCode::AppFailed && tellsOfWriting(why.message()))
        why = {why.code(),
               why.message()
                   + " (nothing can be written into a release: what the app writes belongs into "
                     "release.shared)"};
    if (why.code() == ErrorCode::AppFailed)
        slot.book.refused(release, why.message(), unixNowMs());
    else
        slot.book.notTried(release, why.message(), unixNowMs());
    const AppConfig *config = m_parts.app(app);
    if (isThere && config) // where nothing served before it, its workers are tried again and again
        pool->update(m_parts.spec(*config));
    save(app, [self = m_self, app, why, done](const Result<void> &saved) {
        if (*self && saved)
            (*self)->prune(app);
        done(why);
    });
}

void AppReleases::rollback(const AppConfig &app, const std::string &release, const std::string &by,
                           Done done)
{
    if (!isOn(app))
        return done(Error {ErrorCode::Invalid,
                           fmt::format("{} is served from its folder and has no releases; "
                                       "release.copies turns them on",
                                       app.id)});
    const Slot *slot = find(app.id);
    const ReleaseBook none;
    const ReleaseBook &book = slot ? slot->book : none;
    const auto chosen = release.empty() ? book.previous() : book.choose(release);
    if (!chosen)
        return done(chosen.error());
    const ReleaseRecord *serving = slot ? servingOf(*slot, app) : nullptr;
    if (serving && serving->id == chosen->id)
        return done(Error {ErrorCode::Conflict,
                           fmt::format("release {} of {} serves already", chosen->id, app.id)});
    if (chosen->folder != app.root)
        return done(Error {ErrorCode::Invalid,
                           fmt::format("release {} is a copy of {}, which {} was served from "
                                       "before",
                                       chosen->id, chosen->folder, app.id)});
    auto work = begin(app, "checking");
    if (!work)
        return done(std::move(work).error());
    runLong(app.id, done,
            [self = m_self, store = store(app.id), id = chosen->id,
             current = serving ? serving->id : std::string(), app = app.id, by, done,
             progress = (*work)->progress]() -> std::function<void()> {
                auto written = current.empty() ? Result<void>()
                                               : ReleaseStore::checkNothingWritten(store, current);
                const auto good = std::make_shared<Result<void>>(
                    written ? ReleaseStore::verify(store, id, *progress) : std::move(written));
                return [self, good, app, id, by, done] {
                    if (!*self)
                        return;
                    if (*good)
                        return (*self)->start(app, id, by, done);
                    (*self)->end(app, Error(good->error()).within(app + " was not rolled back"),
                                 done);
                };
            });
}

Result<void> AppReleases::cancel(const AppConfig &app)
{
    const Slot *slot = find(app.id);
    if (!slot || !slot->work || slot->work->phase == "starting")
        return Error {
            ErrorCode::Conflict,
            fmt::format("nothing of {} is being copied{}", app.id,
                        slot && slot->work ? " any more: its new workers are starting" : "")};
    slot->work->progress->isCancelled = true;
    return {};
}

} // namespace arc
