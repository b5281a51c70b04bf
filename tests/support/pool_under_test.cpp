// SPDX-License-Identifier: Apache-2.0
#include "tests/support/pool_under_test.h"

#include "server/base/assert.h"
#include "server/detect/detect.h"
#include "server/http/files/file_cache.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <future>

#include <unistd.h>

#undef slots // Qt's keyword, our metric

namespace arc {

int64_t PoolUnderTest::slotsReady() const
{
    return m_appMetrics->cells.slots.read();
}

std::string PoolUnderTest::executable()
{
    return QFile::symLinkTarget(QStringLiteral("/proc/self/exe")).toStdString();
}

void PoolUnderTest::installWorker()
{
    static QTemporaryDir folder;
    const auto installed = installPythonFiles(folder.path().toStdString());
    ARC_ASSERT(installed.has_value());
}

bool PoolUnderTest::preloadsAll()
{
    return qEnvironmentVariableIsSet("ARC_POOL_PRELOAD");
}

PoolUnderTest::PoolUnderTest(Options options)
{
    options.settings.poolPreload = options.settings.poolPreload || preloadsAll();
    writeApp(options.source);
    m_spec.config = {.id = "shop",
                     .root = m_folder.path().toStdString(),
                     .entry = "app:application",
                     .interface = options.interface,
                     .python = options.python,
                     .kind = {},
                     .env = options.env,
                     .settings = {}};
    m_spec.config.env.emplace("PYTHONDONTWRITEBYTECODE", "1"); // two sources of one second differ
    m_spec.settings = options.settings;
    m_appMetrics = m_metrics.app("shop");
    m_http = std::make_unique<HttpUnderTest>(HttpUnderTest::Options {
        .routes = {}, .settings = options.settings, .loops = options.loops});
    m_blocking = std::make_unique<BlockingPool>(2);
    m_spooling = std::make_unique<BlockingPool>(2);
    m_spool = std::make_shared<Spool>(
        *m_spooling,
        options.spoolFolder.empty() ? m_spoolFolder.path().toStdString() + "/spool"
                                    : options.spoolFolder,
        options.settings.spoolMiBMax * 1024 * 1024, options.spoolComplains);
    for (size_t i = 0; i < options.loops; ++i) {
        m_http->onLoop(
            [this](HttpLoop &http) {
                http.setFiles(std::make_shared<FileCache>(
                    http.loop(), *m_blocking, [&http](ExchangeId id) { return http.find(id); }));
            },
            i);
    }
    static LoopMetrics controlMetrics;
    m_control =
        std::move(EventLoop::create("control", EventLoop::kNoIndex, controlMetrics).value());
    m_thread = Thread("control", [this] { m_control->run(); });
    std::promise<void> made;
    m_control->post([&] {
        AppPool::Environment environment {
            .control = m_control.get(),
            .executable = executable(),
            .metrics = m_appMetrics,
            .log = [this](LogLevel level,
                          const std::string &line) { m_logged[level] += line + "\n"; },
            .ended = [this](WorkerEnd end) { m_ends.push_back(std::move(end)); },
            .memoryAvailable = options.memoryAvailable,
            .cpuUsed = options.cpuUsed,
            .spool = m_spool};
        for (size_t i = 0; i < options.loops; ++i)
            environment.loops.push_back(&m_http->http(i));
        m_pool = AppPool::create(m_spec, std::move(environment));
        m_handler = m_pool->handler();
        if (options.starts)
            m_pool->start();
        made.set_value();
    });
    made.get_future().wait();
    m_http->publish({makeRoute("/", m_handler)}, options.settings);
}

PoolUnderTest::~PoolUnderTest()
{
    stop();
    onControl([this](AppPool &) { m_pool.reset(); });
    m_http.reset();
    m_control->stop();
    m_thread.join();
}

void PoolUnderTest::stop()
{
    std::promise<void> done;
    onControl([&done](AppPool &pool) { pool.stop([&done] { done.set_value(); }); });
    done.get_future().wait();
}

void PoolUnderTest::onControl(std::function<void(AppPool &)> task)
{
    std::promise<void> done;
    m_control->post([&] {
        task(*m_pool);
        done.set_value();
    });
    done.get_future().wait();
}

PoolInfo PoolUnderTest::info()
{
    PoolInfo info;
    onControl([&info](AppPool &pool) { info = pool.info(); });
    if (preloadsAll())
        std::erase_if(info.workers, [](const WorkerInfo &worker) {
            return worker.state == WorkerState::Preloader;
        });
    return info;
}

std::string PoolUnderTest::output()
{
    std::string text;
    onControl([&text](AppPool &pool) { text = pool.output(1 << 20); });
    return text;
}

std::string PoolUnderTest::logged(LogLevel level)
{
    std::string lines;
    onControl([&](AppPool &) { lines = m_logged[level]; });
    return lines;
}

std::vector<WorkerEnd> PoolUnderTest::ends()
{
    std::vector<WorkerEnd> ends;
    onControl([&](AppPool &) { ends = m_ends; });
    return ends;
}

WorkerEnd PoolUnderTest::endThat(std::function<bool(const WorkerEnd &)> fits)
{
    WorkerEnd found;
    (void)QTest::qWaitFor(
        [&] {
            for (WorkerEnd &end : ends()) {
                if (!fits(end))
                    continue;
                found = std::move(end);
                return true;
            }
            return false;
        },
        20000);
    return found;
}

bool PoolUnderTest::waits(std::function<bool(const PoolInfo &)> condition)
{
    return QTest::qWaitFor([&] { return condition(info()); }, 20000);
}

bool PoolUnderTest::reaches(PoolState state)
{
    return waits([state](const PoolInfo &info) { return info.state == state; });
}

size_t PoolUnderTest::readyWorkers(const PoolInfo &info)
{
    return static_cast<size_t>(
        std::count_if(info.workers.begin(), info.workers.end(),
                      [](const WorkerInfo &worker) { return worker.state == WorkerState::Ready; }));
}

bool PoolUnderTest::reachesReady(size_t workers)
{
    return waits([workers](const PoolInfo &info) {
        return readyWorkers(info) == workers && info.workers.size() == workers;
    });
}

void PoolUnderTest::update(std::function<void(AppSpec &)> change)
{
    change(m_spec);
    onControl([this](AppPool &pool) { pool.update(m_spec); });
}

void PoolUnderTest::writeApp(const std::string &source)
{
    writeFile("app.py", source);
}

void PoolUnderTest::writeFile(const std::string &name, const std::string &text)
{
    QFile file(m_folder.filePath(QString::fromStdString(name)));
    ARC_ASSERT(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write(text.data(), static_cast<qint64>(text.size()));
}

std::shared_future<Result<Deployed>> PoolUnderTest::startDeploy()
{
    auto answer = std::make_shared<std::promise<Result<Deployed>>>();
    onControl([&](AppPool &pool) {
        pool.deploy("this test",
                    [answer](Result<Deployed> got) { answer->set_value(std::move(got)); });
    });
    return answer->get_future().share();
}

Result<Deployed> PoolUnderTest::answerOf(const std::shared_future<Result<Deployed>> &deploy)
{
    if (deploy.wait_for(std::chrono::seconds(20)) != std::future_status::ready)
        return Error {ErrorCode::Internal, "the deploy was never answered"};
    return deploy.get();
}

PeerAnswer PoolUnderTest::ask(const std::string &head, const std::string &body)
{
    ScriptedPeer peer(port());
    peer.send(head + "\r\n" + body);
    return peer.readAnswer(head.starts_with("HEAD "));
}

PeerAnswer PoolUnderTest::get(const std::string &path)
{
    return ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
}

} // namespace arc
