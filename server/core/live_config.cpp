// SPDX-License-Identifier: Apache-2.0
#include "server/core/live_config.h"

#include "server/base/text.h"
#include "server/config/address.h"
#include "server/jobs/leftovers.h"
#include "server/secrets/app_secrets.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <sys/stat.h>

namespace arc {

namespace {

/// Apps that an enabled site routes to: those have workers.
std::set<std::string> appsInUse(const Document &document)
{
    std::set<std::string> apps;
    for (const SiteConfig &site : document.sites) {
        for (const RouteConfig &route : site.routes) {
            const auto *python = std::get_if<PythonRoute>(&route.handler);
            if (site.enabled && python)
                apps.insert(python->app);
        }
    }
    return apps;
}

constexpr std::string_view kUnixPrefix = "unix:";
/// Between two tries of an address that somebody else has: longer each time, for finding out who
/// that is reads much of /proc.
constexpr std::chrono::seconds kBindAgainAfter {2};
constexpr std::chrono::seconds kBindAgainMax {60};

/// Begins the marks of the processes of services: no other folder of this machine has the same.
std::string serviceMarkOf(const std::string &dataDir)
{
    struct stat folder { };
    if (::stat(dataDir.c_str(), &folder) != 0)
        return newJobMark() + "-"; // of nobody else, at least
    return fmt::format("service-{:x}-{:x}-", static_cast<uint64_t>(folder.st_dev),
                       static_cast<uint64_t>(folder.st_ino));
}

/// Of a Unix socket's file. Only the engine's own user, unless something else was asked for.
int modeOf(const ListenerConfig &listener)
{
    constexpr int kOwnerOnly = 0600;
    return socketModeOf(listener.socketMode).value_or(kOwnerOnly);
}

} // namespace

class LiveConfig::PreparedConfig final : public EngineHost::Prepared {
public:
    Document document;
    std::map<std::string, BoundListener> bound; // new or moved listeners
    std::map<std::string, std::string> unbound; // listener -> why, at start only
    TlsFront::Plan tls;
    AppSecrets::Plan secrets;
};

LiveConfig::LiveConfig(Parts parts)
    : m_parts(std::move(parts)), m_tls({.control = m_parts.control,
                                        .loops = m_parts.loops,
                                        .dataDir = m_parts.facts.dataDir,
                                        .pinned = m_parts.pinned,
                                        .rebuild =
                                            [this] {
                                                return renewTls();
                                            }}),
      m_secrets(m_parts.facts.dataDir),
      m_releases({.control = m_parts.control,
                  .blocking = m_parts.blocking,
                  .dataDir = m_parts.facts.dataDir,
                  .folder = m_parts.releases,
                  .log = m_parts.log,
                  .app = [this](std::string_view id) { return m_document.findApp(id); },
                  .settings =
                      [this](const AppConfig &app) {
                          return appSettings(m_document, app, m_parts.pinned);
                      },
                  .pool = [this](std::string_view app) { return pool(app); },
                  .spec =
                      [this](const AppConfig &app) {
                          return specOf(app);
                      }}),
      m_checker(m_parts.control),
      m_bindAgain([](void *self) noexcept { static_cast<LiveConfig *>(self)->openWhatWasTaken(); },
                  this),
      m_scheduler(
          {.control = m_parts.control,
           .blocking = m_parts.blocking,
           .store = m_parts.runs,
           .executable = m_parts.facts.executable,
           .unixMs = [] { return unixNowMs(); },
           .log = m_parts.log,
           .output = [this](const std::string &app, int pid,
                            std::string_view line) { m_parts.appLog.write(app, pid, line); },
           .metrics = [this](const std::string &app) { return m_parts.metrics.app(app); },
           .withSecrets = [this](const AppConfig &app) -> Result<AppConfig> {
               auto placed = m_releases.placed(app, {}); // the same code that serves
               return placed ? m_secrets.inClear(*placed) : std::move(placed);
           }}),
      m_services({.control = m_parts.control,
                  .blocking = m_parts.blocking,
                  .executable = m_parts.facts.executable,
                  .markBegin = serviceMarkOf(m_parts.facts.dataDir),
                  .log = m_parts.log,
                  .output = [this](const std::string &app, int pid,
                                   std::string_view line) { m_parts.appLog.write(app, pid, line); },
                  .metrics = [this](const std::string &app) { return m_parts.metrics.app(app); },
                  .withSecrets = [this](const AppConfig &app) -> Result<AppConfig> {
                      auto placed = m_releases.placed(app, {}); // the same code that serves
                      return placed ? m_secrets.inClear(*placed) : std::move(placed);
                  }})
{
}

LiveConfig::~LiveConfig() = default;

Result<std::unique_ptr<EngineHost::Prepared>> LiveConfig::prepare(const Document &next)
{
    if (m_draining)
        return Error {ErrorCode::Cancelled, "the engine is stopping"};
    auto prepared = std::make_unique<PreparedConfig>();
    prepared->document = next;
    auto tls = m_tls.prepare(next,
                             m_started || m_parts.listenersMustBind ? TlsFront::Faults::Refuse
                                                                    : TlsFront::Faults::Warn);
    if (!tls)
        return std::move(tls).error();
    prepared->tls = std::move(*tls);
    auto secrets = m_secrets.prepare(
        next, appsInUse(next), m_started ? AppSecrets::Faults::Refuse : AppSecrets::Faults::Warn);
    if (!secrets)
        return std::move(secrets).error();
    prepared->secrets = std::move(*secrets);
    for (const ListenerConfig &listener : next.listeners) {
        const auto open = m_listeners.find(listener.id);
        if (open != m_listeners.end() && open->second.config.address == listener.address
            && open->second.error.empty())
            continue;
        auto address = SocketAddress::parse(listener.address);
        if (!address)
            return std::move(address).error().within(fmt::format("listener {}", listener.id));
        auto bound = bind(listener, *address);
        if (bound) {
            prepared->bound.emplace(listener.id, std::move(*bound));
            continue;
        }
        const bool wasUnbound =
            open != m_listeners.end() && open->second.config.address == listener.address;
        if (m_parts.listenersMustBind || (m_started && !wasUnbound))
            return std::move(bound).error();
        prepared->unbound.emplace(listener.id, bound.error().message());
    }
    if (!m_started)
        m_parts.supervisor.closeUnclaimed();
    return prepared;
}

Result<BoundListener> LiveConfig::bind(const ListenerConfig &listener, const SocketAddress &address)
{
    BoundListener claimed = m_parts.supervisor.claim(listener.id, address, m_parts.loops.count());
    if (!claimed.sockets.empty())
        return claimed;
    return bindListener(address, m_parts.loops.count(), modeOf(listener));
}

void LiveConfig::commit(std::unique_ptr<Prepared> given, uint64_t revision)
{
    auto &prepared = static_cast<PreparedConfig &>(*given);
    const Document before = std::exchange(m_document, std::move(prepared.document));
    m_revision = revision;
    m_started = true;
    if (m_draining) // stored meanwhile: it is served at the next start; pools and loops made now
                    // would not be ended
        return;

    const Settings engine = engineSettings(m_document, m_parts.pinned);
    m_tls.commit(std::move(prepared.tls), engine);
    m_secrets.commit(std::move(prepared.secrets));
    noteListeners(prepared);
    m_releases.settle(m_document);
    startPools();
    placeJobs();
    std::vector<std::unique_ptr<AppPool>> unused = takeUnusedPools();
    publish();
    openListeners(prepared); // now that there is something to answer with
    // Loops stop routing to these pools before they are told to end; requests they hold are
    // answered first.
    for (auto &pool : unused)
        retire(std::move(pool));
    closeListeners();
    m_bindAgainAfter = kBindAgainAfter;
    if (hasClosedListener())
        m_bindAgain.arm(m_parts.control.timers(), m_bindAgainAfter);
    for (const SiteConfig &site : before.sites) {
        if (!m_document.findSite(site.id))
            m_parts.metrics.forgetSite(site.id);
    }
    for (const AppConfig &app : before.apps) {
        if (!m_document.findApp(app.id))
            m_parts.metrics.forgetApp(app.id);
    }
    m_parts.settingsChanged(engine);
}

bool LiveConfig::hasClosedListener() const
{
    return std::any_of(m_listeners.begin(), m_listeners.end(),
                       [](const auto &each) { return !each.second.error.empty(); });
}

/// Whoever had the address at the start may have gone.
void LiveConfig::openWhatWasTaken()
{
    if (m_draining)
        return;
    PreparedConfig again;
    for (auto &[id, listener] : m_listeners) {
        if (listener.error.empty())
            continue;
        auto address = SocketAddress::parse(listener.config.address);
        auto bound = address ? bind(listener.config, *address)
                             : Result<BoundListener>(std::move(address).error());
        if (bound)
            again.bound.emplace(id, std::move(*bound));
        else
            listener.error = bound.error().message(); // it may be somebody else by now
    }
    if (!again.bound.empty()) {
        noteListeners(again);
        publish();
        for (const auto &[id, bound] : again.bound)
            m_parts.log(LogLevel::Info, fmt::format("listening on {}", m_listeners[id].url));
        openListeners(again);
    }
    m_bindAgainAfter = std::min(2 * m_bindAgainAfter, kBindAgainMax);
    if (hasClosedListener())
        m_bindAgain.arm(m_parts.control.timers(), m_bindAgainAfter);
}

/// Before publish(), which needs to know where HTTPS answers.
void LiveConfig::noteListeners(PreparedConfig &prepared)
{
    for (auto &[id, bound] : prepared.bound) {
        const ListenerConfig &config = *m_document.findListener(id);
        if (m_listeners.count(id)) {
            m_parts.supervisor.forget(id);
            m_parts.loops.unlisten(id);
        }
        m_listeners[id] = {.config = config,
                           .url = bound.address.url(config.tls ? "https" : "http"),
                           .port = bound.address.isUnix() ? uint16_t {0} : bound.address.port()};
    }
    for (auto &[id, why] : prepared.unbound) {
        if (const auto now = m_listeners.find(id);
            now != m_listeners.end() && now->second.error.empty())
            continue; // opened by openWhatWasTaken() since prepare()
        m_listeners[id] = {.config = *m_document.findListener(id), .error = std::move(why)};
    }
}

/// After publish(): a client of a TLS listener must find its certificate.
void LiveConfig::openListeners(PreparedConfig &prepared)
{
    const auto kindOf = [](const ListenerConfig &config) {
        return ListenerKind {.isTls = config.tls, .isProxied = config.proxyProtocol};
    };
    for (auto &[id, bound] : prepared.bound) {
        m_parts.supervisor.keep(id, bound);
        std::vector<int> &sockets = m_listeners[id].sockets;
        sockets.clear();
        for (const FileDescriptor &socket : bound.sockets)
            sockets.push_back(socket.get());
        m_parts.loops.listen(id, std::move(bound), kindOf(m_listeners[id].config));
    }
    for (auto &[id, listener] : m_listeners) {
        const ListenerConfig *config = m_document.findListener(id);
        if (!config || *config == listener.config)
            continue;
        if (config->tls != listener.config.tls
            || config->proxyProtocol != listener.config.proxyProtocol) {
            m_parts.loops.retune(id, kindOf(*config));
            const std::string_view rest =
                std::string_view(listener.url).substr(listener.url.find("://") + 3);
            listener.url = fmt::format("{}://{}", config->tls ? "https" : "http", rest);
        }
        // That it fails means that somebody else has put a file there.
        if (config->socketMode != listener.config.socketMode)
            ::chmod(config->address.c_str() + kUnixPrefix.size(), mode_t(modeOf(*config)));
        listener.config = *config;
    }
}

void LiveConfig::closeListeners()
{
    for (auto each = m_listeners.begin(); each != m_listeners.end();) {
        if (m_document.findListener(each->first)) {
            ++each;
            continue;
        }
        m_parts.supervisor.forget(each->first);
        m_parts.loops.unlisten(each->first);
        each = m_listeners.erase(each);
    }
}

void LiveConfig::startPools()
{
    for (const std::string &id : appsInUse(m_document)) {
        const AppConfig &app = *m_document.findApp(id);
        AppSpec spec = specOf(app);
        if (auto found = m_pools.find(id); found != m_pools.end()) {
            found->second->update(std::move(spec));
            continue;
        }
        auto pool = AppPool::create(
            std::move(spec),
            {.control = &m_parts.control,
             .loops = m_parts.loops.http(),
             .executable = m_parts.facts.executable,
             .metrics = m_parts.metrics.app(id),
             .changed = [this] { schedulePublish(); },
             .log = m_parts.log,
             .output = [this, id](int pid,
                                  std::string_view line) { m_parts.appLog.write(id, pid, line); },
             // Later: it may be told in the middle of a change that services do not know yet.
             .replaced = [this,
                          id] { m_parts.control.post([this, id] { m_services.follow(id); }); },
             .ended = [this](WorkerEnd end) { m_parts.ends.add(std::move(end)); },
             .memoryAvailable = {},
             .spool = m_parts.spool});
        AppPool &started = *m_pools.emplace(id, std::move(pool)).first->second;
        started.start();
    }
}

Result<Document> LiveConfig::sealSecrets(Document next, const Document &current) const
{
    return sealAppSecrets(std::move(next), current, m_parts.facts.dataDir);
}

void LiveConfig::reopenSecrets(const AppConfig &app)
{
    AppPool *running = pool(app.id);
    if (running && m_secrets.tryAgain(app))
        running->update(specOf(app));
}

AppSpec LiveConfig::specOf(const AppConfig &app) const
{
    AppSpec spec = m_secrets.specOf(app, appSettings(m_document, app, m_parts.pinned));
    spec.origin = appOrigin(m_document, app.id);
    m_releases.place(spec);
    return spec;
}

/// Schedules and services.
void LiveConfig::placeJobs()
{
    const std::set<std::string> used = appsInUse(m_document);
    std::vector<Scheduler::App> scheduled;
    std::vector<ServiceSupervisor::App> served;
    for (const AppConfig &app : m_document.apps) {
        const Settings settings = appSettings(m_document, app, m_parts.pinned);
        const bool isServed = used.contains(app.id);
        scheduled.push_back(
            {.config = app, .stopTime = settings.stopTimeout, .isServed = isServed});
        served.push_back(
            {.config = app, .crashLoopCount = settings.crashLoopCount, .isServed = isServed});
    }
    m_scheduler.update(std::move(scheduled));
    m_services.update(std::move(served));
}

std::vector<std::string> LiveConfig::troubles() const
{
    std::vector<std::string> all = m_parts.troubles();
    for (std::string &one : m_services.troubles())
        all.push_back(std::move(one));
    return all;
}

void LiveConfig::setDraining()
{
    m_draining = true;
    m_releases.stop();
    m_scheduler.stop([this] {
        m_schedulesStopped = true;
        stoppedSome();
    });
    if (m_handsOver) // new clients wait for the engine that waits for this one
        stopServices();
}

std::vector<std::unique_ptr<AppPool>> LiveConfig::takeUnusedPools()
{
    const std::set<std::string> used = appsInUse(m_document);
    std::vector<std::unique_ptr<AppPool>> unused;
    for (auto each = m_pools.begin(); each != m_pools.end();) {
        if (used.count(each->first)) {
            ++each;
            continue;
        }
        unused.push_back(std::move(each->second));
        each = m_pools.erase(each);
    }
    return unused;
}

/// The same configuration with new certificates of the local CA.
Result<void> LiveConfig::renewTls()
{
    if (m_draining)
        return Error {ErrorCode::Unavailable, "the engine is ending"};
    auto plan = m_tls.prepare(m_document, TlsFront::Faults::Warn);
    if (!plan)
        return std::move(plan).error();
    m_tls.commit(std::move(*plan), engineSettings(m_document, m_parts.pinned));
    publish();
    return {};
}

uint16_t LiveConfig::securePortOf(const SiteConfig &site) const
{
    for (const auto &[id, listener] : m_listeners) {
        const bool isOwn = site.listeners.empty()
            || std::find(site.listeners.begin(), site.listeners.end(), id) != site.listeners.end();
        const ListenerConfig *config = m_document.findListener(id);
        if (isOwn && config && config->tls && listener.port)
            return listener.port;
    }
    return 0;
}

const EngineHost::Facts &LiveConfig::facts() const
{
    m_shownFacts = m_parts.facts;
    const auto warnings = m_tls.warnings();
    m_shownFacts.warnings.insert(m_shownFacts.warnings.end(), warnings.begin(), warnings.end());
    m_shownFacts.warnings.insert(m_shownFacts.warnings.end(), m_siteWarnings.begin(),
                                 m_siteWarnings.end());
    return m_shownFacts;
}

void LiveConfig::publish()
{
    m_siteWarnings.clear();
    m_parts.loops.publish(buildSnapshot(
        m_document, m_revision,
        {.pinned = m_parts.pinned,
         .metrics = m_parts.metrics,
         .pool = [this](std::string_view app) -> const AppPool * { return pool(app); },
         .securePort = [this](const SiteConfig &site) { return securePortOf(site); },
         .tls = m_tls.plan().perLoop,
         .files = m_files,
         .complain =
             [this](std::string sentence) {
                 m_siteWarnings.push_back(std::move(sentence));
             }}));
}

void LiveConfig::schedulePublish()
{
    // A pool reports from inside its own work, and often several times in one turn.
    if (std::exchange(m_publishScheduled, true))
        return;
    m_parts.control.post([this] {
        m_publishScheduled = false;
        publish();
    });
}

void LiveConfig::retire(std::unique_ptr<AppPool> pool)
{
    const uint64_t key = m_nextRetired++;
    AppPool &stopping = *m_retired.emplace(key, std::move(pool)).first->second;
    stopping.stop([this, key] {
        // Not destroyed inside its own callback.
        m_parts.control.post([this, key] {
            m_retired.erase(key);
            stoppedSome();
        });
    });
}

void LiveConfig::stopPools(std::function<void()> done)
{
    for (auto &[id, pool] : std::exchange(m_pools, {}))
        retire(std::move(pool));
    m_poolsStopped = std::move(done);
    stopServices(); // not earlier: what was in flight up to here may have needed them
    stoppedSome();
}

void LiveConfig::stopServices()
{
    if (std::exchange(m_servicesStopping, true))
        return;
    m_services.stop([this] {
        m_servicesStopped = true;
        stoppedSome();
    });
}

void LiveConfig::stoppedSome()
{
    if (m_retired.empty() && m_schedulesStopped && m_servicesStopped && m_poolsStopped)
        std::exchange(m_poolsStopped, nullptr)();
}

std::vector<api::ListenerStatus> LiveConfig::listeners() const
{
    std::vector<api::ListenerStatus> all;
    for (const ListenerConfig &config : m_document.listeners) {
        const auto found = m_listeners.find(config.id);
        if (found != m_listeners.end())
            all.push_back({config.id, config.address, found->second.url, found->second.error});
    }
    return all;
}

std::vector<std::pair<std::string, std::vector<int>>> LiveConfig::sockets() const
{
    std::vector<std::pair<std::string, std::vector<int>>> all;
    for (const auto &[id, listener] : m_listeners)
        all.emplace_back(id, listener.sockets);
    return all;
}

AppPool *LiveConfig::pool(std::string_view app)
{
    const auto found = m_pools.find(app);
    return found == m_pools.end() ? nullptr : found->second.get();
}

void LiveConfig::recognise(std::string folder, std::string python,
                           std::function<void(Result<Detection>)> done)
{
    auto job = [folder = std::move(folder), python = std::move(python),
                done]() -> std::function<void()> {
        // A std::function must be copyable, a Result of this size is better shared.
        auto found = std::make_shared<Result<Detection>>(detectProject(folder, python));
        return [found, done] {
            done(std::move(*found));
        };
    };
    if (!m_parts.blocking.submit(m_parts.control, std::move(job)))
        done(Error {ErrorCode::Full, "too much is being looked at; try again"});
}

} // namespace arc
