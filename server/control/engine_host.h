// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/effective.h"
#include "server/control/api/certificate_types.h"
#include "server/control/api/log_types.h"
#include "server/control/api/release_types.h"
#include "server/control/api/variable_types.h"
#include "server/control/end_records.h"
#include "server/detect/detect.h"
#include "server/jobs/scheduler.h"
#include "server/jobs/service_supervisor.h"
#include "server/loop/event_loop.h"
#include "server/metrics/metrics.h"
#include "server/workers/app_pool.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// A variable whose value is a URL of a database, cache or queue.
struct NamedConnection {
    std::string name;
    std::string url;
    std::string folder; ///< of the app, where relative paths begin
};

/// What a deploy became, as the API tells it.
api::Deployed deployedView(const std::string &app, const Deployed &deployed,
                           const std::string &release = {});

/// What the control service asks of the running engine; core implements it. Control loop only.
class EngineHost {
public:
    /// A configuration that could be served at once: sockets bound, handlers built. Dropping it
    /// undoes all of that.
    class Prepared {
    public:
        virtual ~Prepared() = default;
    };

    struct Facts {
        int64_t startedUnixMs = 0;
        std::string dataDir;
        std::string opsUrl;
        std::string executable; ///< of this program, for one-off commands
        std::vector<std::string> warnings;
        api::About about; ///< what the program knows of itself; paths are filled in by the service
    };

    virtual ~EngineHost() = default;

    /// Does everything about a configuration that can fail, and nothing that shows.
    virtual Result<std::unique_ptr<Prepared>> prepare(const Document &next) = 0;
    /// Serves it. Cannot fail.
    virtual void commit(std::unique_ptr<Prepared> prepared, uint64_t revision) = 0;

    virtual const Facts &facts() const = 0;
    /// What goes wrong just now and does not stop serving, one sentence each.
    virtual std::vector<std::string> troubles() const = 0;
    /// Checks a certificate with its private key and keeps the key, sealed. The first name it is
    /// good for.
    virtual Result<std::string> keepKey(const std::string &chainPem, const std::string &keyPem,
                                        const std::string &passphrase) = 0;
    virtual std::vector<api::CertificateView> certificates() = 0;
    /// Of the local CA; everything empty while nothing needed it.
    struct LocalAuthority {
        std::string rootPath;
        std::string rootPem;
        std::string hostName; ///< what it signs for beside localhost and names below it
    };
    virtual LocalAuthority localAuthority() const = 0;
    /// Those with this id, or all when it is empty, and what became of each. Empty: none has it.
    virtual std::vector<api::CertificateRenewal> renewCertificates(std::string_view id) = 0;
    /// Secrets of apps that `next` holds as typed are sealed in the result; those that `current`
    /// has already are what they are there. What can be wrong with a value is Invalid.
    virtual Result<Document> sealSecrets(Document next, const Document &current) const = 0;
    /// An app with its secrets among its variables, in clear. Invalid: they cannot be opened.
    virtual Result<AppConfig> withSecrets(const AppConfig &app) const = 0;
    /// Tries again what could not be opened, when a running app is to get new workers.
    virtual void reopenSecrets(const AppConfig &app) = 0;
    /// Which of these can be reached from here; by name. Not on this thread, and never longer than
    /// ConnectionChecker::kAnswerTime.
    virtual void checkConnections(std::vector<NamedConnection> what,
                                  std::function<void(std::vector<api::ConnectionCheck>)> done) = 0;
    /// Makes new workers from the app's folder as it is now, or with release.copies from a copy of
    /// it, and answers when they serve, or why they do not.
    using DeployDone = std::function<void(Result<api::Deployed>)>;
    virtual void deploy(const AppConfig &app, const std::string &by, DeployDone done) = 0;
    /// Conflict: there is no copying (any more) to be ended.
    virtual Result<void> cancelDeploy(const AppConfig &app) = 0;
    virtual void rollback(const AppConfig &app, const std::string &release, const std::string &by,
                          DeployDone done) = 0;
    virtual api::ReleaseViews releases(const AppConfig &app) const = 0;
    /// The app in the folder of a release, by the first digits of its id; "live": the folder
    /// itself; empty: what serves.
    virtual Result<AppConfig> placed(const AppConfig &app, const std::string &release) const = 0;
    virtual const PinnedSettings &pinned() const = 0;
    virtual std::vector<api::ListenerStatus> listeners() const = 0;
    /// The pool of an app that runs, or null.
    virtual AppPool *pool(std::string_view app) = 0;
    virtual MetricsRegistry &metrics() = 0;
    virtual const EndRecords &ends() const = 0;
    virtual Scheduler &scheduler() = 0;
    virtual ServiceSupervisor &services() = 0;
    virtual EventLoop &controlLoop() = 0;
    /// detectProject() on the blocking pool.
    virtual void recognise(std::string folder, std::string python,
                           std::function<void(Result<Detection>)> done) = 0;
    /// Runs on the blocking pool; what the job returns then runs on the control loop. False: too
    /// much waits there, and nothing will be called.
    virtual bool runBlocking(std::function<std::function<void()>()> job) = 0;
    /// Brings lines that apps wrote to their files. For jobs of the blocking pool, which may
    /// outlive this host.
    virtual std::function<void()> logFlusher() = 0;
    /// Tells what this machine supports and lacks, a line each; takes seconds. As above.
    virtual std::function<std::string()> machineReporter() = 0;
    virtual bool isDraining() const = 0;
    virtual void shutdown() = 0;
    /// Twins of all listening sockets to the engine that takes them at this path; before
    /// shutdown(). An error: it has not said that it has them, and this one must go on. Blocks for
    /// at most kSocketsTakenTime.
    virtual Result<void> handOver(const std::string &to) = 0;
};

} // namespace arc
