// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_level.h"
#include "server/control/engine_host.h"
#include "server/core/app_releases.h"
#include "server/core/app_secrets_in_use.h"
#include "server/core/connection_checker.h"
#include "server/core/io_loops.h"
#include "server/core/site_builder.h"
#include "server/core/supervisor.h"
#include "server/core/tls_front.h"
#include "server/loop/blocking_pool.h"
#include "server/loop/timer_wheel.h"
#include "server/observe/app_log.h"
#include "server/workers/spool.h"

#include <map>
#include <memory>
#include <string>

namespace arc {

/// The configuration that is being served: listeners, pools, routing. Control loop only.
class LiveConfig final : public EngineHost {
public:
    struct Parts {
        EventLoop &control;
        IoLoops &loops;
        MetricsRegistry &metrics;
        BlockingPool &blocking;
        AppLog &appLog;
        std::shared_ptr<Spool> spool;
        std::string releases; ///< folder of all apps' releases
        EndRecords &ends;
        RunStore &runs;
        Supervisor &supervisor;
        PinnedSettings pinned;
        Facts facts;
        /// A stored listener that cannot be bound at start leaves the engine running and is shown;
        /// `serve` refuses instead.
        bool listenersMustBind = false;
        std::function<std::vector<std::string>()> troubles;
        std::function<void(const Settings &engine)> settingsChanged;
        std::function<void()> shutdown;
        std::function<Result<void>(const std::string &to)> handOver;
        std::function<void(LogLevel, const std::string &)>
            log;                                    ///< what pools tell of their workers
        std::function<std::string()> machineReport; ///< may be null
    };
    explicit LiveConfig(Parts parts);
    ~LiveConfig() override;

    Result<std::unique_ptr<Prepared>> prepare(const Document &next) override;
    void commit(std::unique_ptr<Prepared> prepared, uint64_t revision) override;

    Result<Document> sealSecrets(Document next, const Document &current) const override;
    Result<AppConfig> withSecrets(const AppConfig &app) const override
    {
        return m_secrets.inClear(app);
    }
    void checkConnections(std::vector<NamedConnection> what,
                          std::function<void(std::vector<api::ConnectionCheck>)> done) override
    {
        m_checker.check(std::move(what), std::move(done));
    }
    void reopenSecrets(const AppConfig &app) override;
    void deploy(const AppConfig &app, const std::string &by, DeployDone done) override
    {
        m_releases.deploy(app, by, std::move(done));
    }
    Result<void> cancelDeploy(const AppConfig &app) override { return m_releases.cancel(app); }
    void rollback(const AppConfig &app, const std::string &release, const std::string &by,
                  DeployDone done) override
    {
        m_releases.rollback(app, release, by, std::move(done));
    }
    api::ReleaseViews releases(const AppConfig &app) const override
    {
        return m_releases.views(app);
    }
    Result<AppConfig> placed(const AppConfig &app, const std::string &release) const override
    {
        return m_releases.placed(app, release);
    }
    const Facts &facts() const override;
    std::vector<std::string> troubles() const override;
    const PinnedSettings &pinned() const override { return m_parts.pinned; }
    std::vector<api::ListenerStatus> listeners() const override;
    AppPool *pool(std::string_view app) override;
    MetricsRegistry &metrics() override { return m_parts.metrics; }
    const EndRecords &ends() const override { return m_parts.ends; }
    Scheduler &scheduler() override { return m_scheduler; }
    ServiceSupervisor &services() override { return m_services; }
    EventLoop &controlLoop() override { return m_parts.control; }
    void recognise(std::string folder, std::string python,
                   std::function<void(Result<Detection>)> done) override;
    bool runBlocking(std::function<std::function<void()>()> job) override
    {
        return m_parts.blocking.submit(m_parts.control, std::move(job));
    }
    std::function<void()> logFlusher() override
    {
        return [&log = m_parts.appLog] {
            log.flush();
        };
    }
    std::function<std::string()> machineReporter() override { return m_parts.machineReport; }
    bool isDraining() const override { return m_draining; }
    void shutdown() override { m_parts.shutdown(); }
    Result<void> handOver(const std::string &to) override
    {
        auto given = m_parts.handOver(to);
        m_handsOver = given.has_value();
        return given;
    }

    Result<std::string> keepKey(const std::string &chainPem, const std::string &keyPem,
                                const std::string &passphrase) override
    {
        return m_tls.keepKey(chainPem, keyPem, passphrase);
    }
    std::vector<api::CertificateView> certificates() override
    {
        return m_tls.certificates(m_document);
    }
    LocalAuthority localAuthority() const override { return m_tls.localAuthority(); }
    std::vector<api::CertificateRenewal> renewCertificates(std::string_view id) override
    {
        return m_tls.renew(m_document, id);
    }

    /// Nothing new is begun. Schedules end at once: nobody waits for their answers.
    void setDraining();
    void setOpsUrl(std::string url) { m_parts.facts.opsUrl = std::move(url); }
    void addWarning(std::string sentence) { m_parts.facts.warnings.push_back(std::move(sentence)); }
    void killServices() { m_services.kill(); }
    /// The time that services may need to end.
    std::chrono::seconds longestStop() const { return m_services.longestStop(); }
    const Document &document() const noexcept { return m_document; }
    /// The open listeners and their sockets, which the loops own: good until this object is asked
    /// for anything else.
    std::vector<std::pair<std::string, std::vector<int>>> sockets() const;
    /// Ends every pool and every service, then calls done, when schedules have ended, too.
    void stopPools(std::function<void()> done);

private:
    class PreparedConfig;
    Result<BoundListener> bind(const ListenerConfig &listener, const SocketAddress &address);
    struct Listener {
        ListenerConfig config;
        std::string url;
        uint16_t port = 0; ///< bound; 0: a Unix socket, or not open
        std::string error;
        std::vector<int> sockets; ///< owned by the loops until unlisten() or drain()
    };
    void noteListeners(PreparedConfig &prepared);
    void openListeners(PreparedConfig &prepared);
    void closeListeners();
    bool hasClosedListener() const;
    void openWhatWasTaken();
    void startPools();
    AppSpec specOf(const AppConfig &app) const;
    void placeJobs();
    void stopServices();
    void stoppedSome();
    std::vector<std::unique_ptr<AppPool>> takeUnusedPools();
    Result<void> renewTls();
    uint16_t securePortOf(const SiteConfig &site) const;
    void publish();
    void schedulePublish();
    void retire(std::unique_ptr<AppPool> pool);

    Parts m_parts;
    std::vector<std::string> m_siteWarnings; // of the configuration in force
    mutable Facts m_shownFacts;              // with the warnings of the configuration in force
    StaticHandlers m_files;
    TlsFront m_tls;
    AppSecrets m_secrets;
    AppReleases m_releases;
    ConnectionChecker m_checker;
    Document m_document;
    uint64_t m_revision = 0;
    bool m_started = false;
    bool m_draining = false;
    bool m_publishScheduled = false;
    std::map<std::string, Listener, std::less<>> m_listeners;
    std::map<std::string, std::unique_ptr<AppPool>, std::less<>> m_pools;
    uint64_t m_nextRetired = 0;
    std::map<uint64_t, std::unique_ptr<AppPool>> m_retired; // being stopped
    std::function<void()> m_poolsStopped;
    Timer m_bindAgain;
    std::chrono::seconds m_bindAgainAfter {0};
    bool m_schedulesStopped = false;
    Scheduler m_scheduler;
    bool m_handsOver = false;
    bool m_servicesStopping = false;
    bool m_servicesStopped = false;
    ServiceSupervisor m_services;
};

} // namespace arc
