// SPDX-License-Identifier: Apache-2.0
#include "server/core/app_releases.h"

#include "server/base/text.h"
#include "server/releases/release_store.h"
#include "server/secrets/files.h"

#include <algorithm>
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
        if (!config || !isOn(*config)) {
            if (hasWritten(app, slot.book)) {
                unknown.insert(app);
                continue;
            }
            slot.book = {};
        }
        for (const ReleaseRecord &record : slot.book.records())
            kept[app].insert(record.id);
    }
    // What goes is told before anything new can be made, and has no release's name any more.
    std::vector<std::string> gone;
    std::set<std::string> apps = unknown;
    for (const auto &[app, ids] : kept) {
        apps.insert(app);
        for (std::string &path : ReleaseStore::clean(store(app), ids))
            gone.push_back(std::move(path));
    }
    for (std::string &path : ReleaseStore::clean(m_parts.folder, apps))
        gone.push_back(std::move(path));
    remove(std::move(gone));
}

/// A superuser's app may have; then nothing is removed that nobody has saved.
bool AppReleases::hasWritten(const std::string &app, const ReleaseBook &book) const
{
    for (const ReleaseRecord &record : book.records()) {
        auto unwritten = ReleaseStore::checkNothingWritten(store(app), record.id);
        if (unwritten)
            continue;
        m_parts.log(
            LogLevel::Warning,
            fmt::format("releases of {} stay on the disk: {}", app, unwritten.error().message()));
        return true;
    }
    return false;
}

void AppReleases::remove(std::vector<std::string> gone)
{
    auto job = [gone = std::move(gone)]() -> std::function<void()> {
        for (const std::string &path : gone)
            removeTree(path);
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
    if (slot && isOn(app) && !slot->problem.empty())
        return Error {ErrorCode::DataDir, slot->problem};
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
        views.releases.push_back(
            {.id = record.id,
             .folder = record.folder,
             .madeUnixMs = record.madeUnixMs,
             .by = record.by,
             .files = record.files,
             .bytes = record.bytes,
             .addedBytes = record.addedBytes,
             .state = std::string(releaseStateName(record.state == ReleaseRecord::State::Serves
                                                           && record.id != views.serving
                                                       ? ReleaseRecord::State::Served
                                                       : record.state)),
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

/// Releases in which a process runs: workers, commands, runs of schedules.
std::set<std::string> AppReleases::inUse(const std::string &app) const
{
    std::set<std::string> used;
    const AppPool *pool = m_parts.pool(app);
    for (const std::string &release : pool ? pool->info().releases : std::vector<std::string> {})
        used.insert(release);
    std::error_code error;
    const std::string prefix = std::filesystem::canonical(store(app), error).string() + "/";
    std::filesystem::directory_iterator each("/proc", error);
    for (const std::filesystem::directory_iterator end; !error && each != end;
         each.increment(error)) {
        std::error_code foreign;
        const std::string folder =
            std::filesystem::read_symlink(each->path() / "cwd", foreign).string();
        if (!foreign && folder.starts_with(prefix))
            used.insert(folder.substr(prefix.size(), Manifest::kIdDigits));
    }
    return used;
}

/// Removes what is too much, but nothing that somebody runs from, and nothing that an app has
/// written into: that is looked for first.
void AppReleases::prune(const std::string &app)
{
    const AppConfig *config = m_parts.app(app);
    if (!config || !isOn(*config))
        return;
    const auto copies = static_cast<size_t>(m_parts.settings(*config).releaseCopies);
    std::vector<std::string> surplus = slotOf(app).book.surplus(copies, inUse(app));
    if (surplus.empty())
        return;
    auto job = [self = m_self, app, surplus = std::move(surplus),
                store = store(app)]() -> std::function<void()> {
        std::vector<std::string> gone;
        std::vector<std::string> kept;
        for (const std::string &id : surplus) {
            if (auto unwritten = ReleaseStore::checkNothingWritten(store, id); unwritten)
                gone.push_back(id);
            else
                kept.push_back(unwritten.error().message());
        }
        return [self, app, gone, kept] {
            if (*self)
                (*self)->forget(app, gone, kept);
        };
    };
    m_parts.blocking.submit(m_parts.control, std::move(job), BlockingPool::Length::Long);
}

/// The list first: a release on the disk that is not in it is removed at the next start, one that
/// is in it and not on the disk would be missed.
void AppReleases::forget(const std::string &app, const std::vector<std::string> &gone,
                         const std::vector<std::string> &kept)
{
    Slot &slot = slotOf(app);
    for (const std::string &sentence : kept)
        m_parts.log(LogLevel::Warning, fmt::format("app {}: {}", app, sentence));
    if (slot.work || gone.empty()) // a rollback may have begun to one of them
        return;
    const AppConfig *config = m_parts.app(app);
    if (const ReleaseRecord *serving = slot.book.serving();
        !config || (serving && std::ranges::find(gone, serving->id) != gone.end()))
        return; // it has been rolled back to meanwhile
    for (const std::string &id : gone)
        slot.book.forget(id);
    save(app, [self = m_self, app, gone](const Result<void> &saved) {
        if (!*self)
            return;
        std::vector<std::string> paths;
        for (const std::string &id : gone) {
            // The same content may have been copied again meanwhile.
            const bool isBack = (*self)->slotOf(app).book.find(id) || (*self)->slotOf(app).work;
            if (!saved || isBack)
                continue;
            paths.push_back(ReleaseStore::retire((*self)->store(app), id));
            (*self)->m_parts.log(LogLevel::Info,
                                 fmt::format("app {}: release {} is removed", app, id));
        }
        (*self)->remove(std::move(paths));
    });
}

} // namespace arc
