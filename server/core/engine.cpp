// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine.h"

#include "server/admin/admin_handler.h"
#include "server/admin/ops_handler.h"
#include "server/base/text.h"
#include "server/control/service.h"
#include "server/core/live_config.h"
#include "server/core/operations_front.h"
#include "server/http/session/address_counts.h"
#include "server/http/session/buffer_budget.h"
#include "server/loop/io_event.h"
#include "server/net/socket_passing.h"
#include "server/observe/app_log.h"
#include "server/observe/engine_log.h"
#include "server/observe/log_writer.h"
#include "server/store/data_dir.h"
#include "server/store/sqlite_store.h"
#include "server/tls/kernel_tls.h"

#include <csignal>
#include <filesystem>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kBlockingThreads = 4;
constexpr size_t kSpoolingThreads = 2;
constexpr const char *kFirstAddress = "127.0.0.1";
constexpr uint16_t kFirstPort = 8080;
constexpr uint16_t kFirstTlsPort = 8443;
constexpr uint16_t kPortsTried = 20;
/// An app that needs longer to start does not hold up what waits for this engine.
constexpr std::chrono::seconds kReadyWaitMax {30};
constexpr std::chrono::milliseconds kReadyPoll {50};

/// Installed: <prefix>/bin/arcology and <prefix>/lib/arcology/worker.
std::string shippedWorkers(const std::string &executable)
{
    const std::filesystem::path bin = std::filesystem::path(executable).parent_path();
    return (bin.parent_path() / "lib/arcology/worker").string();
}

size_t loopCount(const Settings &settings, bool hostsPython)
{
    const unsigned cores = usableCores();
    if (settings.loops > 0)
        return static_cast<size_t>(settings.loops);
    return hostsPython ? std::max(1u, cores / 4) : std::max(1u, cores);
}

LogLimits logLimits(const Settings &settings)
{
    return {.fileBytesMax = settings.logFileMiBMax * 1024 * 1024,
            .filesMax = static_cast<int>(settings.logFilesMax)};
}

/// What a client that types an address with this port speaks.
bool isTlsPort(const std::string &listenAddress)
{
    return listenAddress.ends_with(":443") || listenAddress.ends_with(":8443");
}

/// The first free port from `first` on; port 0 when twenty are taken.
std::string firstFreeAddress(uint16_t first)
{
    for (uint16_t port = first; port < first + kPortsTried; ++port) {
        std::string text = fmt::format("{}:{}", kFirstAddress, port);
        const auto address = SocketAddress::parse(text);
        if (address && bindListener(*address, 1))
            return text;
    }
    return fmt::format("{}:0", kFirstAddress);
}

/// A document for a machine that never had one: the sockets a service manager opened for us, else
/// one listener for HTTP and one for HTTPS.
Document firstDocument(const std::vector<std::string> &offered)
{
    Document document;
    for (const std::string &address : offered) {
        const bool tls = isTlsPort(address);
        std::string id = tls ? "https" : "http";
        if (document.findListener(id))
            id += fmt::format("-{}", document.listeners.size() + 1);
        document.listeners.push_back({.id = std::move(id), .address = address, .tls = tls});
    }
    if (document.listeners.empty())
        document.listeners = {
            {.id = "http", .address = firstFreeAddress(kFirstPort)},
            {.id = "https", .address = firstFreeAddress(kFirstTlsPort), .tls = true}};
    return document;
}

} // namespace

/// Everything an engine is made of, in the order it is built; destroyed in reverse.
struct Engine::Implementation {
    EngineOptions options;
    std::optional<DataDir> dataDir;
    LoopMetrics controlMetrics;
    std::unique_ptr<EventLoop> control;
    Supervisor supervisor; // goes before the control loop, on which its timer runs
    std::unique_ptr<EngineLog> log;
    std::unique_ptr<SqliteStore> store;
    std::unique_ptr<MetricsRegistry> metrics;
    std::unique_ptr<BufferBudget> budget;
    std::unique_ptr<AddressCounts> addresses;
    KernelTls kernelTls;
    std::unique_ptr<LogWriter> logWriter;
    std::unique_ptr<AppLog> appLog;
    std::unique_ptr<IoLoops> loops;
    std::unique_ptr<EndRecords> ends; // goes behind the pool, which then writes none of it any more
    std::unique_ptr<BlockingPool>
        blocking; // goes before its home loops: a late job still posts to one
    std::unique_ptr<BlockingPool> spooling; // goes like that; apart, so that no file waits for it
    std::shared_ptr<Spool> spool;
    std::unique_ptr<LiveConfig> live;
    std::unique_ptr<ControlService> service;
    std::unique_ptr<OperationsFront> front;
    SignalEvent onTerminate;
    SignalEvent onHangup;
    SignalEvent onInterrupt;
    Timer readyPoll;
    SteadyTime readyAtLatest {};
    bool isServing = false;
    uint64_t foundRevision = 0;
    bool interrupted = false;
    Settings startSettings; // as they were when the engine was built
    std::function<void()> serving;
    Result<void> ended;
    bool stopping = false;

    Implementation() : readyPoll(&Implementation::readyMaybe, this) { }
    Result<void> build(const StoredConfig &stored);
    LiveConfig::Parts liveParts();
    Result<void> openFront();
    void loaded(Result<StoredConfig> stored);
    void opened(Result<void> done);
    void applyEngineSettings(const Settings &settings);
    void fail(Error error);
    Result<void> handOver(const std::string &to);
    void stop();
    void drained();
    void closed();
    static void terminated(void *self) noexcept;
    static void interruptedOnce(void *self) noexcept;
    static void readyMaybe(void *self) noexcept;
};

Engine::Engine(std::unique_ptr<Implementation> implementation) : m_impl(std::move(implementation))
{
}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(EngineOptions options)
{
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // a file at its limit is a write that fails, as on a full disk
    auto made = std::make_unique<Implementation>();
    auto dataDir = DataDir::open(options.dataDir);
    if (!dataDir)
        return std::move(dataDir).error();
    made->dataDir = std::move(*dataDir);
    made->log = std::make_unique<EngineLog>(made->dataDir->logs());
    if (auto files = installPythonFiles(made->dataDir->run(), shippedWorkers(options.executable));
        !files)
        return Error {ErrorCode::DataDir,
                      fmt::format("{}; free some space, or choose another data directory",
                                  files.error().message())};
    auto control = EventLoop::create("arc-control", EventLoop::kNoIndex, made->controlMetrics);
    if (!control)
        return std::move(control).error();
    made->control = std::move(*control);
    auto store = SqliteStore::open(
        made->dataDir->database(),
        [loop = made->control.get()](std::function<void()> call) { loop->post(std::move(call)); });
    if (!store)
        return std::move(store).error();
    made->store = std::move(*store);
    made->supervisor = std::move(options.supervisor);
    made->options = std::move(options);
    return std::unique_ptr<Engine>(new Engine(std::move(made)));
}

Result<void> Engine::run(std::function<void()> serving)
{
    Implementation &all = *m_impl;
    all.serving = std::move(serving);
    all.onTerminate.watch(*all.control, SIGTERM, &Implementation::terminated, &all);
    // A terminal or a connection that is closed is an end like any other; nohup ignores it for us.
    struct sigaction hangup { };
    if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        all.onHangup.watch(*all.control, SIGHUP, &Implementation::terminated, &all);
    all.onInterrupt.watch(*all.control, SIGINT, &Implementation::interruptedOnce, &all);
    if (all.options.completeDocument) {
        auto whole = all.options.completeDocument(std::move(*all.options.document));
        if (!whole)
            return std::move(whole).error();
        all.options.document = std::move(*whole);
    }
    all.control->post([&all] {
        all.store->load([&all](Result<StoredConfig> stored) { all.loaded(std::move(stored)); });
    });
    all.control->run();
    return std::move(all.ended);
}

ControlService &Engine::control() noexcept
{
    return *m_impl->service;
}

EventLoop &Engine::loop() noexcept
{
    return *m_impl->control;
}

uint64_t Engine::foundRevision() const noexcept
{
    return m_impl->foundRevision;
}

void Engine::requestStop()
{
    m_impl->stop();
}

void Engine::Implementation::terminated(void *self) noexcept
{
    static_cast<Implementation *>(self)->stop();
}

void Engine::Implementation::interruptedOnce(void *self) noexcept
{
    auto &all = *static_cast<Implementation *>(self);
    if (std::exchange(all.interrupted, true)) {
        if (all.live)
            all.live->killServices(); // they would not notice
        std::_Exit(1); // Ctrl+C twice: no patience left, and the store is safe at any moment
    }
    all.stop();
}

Result<void> Engine::Implementation::build(const StoredConfig &stored)
{
    const Document &document = options.document ? *options.document : stored.document;
    const Settings settings = engineSettings(document, options.pinned);
    startSettings = settings;
    const size_t count = loopCount(settings, options.hostsPython);
    metrics = std::make_unique<MetricsRegistry>(count);
    budget = std::make_unique<BufferBudget>(settings.buffersMiBMax * 1024 * 1024);
    addresses = std::make_unique<AddressCounts>();
    kernelTls = tryKernelTls();
    log->info(kernelTls.isThere() ? fmt::format("kernel TLS: yes, {}", kernelTls.cipherList())
                                  : fmt::format("kernel TLS: no: {}", kernelTls.obstacle));
    logWriter = std::make_unique<LogWriter>(dataDir->logs(), logLimits(settings));
    appLog = std::make_unique<AppLog>(dataDir->logs(), logLimits(settings));
    blocking = std::make_unique<BlockingPool>(kBlockingThreads);
    spooling = std::make_unique<BlockingPool>(kSpoolingThreads);
    spool = std::make_shared<Spool>(
        *spooling, settings.spoolFolder.empty() ? dataDir->spool() : settings.spoolFolder,
        settings.spoolMiBMax * 1024 * 1024,
        [this](const std::string &sentence) { log->warning(sentence); });
    ends =
        std::make_unique<EndRecords>(EndRecords::Parts {.control = *control,
                                                        .blocking = *blocking,
                                                        .path = dataDir->workerEnds(),
                                                        .log = [this](const std::string &sentence) {
                                                            log->warning(sentence);
                                                        }});

    auto nothing = std::make_shared<HttpSnapshot>();
    nothing->settings = settings;
    nothing->router = std::make_unique<const Router>(std::vector<std::shared_ptr<const Site>> {});
    const HttpShared shared {.pool = blocking.get(),
                             .budget = budget.get(),
                             .addresses = addresses.get(),
                             .wakeLogs = [writer = logWriter.get()] { writer->wake(); },
                             .kernelTls = &kernelTls,
                             .loops = count,
                             .retire =
                                 [loop = control.get()](std::shared_ptr<const HttpSnapshot> old) {
                                     loop->post([old = std::move(old)] {});
                                 }};
    std::vector<std::shared_ptr<LogRing>> rings;
    auto made = IoLoops::create(count, *metrics, shared, nothing, rings);
    if (!made)
        return std::move(made).error();
    loops = std::move(*made);
    for (auto &ring : rings)
        logWriter->addRing(std::move(ring));
    options.about.database = dataDir->database();
    live = std::make_unique<LiveConfig>(liveParts());
    service = std::make_unique<ControlService>(*live, *store);
    front =
        std::make_unique<OperationsFront>(*control, shared, *service, *metrics, *loops, supervisor);
    loops->start();
    for (const auto &[chain, key] : std::exchange(options.keys, {})) {
        if (auto kept = live->keepKey(chain, key, {}); !kept)
            return std::move(kept).error();
    }
    return openFront();
}

LiveConfig::Parts Engine::Implementation::liveParts()
{
    return {
        .control = *control,
        .loops = *loops,
        .metrics = *metrics,
        .blocking = *blocking,
        .appLog = *appLog,
        .spool = spool,
        .releases = dataDir->releases(),
        .ends = *ends,
        .runs = *store,
        .supervisor = supervisor,
        .pinned = options.pinned,
        .facts = {.startedUnixMs = unixNowMs(),
                  .dataDir = dataDir->path(),
                  .executable = options.executable,
                  .about = options.about},
        .listenersMustBind = options.listenersMustBind,
        .troubles =
            [this] {
                std::vector<std::string> troubles {logWriter->trouble(), store->trouble()};
                std::erase_if(troubles, [](const std::string &one) { return one.empty(); });
                return troubles;
            },
        .settingsChanged = [this](const Settings &changed) { applyEngineSettings(changed); },
        .shutdown = [this] { stop(); },
        .handOver = [this](const std::string &to) { return handOver(to); },
        .log = [this](LogLevel level, const std::string &sentence) { log->write(level, sentence); },
        .machineReport = options.machineReport};
}

Result<void> Engine::Implementation::openFront()
{
    if (!options.controlSocket.empty()) {
        if (auto opened = front->openControl(options.controlSocket, options.controlMode); !opened)
            return std::move(opened).error();
    }
    if (!options.opensOps || startSettings.opsListen == "off")
        return {};
    // Taken by somebody else: said, and lived with; serving does not depend on it.
    if (auto url = front->openOps(startSettings.opsListen))
        live->setOpsUrl(std::move(*url));
    else
        live->addWarning(std::move(url).error().within("ops.listen").message());
    return {};
}

void Engine::Implementation::loaded(Result<StoredConfig> stored)
{
    if (!stored)
        return fail(std::move(stored).error());
    foundRevision = stored->revision;
    if (stored->revision == 0 && !options.document)
        options.document = firstDocument(supervisor.offered());
    if (auto built = build(*stored); !built)
        return fail(std::move(built).error());
    service->open(options.document, options.author,
                  [this](Result<void> done) { opened(std::move(done)); });
}

void Engine::Implementation::opened(Result<void> done)
{
    if (!done)
        return fail(std::move(done).error());
    for (const api::ListenerStatus &listener : live->listeners()) {
        if (listener.error.empty())
            log->info(fmt::format("listening on {}", listener.url));
        else
            log->warning(listener.error);
    }
    isServing = true;
    front->keepSockets();
    supervisor.beat(*control, [this] { return front->unhealthy().empty(); });
    readyAtLatest = control->now() + kReadyWaitMax;
    readyMaybe(this);
    serving();
}

/// Ready means that requests are answered, so the apps' first workers are waited for.
void Engine::Implementation::readyMaybe(void *self) noexcept
{
    auto &all = *static_cast<Implementation *>(self);
    if (all.stopping)
        return;
    if (all.service->isStarting() && all.control->now() < all.readyAtLatest)
        return all.readyPoll.arm(all.control->timers(), kReadyPoll);
    const std::string problems = all.service->notReady();
    all.supervisor.ready(problems.empty() ? "Serving" : problems.substr(0, problems.find('\n')));
}

void Engine::Implementation::applyEngineSettings(const Settings &settings)
{
    budget->setLimit(settings.buffersMiBMax * 1024 * 1024);
    spool->setLimit(settings.spoolMiBMax * 1024 * 1024);
    logWriter->setLimits(logLimits(settings));
    appLog->setLimits(logLimits(settings));
    log->setLimits(logLimits(settings));
}

void Engine::Implementation::fail(Error error)
{
    // Not logged: whoever called run() says it, once.
    if (ended.has_value())
        ended = std::move(error);
    stop();
}

/// To the engine that takes this one's place, once this one has ended: until then it waits. The
/// control loop stands still until that one has them, so that no listener changes meanwhile.
Result<void> Engine::Implementation::handOver(const std::string &to)
{
    auto sockets = live->sockets();
    for (const auto &[name, socket] : front->sockets())
        sockets.push_back({name, {socket}});
    if (auto passed = passSockets(to, sockets); !passed) {
        Error why = std::move(passed).error();
        log->warning(fmt::format("this engine goes on serving: {}", why.message()));
        return why;
    }
    front->leaveFile();
    log->info("another engine takes this one's place");
    return {};
}

void Engine::Implementation::stop()
{
    if (std::exchange(stopping, true))
        return;
    if (!loops)
        return closed();
    live->setDraining();
    const Settings settings = engineSettings(live->document(), options.pinned);
    supervisor.stopping(settings.drainSeconds + live->longestStop());
    if (isServing)
        log->info(
            fmt::format("stopping: draining for at most {} s", settings.drainSeconds.count()));
    loops->drain(settings.drainSeconds, *control, [this] { drained(); });
}

void Engine::Implementation::drained()
{
    live->stopPools([this] {
        loops->stop();
        store->close([this](Result<void> done) {
            if (!done)
                log->error(done.error().message());
            closed();
        });
    });
}

void Engine::Implementation::closed()
{
    if (logWriter)
        logWriter->stop();
    if (isServing)
        log->info("stopped");
    control->stop();
}

} // namespace arc
