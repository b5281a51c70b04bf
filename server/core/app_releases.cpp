// SPDX-License-Identifier: Apache-2.0
#include "server/core/app_releases.h"

#include "server/base/text.h"
#include "server/releases/release_store.h"
#include "server/secrets/files.h"

#include <filesystem>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr const char *kBookName = "/releases.json";

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
    if (!std::exchange(m_isClean, true))
        cleanUp(document);
    for (const AppConfig &app : document.apps) {
        const auto found = m_slots.find(app.id);
        if (found == m_slots.end() || !found->second.book.serving()
            || servingOf(found->second, app))
            continue;
        found->second.book.stopServing();
        save(app.id, {});
    }
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
