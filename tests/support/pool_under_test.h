// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"
#include "server/workers/app_pool.h"
#include "tests/support/http_under_test.h"
#include "tests/support/scripted_peer.h"

#include <QTemporaryDir>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>

namespace arc {

/// An app's folder, its pool on a control loop of its own, and real HTTP loops in front of it.
/// With ARC_POOL_PRELOAD in the environment, all pools have pool.preload, and info() shows no
/// preloaders: what holds of workers that are started alone holds of forked ones.
class PoolUnderTest {
public:
    struct Options {
        std::string source; ///< of app.py; its entry is app:application
        std::string interface = "wsgi";
        std::string python = "/usr/bin/python3";
        std::map<std::string, std::string> env;
        Settings settings;
        size_t loops = 1;
        bool starts = true;
        std::function<int64_t()> memoryAvailable; ///< null: what there really is
        std::function<double()> cpuUsed;          ///< the same
        std::string spoolFolder;                  ///< empty: one of its own
        Spool::Complain spoolComplains;           ///< may be null
    };
    explicit PoolUnderTest(Options options);
    ~PoolUnderTest();

    /// Runs on the control loop and waits for it.
    void onControl(std::function<void(AppPool &)> task);
    PoolInfo info();
    std::string output();
    /// What it had logged as that, a line each.
    std::string logged(LogLevel level);
    /// Certificates so far, oldest first.
    std::vector<WorkerEnd> ends();
    /// The first that fits, waited for up to 20 s; empty (pid 0) when none comes.
    WorkerEnd endThat(std::function<bool(const WorkerEnd &)> fits);
    /// Waits for a state of the pool, up to 20 s.
    bool reaches(PoolState state);
    bool waits(std::function<bool(const PoolInfo &)> condition);
    bool reachesReady(size_t workers);
    void update(std::function<void(AppSpec &)> change);
    void writeApp(const std::string &source);
    void writeFile(const std::string &name, const std::string &text);
    /// Its answer, once there is one.
    std::shared_future<Result<Deployed>> startDeploy();
    /// Waits for it, up to 20 s.
    static Result<Deployed> answerOf(const std::shared_future<Result<Deployed>> &deploy);
    Result<Deployed> deploy() { return answerOf(startDeploy()); }
    void stop();

    EventLoop &control() { return *m_control; }
    const AppConfig &config() const { return m_spec.config; }
    const AppMetrics &metrics() const { return m_appMetrics->cells; }
    int64_t slotsReady() const;
    int64_t bufferBytes(size_t loop = 0) { return m_http->loopMetrics(loop).bufferBytes.read(); }
    int64_t bytesReceived() { return m_http->loopMetrics(0).bytesRead.read(); }
    Spool &spool() { return *m_spool; }
    /// Of files; it has two threads.
    BlockingPool &blocking() { return *m_blocking; }
    uint16_t port() const { return m_http->port(); }
    /// One request on its own connection.
    PeerAnswer ask(const std::string &head, const std::string &body = {});
    PeerAnswer get(const std::string &path);
    static size_t readyWorkers(const PoolInfo &info);
    /// Path of this program, which is its own launcher (see POOL_TEST_MAIN).
    static std::string executable();
    static void installWorker();
    /// ARC_POOL_PRELOAD is there.
    static bool preloadsAll();

private:
    QTemporaryDir m_folder;
    AppSpec m_spec;
    MetricsRegistry m_metrics {1};
    std::shared_ptr<AppMetricsSet> m_appMetrics;
    std::unique_ptr<HttpUnderTest> m_http;
    QTemporaryDir m_spoolFolder;
    std::unique_ptr<BlockingPool> m_blocking;
    std::unique_ptr<BlockingPool> m_spooling;
    std::shared_ptr<Spool> m_spool;
    std::unique_ptr<EventLoop> m_control;
    Thread m_thread;
    std::map<LogLevel, std::string> m_logged; // of the control loop
    std::vector<WorkerEnd> m_ends;            // control loop
    std::unique_ptr<AppPool> m_pool;
    std::shared_ptr<const Handler> m_handler;
};

} // namespace arc

/// QTEST_GUILESS_MAIN for programs that are also the launcher of their workers.
#define POOL_TEST_MAIN(Test)                                                                       \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        if (argc > 1 && std::string_view(argv[1]) == "--launch-worker")                            \
            return arc::launchWorkerMain(argc, argv);                                              \
        QCoreApplication app(argc, argv);                                                          \
        arc::PoolUnderTest::installWorker();                                                       \
        Test test;                                                                                 \
        return QTest::qExec(&test, argc, argv);                                                    \
    }
