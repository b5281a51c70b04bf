// SPDX-License-Identifier: Apache-2.0
// site edit: changes a site, and sees to it that what served before still serves.
#include "app/ctl/ctl_verbs.h"

#include "app/command_line.h"
#include "app/ctl/text_table.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kPollInterval {100};
/// The engine ends every start by pool.start_timeout_s itself; this only ends a wait for an engine
/// that does not.
constexpr std::chrono::minutes kWaitMax {15};
constexpr int kInterrupted = 130; // as shells report Ctrl+C

const api::PoolFigures *findPool(const api::Snapshot &snapshot, const std::string &app)
{
    for (const api::PoolFigures &pool : snapshot.pools) {
        if (pool.app == app)
            return &pool;
    }
    return nullptr;
}

/// Enabled, and without workers only until somebody asks: the engine says so as its cause.
bool sleeps(const api::PoolFigures &pool)
{
    return pool.state == "stopped" && !pool.cause.empty();
}

bool doesServe(const api::PoolFigures &pool)
{
    return pool.state == "ready" || pool.state == "degraded" || sleeps(pool);
}

const api::SiteView *findSite(const api::SiteViews &views, const std::string &id)
{
    const auto found = std::find_if(views.sites.begin(), views.sites.end(),
                                    [&](const api::SiteView &each) { return each.id == id; });
    return found == views.sites.end() ? nullptr : &*found;
}

/// The app's variables as they are to be: they are replaced as a whole. What is a secret stays one.
Result<void> changeVariables(api::SiteEdit &edit, api::SiteView site, const CtlNewSite &what)
{
    for (const std::string &name : what.unsetEnv) {
        if (site.env.erase(name) + site.secrets.erase(name) > 0)
            continue;
        std::vector<std::string_view> names;
        for (const auto *variables : {&site.env, &site.secrets}) {
            for (const auto &[there, value] : *variables)
                names.push_back(there);
        }
        return Error {ErrorCode::NotFound,
                      fmt::format("--unset-env {}: site {} has no such variable; it has {}", name,
                                  edit.id,
                                  names.empty() ? "none of its own"
                                                : fmt::format("{}", fmt::join(names, ", ")))};
    }
    for (const std::string &text : what.env) {
        auto pair = splitPair(text);
        if (!pair)
            return std::move(pair).error();
        auto &variables = site.secrets.contains(pair->first) ? site.secrets : site.env;
        variables.insert_or_assign(std::move(pair->first), std::move(pair->second));
    }
    edit.env = std::move(site.env);
    edit.secrets = std::move(site.secrets);
    return {};
}

Result<api::SiteEdit> editOf(const std::string &site, const CtlNewSite &what)
{
    const auto set = [](const std::string &text) {
        return text.empty() ? std::optional<std::string>() : std::optional(text);
    };
    const auto python = interpreterPath(what.site.python);
    if (!python)
        return python.error();
    api::SiteEdit edit {.id = site,
                        .name = set(what.site.name),
                        .hosts = {},
                        .entry = set(what.site.entry),
                        .interface = set(what.site.interface),
                        .python = set(*python),
                        .env = {},
                        .secrets = {}};
    if (!what.site.hosts.empty())
        edit.hosts = what.site.hosts;
    return edit;
}

/// Whether workers of the edited app take over, by what the engine tells of them.
class EditWatch {
public:
    enum class Outcome { Unknown, Serves, Refused };

    explicit EditWatch(api::PoolFigures before) : m_before(std::move(before)) { }

    bool servedBefore() const { return doesServe(m_before); }
    const std::string &app() const noexcept { return m_before.app; }

    Outcome look(const api::PoolFigures &now)
    {
        if (now.state == "stopped" && !sleeps(now))
            return Outcome::Serves; // as it should: by somebody, meanwhile
        if (now.nextGeneration != 0) {
            m_wasStarting = true;
            return Outcome::Unknown;
        }
        if (now.generation != m_before.generation)
            return doesServe(now)       ? Outcome::Serves
                : now.state == "failed" ? Outcome::Refused
                                        : Outcome::Unknown;
        // The old ones go on: nothing asked for others, or others did not start.
        return m_wasStarting || (!now.cause.empty() && now.cause != m_before.cause)
            ? Outcome::Refused
            : Outcome::Serves;
    }

private:
    const api::PoolFigures m_before;
    bool m_wasStarting = false;
};

/// The edit is stored, and its workers do not start.
int refuse(CtlSession &session, const EditWatch &watch, const std::string &site, std::string cause,
           uint64_t revision)
{
    if (!watch.servedBefore())
        return session.fail({ErrorCode::AppFailed,
                             fmt::format("{} did not start: {}; it did not serve before either, so "
                                         "the change stays (revision {})",
                                         site, cause, revision)});
    const auto back =
        session.ask(&Control::rollbackConfig, {.takeBack = revision, .revision = revision});
    return session.fail(
        {ErrorCode::AppFailed,
         back ? fmt::format("{}; nothing was changed", cause)
              : fmt::format("{}; the change stays (revision {}), because it could not be taken "
                            "back: {}",
                            cause, revision, back.error().message())});
}

int sayEdited(CtlSession &session, const api::Changed &changed)
{
    if (session.json())
        session.printJson(changed);
    session.say(fmt::format("{} (revision {})", changed.summary, changed.revision));
    return 0;
}

int waitForWorkers(CtlSession &session, EditWatch watch, const std::string &site,
                   const api::Changed &changed)
{
    const auto deadline = std::chrono::steady_clock::now() + kWaitMax;
    session.world().catchInterrupts();
    while (std::chrono::steady_clock::now() < deadline) {
        const auto snapshot = session.ask(&Control::snapshot, {});
        if (!snapshot)
            return session.fail(snapshot.error());
        const api::PoolFigures *pool = findPool(*snapshot, watch.app());
        const auto outcome = pool ? watch.look(*pool) : EditWatch::Outcome::Serves;
        if (outcome == EditWatch::Outcome::Refused)
            return refuse(session, watch, site, oneLine(pool->cause), changed.revision);
        if (outcome == EditWatch::Outcome::Serves)
            return sayEdited(session, changed);
        if (session.world().pause(kPollInterval)) {
            session.world().err(fmt::format("arcology: {} goes on starting, with the change "
                                            "(revision {})\n",
                                            site, changed.revision));
            return kInterrupted;
        }
    }
    return session.fail({ErrorCode::Unavailable, fmt::format("{} is still starting", site)});
}

} // namespace

int ctlSiteEdit(CtlSession &session, const std::string &site, const CtlNewSite &what)
{
    auto edit = editOf(site, what);
    if (!edit)
        return session.fail(edit.error());
    const auto views = session.ask(&Control::sites, {});
    if (!views)
        return session.fail(views.error());
    if (!what.env.empty() || !what.unsetEnv.empty()) {
        const api::SiteView *view = findSite(*views, site);
        if (auto done = changeVariables(*edit, view ? *view : api::SiteView {}, what); !done)
            return session.fail(done.error());
    }
    return ctlApplyEdit(session, *views, std::move(*edit));
}

int ctlApplyEdit(CtlSession &session, const api::SiteViews &views, api::SiteEdit edit)
{
    const api::SiteView *view = findSite(views, edit.id);
    const std::string name = edit.name.value_or(edit.id);
    const bool asksForWorkers =
        edit.entry || edit.interface || edit.python || edit.env || edit.secrets;
    if (asksForWorkers)
        edit.revision = views.revision; // made from what was there, and told from what comes after
    const auto before = session.ask(&Control::snapshot, {});
    if (!before)
        return session.fail(before.error());
    const auto changed = session.ask(&Control::editSite, std::move(edit));
    if (!changed)
        return session.fail(changed.error());
    const bool isNew = changed->revision != views.revision;
    const api::PoolFigures *pool =
        isNew && view && asksForWorkers ? findPool(*before, view->app) : nullptr;
    if (!pool
        || (pool->state == "stopped" && !sleeps(*pool))) // workers of a stopped site start with it
        return sayEdited(session, *changed);
    return waitForWorkers(session, EditWatch(*pool), name, *changed);
}

} // namespace arc
