// SPDX-License-Identifier: Apache-2.0
#include "server/core/app_releases.h"

#include "server/base/text.h"
#include "server/config/word_lists.h"
#include "server/releases/release_store.h"
#include "server/secrets/files.h"

#include <filesystem>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr const char *kBookName = "/releases.json";

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

AppReleases::AppReleases(Parts parts)
    : m_parts(std::move(parts)), m_self(std::make_shared<AppReleases *>(this))
{
    std::error_code error;
    for (std::filesystem::directory_iterator each(m_parts.folder, error), end;
         !error && each != end; each.increment(error)) {
        const std::string app = each->path().filename().string();
        const std::string path = each->path().string() + kBookName;
        if (!isIdentifier(app))
            continue;
        auto text = readSmallFile(path, ReleaseBook::kFileBytesMax);
        if (!text && text.error().code() == ErrorCode::NotFound)
            continue; // no release was ever finished
        auto book = text ? ReleaseBook::fromJson(*text) : Result<ReleaseBook>(text.error());
        Slot &slot = m_slots[app];
        if (book)
            slot.book = std::move(*book);
        else
            slot.problem = fmt::format("{}: {}", path, book.error().message());
        if (!slot.problem.empty())
            m_parts.log(LogLevel::Error, slot.problem);
    }
}

AppReleases::~AppReleases()
{
    *m_self = nullptr;
    stop();
}

void AppReleases::stop()
{
    for (const auto &[app, slot] : m_slots) {
        if (slot.work)
            slot.work->progress->isCancelled = true;
    }
}

std::string AppReleases::store(std::string_view app) const
{
    return fmt::format("{}/{}", m_parts.folder, app);
}

const AppReleases::Slot *AppReleases::find(std::string_view app) const
{
    const auto found = m_slots.find(app);
    return found == m_slots.end() ? nullptr : &found->second;
}

/// A release of another folder, which the app had before, is none of it any more.
const ReleaseRecord *AppReleases::servingOf(const Slot &slot, const AppConfig &app) const
{
    const ReleaseRecord *serving = isOn(app) ? slot.book.serving() : nullptr;
    return serving && serving->folder == app.root ? serving : nullptr;
}

void AppReleases::settle(const Document &document)
{
    for (const AppConfig &app : document.apps) {
        const auto found = m_slots.find(app.id);
        if (found == m_slots.end() || !found->second.book.serving()
            || servingOf(found->second, app))
            continue;
        found->second.book.stopServing();
        save(app.id, {});
    }
    if (!std::exchange(m_isClean, true))
        cleanUp(document);
}

/// Not later than at the start: whoever takes a change back finds the releases still there.
void AppReleases::cleanUp(const Document &document)
{
    std::map<std::string, std::set<std::string>> kept;
    std::set<std::string> unknown;
    for (auto &[app, slot] : m_slots) {
        const AppConfig *config = document.findApp(app);
        if (!slot.problem.empty()) {
            unknown.insert(app); // nobody knows what of it is needed
            continue;
        }
        if (!config || !isOn(*config))
            slot.book = {};
        for (const ReleaseRecord &record : slot.book.records())
            kept[app].insert(record.id);
    }
    auto job = [folder = m_parts.folder, kept, unknown]() -> std::function<void()> {
        std::error_code error;
        for (std::filesystem::directory_iterator each(folder, error), end; !error && each != end;
             each.increment(error)) {
            const std::string app = each->path().filename().string();
            const auto known = kept.find(app);
            if (known != kept.end())
                ReleaseStore::clean(each->path().string(), known->second);
            else if (!unknown.contains(app))
                removeTree(each->path().string());
        }
        return {};
    };
    m_parts.blocking.submit(m_parts.control, std::move(job), BlockingPool::Length::Long);
}

void AppReleases::place(AppSpec &spec) const
{
    const Slot *slot = find(spec.config.id);
    if (!slot || spec.settings.releaseCopies == 0)
        return;
    const ReleaseRecord *serving = servingOf(*slot, spec.config);
    std::string id = slot->trying;
    if (id.empty() && serving)
        id = serving->id;
    if (id.empty()) {
        if (!slot->problem.empty() && spec.problem.empty())
            spec.problem = fmt::format("which release serves is not known: {}; a deploy makes a "
                                       "new one",
                                       slot->problem);
        return;
    }
    spec.release = id;
    spec.config.root = ReleaseStore::tree(store(spec.config.id), id);
    if (!ReleaseStore::isWhole(store(spec.config.id), id) && spec.problem.empty())
        spec.problem = fmt::format("release {} is gone from {}; a deploy makes a new one", id,
                                   store(spec.config.id));
}

Result<AppConfig> AppReleases::placed(const AppConfig &app, const std::string &release) const
{
    AppConfig placed = app;
    if (release == "live")
        return placed;
    const Slot *slot = find(app.id);
    std::string id;
    if (!release.empty()) {
        auto chosen = (slot ? slot->book : ReleaseBook()).choose(release);
        if (!chosen)
            return std::move(chosen).error();
        id = chosen->id;
    } else if (const ReleaseRecord *serving = slot ? servingOf(*slot, app) : nullptr) {
        id = serving->id;
    }
    if (!id.empty())
        placed.root = ReleaseStore::tree(store(app.id), id);
    return placed;
}

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
        return pool->deploy(by, [id = app.id, done = std::move(done)](Result<Deployed> deployed) {
            if (!deployed)
                return done(std::move(deployed).error());
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
            [self = m_self, order = std::move(order), app = app.id, by,
             done]() -> std::function<void()> {
                const auto made = std::make_shared<Result<ReleaseMade>>(makeRelease(order));
                return [self, made, app, by, done] {
                    if (*self)
                        (*self)->copied(app, by, *made, done);
                };
            });
}

void AppReleases::copied(const std::string &app, const std::string &by,
                         const Result<ReleaseMade> &made, const Done &done)
{
    Slot &slot = slotOf(app);
    if (!made) {
        const Error why = Error(made.error()).within(app + " was not deployed");
        m_parts.log(LogLevel::Warning, why.message());
        return end(app, why, done);
    }
    const AppConfig *config = m_parts.app(app);
    slot.problem.clear(); // from here on it is known again
    if (config)
        slot.book.add({.id = made->id,
                       .folder = config->root,
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
        slot.generations[result->generation] = release;
        save(app,
             [self = m_self, app, release, deployed = *result, done](const Result<void> &saved) {
                 if (!*self)
                     return;
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
    save(app, [self = m_self, app, why, done](const Result<void> &) {
        if (*self)
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
    if (chosen->state == ReleaseRecord::State::Serves)
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
            [self = m_self, store = store(app.id), id = chosen->id, app = app.id, by, done,
             progress = (*work)->progress]() -> std::function<void()> {
                const auto good =
                    std::make_shared<Result<void>>(ReleaseStore::verify(store, id, *progress));
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

api::ReleaseViews AppReleases::views(const AppConfig &app) const
{
    api::ReleaseViews views;
    views.app = app.id;
    views.folder = app.root;
    views.copies = m_parts.settings(app).releaseCopies;
    const Slot *slot = find(app.id);
    if (!slot)
        return views;
    if (const ReleaseRecord *serving = servingOf(*slot, app))
        views.serving = serving->id;
    if (slot->work) {
        const CopyProgress &progress = *slot->work->progress;
        views.deploying = slot->work->phase;
        views.deployingSinceUnixMs = slot->work->sinceUnixMs;
        views.filesDone = progress.filesDone;
        views.files = progress.files;
        views.bytesDone = progress.bytesDone;
        views.bytes = progress.bytes;
    }
    for (const ReleaseRecord &record : slot->book.records())
        views.releases.push_back({.id = record.id,
                                  .folder = record.folder,
                                  .madeUnixMs = record.madeUnixMs,
                                  .by = record.by,
                                  .files = record.files,
                                  .bytes = record.bytes,
                                  .addedBytes = record.addedBytes,
                                  .state = std::string(releaseStateName(record.state)),
                                  .cause = record.cause,
                                  .lastUnixMs = record.lastUnixMs});
    return views;
}

/// One write at a time: the newest state is the last one written.
void AppReleases::save(const std::string &app, std::function<void(const Result<void> &)> then)
{
    Slot &slot = slotOf(app);
    if (then)
        slot.saved.push_back(std::move(then));
    if (slot.isSaving)
        slot.isDirty = true;
    else
        saveNow(app);
}

void AppReleases::saveNow(const std::string &app)
{
    Slot &slot = slotOf(app);
    slot.isSaving = true;
    slot.isDirty = false;
    auto waiting = std::make_shared<std::vector<std::function<void(const Result<void> &)>>>(
        std::exchange(slot.saved, {}));
    const auto written = [self = m_self, app, waiting](const Result<void> &result) {
        if (!*self)
            return;
        if (!result)
            (*self)->m_parts.log(LogLevel::Error, result.error().message());
        (*self)->slotOf(app).isSaving = false;
        if ((*self)->slotOf(app).isDirty)
            (*self)->saveNow(app);
        for (const auto &each : *waiting)
            each(result);
    };
    auto job = [path = store(app) + kBookName, text = slot.book.toJson(),
                written]() -> std::function<void()> {
        const auto result = std::make_shared<Result<void>>(replaceFile(path, text, 0600));
        return [result, written] {
            written(*result);
        };
    };
    if (!m_parts.blocking.submit(m_parts.control, std::move(job)))
        m_parts.control.post([written] {
            written(Error {ErrorCode::Full, "too much waits for the disk"});
        });
}

/// Removes what is too much, but nothing that workers, old ones among them, still run from.
void AppReleases::prune(const std::string &app)
{
    Slot &slot = slotOf(app);
    const AppConfig *config = m_parts.app(app);
    const AppPool *pool = m_parts.pool(app);
    if (!config || !pool || !isOn(*config))
        return;
    std::set<uint64_t> alive;
    for (const WorkerInfo &worker : pool->info().workers)
        alive.insert(worker.generation);
    std::erase_if(slot.generations, [&](const auto &each) { return !alive.contains(each.first); });
    std::set<std::string> used;
    for (const auto &[generation, release] : slot.generations)
        used.insert(release);
    const auto copies = static_cast<size_t>(m_parts.settings(*config).releaseCopies);
    std::vector<std::string> gone;
    for (const std::string &id : slot.book.surplus(copies, used)) {
        gone.push_back(ReleaseStore::retire(store(app), id));
        slot.book.forget(id);
        m_parts.log(LogLevel::Info, fmt::format("app {}: release {} is removed", app, id));
    }
    if (gone.empty())
        return;
    save(app, {});
    auto job = [gone = std::move(gone)]() -> std::function<void()> {
        for (const std::string &path : gone)
            removeTree(path);
        return {};
    };
    m_parts.blocking.submit(m_parts.control, std::move(job), BlockingPool::Length::Long);
}

} // namespace arc
