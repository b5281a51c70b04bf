// SPDX-License-Identifier: Apache-2.0
#include "server/control/service.h"

#include "server/base/text.h"
#include "server/base/version.h"
#include "server/control/unmask.h"

#include <fmt/format.h>

#include <unistd.h>

namespace arc {

namespace {

constexpr auto kTick = std::chrono::milliseconds(1000);

/// One caller's view of the service: what the admin API and in-process callers hold.
class CallerControl final : public Control {
public:
    CallerControl(ControlService &service, Caller caller)
        : m_service(service), m_caller(std::move(caller))
    {
    }

#define OPERATION(name, method, path, needed, request, answer, verb, confirm, help)                \
    void name(api::request what, Callback<api::answer> done) override                              \
    {                                                                                              \
        if (m_caller.role < Role::needed)                                                          \
            return done(Error {ErrorCode::Forbidden, "this needs the role " #needed});             \
        m_service.name(m_caller, std::move(what), std::move(done));                                \
    }
#include "server/control/api/operations.def"

private:
    ControlService &m_service;
    const Caller m_caller;
};

} // namespace

ControlService::ControlService(EngineHost &host, ConfigStore &store)
    : m_host(host), m_store(store), m_sampler(host.metrics()),
      m_tasks(host.controlLoop(), host.facts().executable),
      m_timer([](void *self) noexcept { static_cast<ControlService *>(self)->tick(); }, this)
{
}

ControlService::~ControlService() = default;

std::shared_ptr<Control> ControlService::as(std::string author, Role role)
{
    return std::make_shared<CallerControl>(*this, Caller {std::move(author), role});
}

void ControlService::open(std::optional<Document> initial, std::string author, Callback<void> done)
{
    m_store.load([this, initial = std::move(initial), author = std::move(author),
                  done = std::move(done)](Result<StoredConfig> stored) mutable {
        if (!stored)
            return done(std::move(stored).error());
        m_revision = stored->revision;
        m_storeWarnings = std::move(stored->warnings);
        m_lastTick = m_host.controlLoop().now();
        m_timer.arm(m_host.controlLoop().timers(), kTick);
        if (initial) {
            auto unmasked = unmask(std::move(*initial), stored->document);
            if (!unmasked)
                return done(std::move(unmasked).error());
            auto sealed = m_host.sealSecrets(std::move(*unmasked), stored->document);
            if (!sealed)
                return done(std::move(sealed).error());
            initial = std::move(*sealed);
        }
        if (initial && *initial != stored->document) {
            return change({.caller = {std::move(author), Role::Admin},
                           .mutate = [next = std::move(*initial)](
                                         const Document &) -> Result<Document> { return next; },
                           .isDocument = true,
                           .done =
                               [done = std::move(done)](Result<api::Changed> changed) {
                                   done(changed ? Result<void> {}
                                                : Result<void> {std::move(changed).error()});
                               }});
        }
        if (auto valid = validate(stored->document); !valid)
            return done(std::move(valid).error().within("stored configuration"));
        auto prepared = m_host.prepare(stored->document);
        if (!prepared)
            return done(std::move(prepared).error());
        m_document = std::move(stored->document);
        m_host.commit(std::move(*prepared), m_revision);
        done({});
    });
}

void ControlService::change(Change change)
{
    if (m_changes.size() >= kChangesMax)
        return change.done(
            Error {ErrorCode::Full, "too many changes wait to be applied; try again"});
    m_changes.push_back(std::move(change));
    if (!m_isChanging)
        nextChange();
}

void ControlService::nextChange()
{
    while (!m_isChanging && !m_changes.empty()) {
        Change next = std::move(m_changes.front());
        m_changes.pop_front();
        runChange(std::move(next));
    }
}

void ControlService::runChange(Change change)
{
    if (change.expected && change.expected != m_revision) {
        return change.done(Error {ErrorCode::Conflict,
                                  fmt::format("made against revision {}, but the newest is {}: "
                                              "somebody changed the configuration since",
                                              change.expected, m_revision)});
    }
    auto typed = change.mutate(m_document);
    if (!typed)
        return change.done(std::move(typed).error());
    auto next = m_host.sealSecrets(*typed, m_document);
    if (!next)
        return change.done(change.isDocument ? std::move(next).error()
                                             : toldByName(next.error(), *typed));
    const Diff diff = diffDocuments(m_document, *next);
    if (diff.empty())
        return change.done(api::Changed {m_revision, "nothing changed"});
    if (auto valid = validate(*next); !valid)
        return change.done(change.isDocument ? std::move(valid).error()
                                             : toldByName(valid.error(), *next));
    if (auto zones = checkNewTimeZones(*next, m_document); !zones)
        return change.done(change.isDocument ? std::move(zones).error()
                                             : toldByName(zones.error(), *next));
    std::string summary = change.summary.empty() ? summarise(diff) : change.summary;
    auto prepared = m_host.prepare(*next);
    if (!prepared)
        return change.done(std::move(prepared).error());
    // Only now: a port in use must be told before it is asked whether the change shall be made.
    if (change.dryRun)
        return change.done(api::Changed {m_revision, std::move(summary), phrasesOf(diff)});

    m_isChanging = true;
    Document toStore = *next;
    // Callbacks must be copyable; what moves along is therefore held by a shared_ptr.
    struct Pending {
        Document document;
        std::unique_ptr<EngineHost::Prepared> prepared;
        std::string summary;
        uint64_t restores;
        Callback<api::Changed> done;
    };
    auto pending = std::make_shared<Pending>(Pending {
        std::move(*next), std::move(*prepared), summary, change.restores, std::move(change.done)});
    m_store.commit(m_revision, std::move(toStore), change.caller.author, std::move(summary),
                   [this, pending](Result<uint64_t> revision) {
                       m_isChanging = false;
                       if (revision) {
                           m_revision = *revision;
                           m_restored = pending->restores;
                           m_document = std::move(pending->document);
                           m_host.commit(std::move(pending->prepared), m_revision);
                           pending->done(api::Changed {m_revision, std::move(pending->summary)});
                       } else {
                           pending->prepared.reset();
                           pending->done(std::move(revision).error());
                       }
                       nextChange();
                   });
}

void ControlService::tick()
{
    const SteadyTime now = m_host.controlLoop().now();
    const double elapsed = std::chrono::duration<double>(now - m_lastTick).count();
    m_lastTick = now;
    m_sampler.tick(m_host.controlLoop().unixMs(), elapsed);

    std::map<int, double> seconds;
    m_workerCpu.clear();
    for (const AppConfig &app : m_document.apps) {
        AppPool *pool = m_host.pool(app.id);
        if (!pool)
            continue;
        for (const WorkerInfo &worker : pool->info().workers) {
            seconds[worker.pid] = worker.cpuSeconds;
            const auto before = m_workerCpuSeconds.find(worker.pid);
            if (before != m_workerCpuSeconds.end() && elapsed > 0)
                m_workerCpu[worker.pid] = (worker.cpuSeconds - before->second) / elapsed;
        }
    }
    m_workerCpuSeconds = std::move(seconds);
    m_timer.arm(m_host.controlLoop().timers(), kTick);
}

// ---- what is there
// -----------------------------------------------------------------------------------------------

void ControlService::status(const Caller &, api::Nothing, Callback<api::Status> done)
{
    const EngineHost::Facts &facts = m_host.facts();
    api::Status status;
    status.version = kVersion;
    status.pid = ::getpid();
    status.startedUnixMs = facts.startedUnixMs;
    status.revision = m_revision;
    status.dataDir = facts.dataDir;
    status.opsUrl = facts.opsUrl;
    status.loops = static_cast<int>(m_host.metrics().loopCount());
    status.cores = static_cast<int>(usableCores());
    status.listeners = m_host.listeners();
    status.warnings = facts.warnings;
    status.warnings.insert(status.warnings.end(), m_storeWarnings.begin(), m_storeWarnings.end());
    for (std::string &trouble : m_host.troubles())
        status.warnings.push_back(std::move(trouble));
    for (const SiteConfig &site : m_document.sites)
        status.sites += site.enabled ? 1 : 0;
    status.state = m_host.isDraining() ? "draining" : notReady().empty() ? "serving" : "degraded";
    done(std::move(status));
}

void ControlService::snapshot(const Caller &, api::Nothing, Callback<api::Snapshot> done)
{
    api::Snapshot snapshot;
    snapshot.unixMs = m_host.controlLoop().unixMs();
    snapshot.revision = m_revision;
    snapshot.total = m_sampler.total();
    snapshot.workersBusy = m_sampler.busy();
    snapshot.workersSlots = m_sampler.slots();
    snapshot.host = m_sampler.host();
    for (const SiteConfig &site : m_document.sites) {
        api::SiteFigures figures = m_sampler.site(site.id);
        figures.state = siteState(site, figures.cause);
        figures.kind = siteKind(site);
        figures.urls = siteUrls(site);
        snapshot.sites.push_back(std::move(figures));
    }
    for (const AppConfig &app : m_document.apps)
        snapshot.pools.push_back(poolFigures(app, m_host.pool(app.id)));
    snapshot.state = m_host.isDraining() ? "draining" : notReady().empty() ? "serving" : "degraded";
    done(std::move(snapshot));
}

void ControlService::history(const Caller &, api::HistoryRange what, Callback<api::History> done)
{
    done(m_sampler.history(what.seconds));
}

void ControlService::metrics(const Caller &, api::Nothing, Callback<api::Text> done)
{
    done(api::Text {m_host.metrics().prometheusText()});
}

void ControlService::shutdown(const Caller &, api::Nothing, Callback<api::Nothing> done)
{
    done(api::Nothing {});
    // Later, so that the answer is on its way before connections begin to close.
    m_host.controlLoop().post([this] { m_host.shutdown(); });
}

void ControlService::handOver(const Caller &caller, api::HandOver what, Callback<api::Nothing> done)
{
    if (!what.to.starts_with('/'))
        return done(
            Error {ErrorCode::Invalid, fmt::format("to: \"{}\" is not an absolute path", what.to)});
    if (m_host.isDraining())
        return done(Error {ErrorCode::Cancelled, "the engine is stopping"});
    if (auto given = m_host.handOver(what.to); !given)
        return done(std::move(given).error());
    shutdown(caller, {}, std::move(done));
}

} // namespace arc
