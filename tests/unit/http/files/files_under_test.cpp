// SPDX-License-Identifier: Apache-2.0
#include "files_under_test.h"

#include "server/http/router.h"

#include <QFile>
#include <QTest>

#include <future>

#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {
constexpr std::chrono::seconds kDeadline {10};
}

FilesUnderTest::FilesUnderTest(Options options) : m_settings(options.settings)
{
    m_loop = std::move(EventLoop::create("test", 0, m_metrics).value());
    m_pool = std::make_unique<BlockingPool>(options.poolThreads, options.poolQueueMax);
    auto snapshot = std::make_shared<HttpSnapshot>();
    snapshot->router = std::make_unique<const Router>(std::vector<std::shared_ptr<const Site>> {});
    HttpShared shared;
    shared.pool = m_pool.get();
    m_http = std::make_unique<HttpLoop>(*m_loop, shared, snapshot, nullptr);
    const auto find = [this](ExchangeId id) -> Exchange * {
        const auto at = m_exchanges.find(id.slot);
        return at == m_exchanges.end() ? nullptr : at->second.get();
    };
    m_cache = std::make_shared<FileCache>(*m_loop, *m_pool, find, options.strategy);
    m_http->setFiles(m_cache);
    m_thread = Thread("test-loop", [this] { m_loop->run(); });
}

FilesUnderTest::~FilesUnderTest()
{
    m_loop->stop();
    m_thread.join();
}

void FilesUnderTest::onLoop(std::function<void()> task)
{
    std::promise<void> done;
    m_loop->post([&] {
        task();
        done.set_value();
    });
    done.get_future().wait();
}

RecordedAnswer FilesUnderTest::ask(const Handler &handler, const std::string &target,
                                   const std::string &headers, const std::string &method)
{
    auto answered = std::make_shared<std::promise<void>>();
    const uint32_t slot = m_next++;
    onLoop([&] {
        auto exchange = std::make_unique<FakeExchange>(
            *m_http, ExchangeId {0, slot, 1},
            method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n",
            [answered] { answered->set_value(); });
        ARC_ASSERT(exchange->parsed().step == HeadStep::Done);
        exchange->use(m_settings);
        FakeExchange &asked = *exchange;
        m_exchanges[slot] = std::move(exchange);
        handler.handle(asked);
    });
    RecordedAnswer answer;
    const bool inTime = answered->get_future().wait_for(kDeadline) == std::future_status::ready;
    onLoop([&] {
        if (inTime)
            answer = m_exchanges[slot]->answer();
        m_exchanges.erase(slot);
    });
    return answer;
}

void FilesUnderTest::askAndLeave(const Handler &handler, const std::string &target)
{
    onLoop([&] {
        FakeExchange exchange(*m_http, ExchangeId {0, m_next++, 1},
                              "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
        handler.handle(exchange);
    });
}

TestTree::TestTree()
{
    makeFolder("site");
}

void TestTree::write(const std::string &name, const std::string &content) const
{
    QFile file(QString::fromStdString(path(name)));
    ARC_ASSERT(file.open(QIODevice::WriteOnly));
    ARC_ASSERT(file.write(content.data(), qint64(content.size())) == qint64(content.size()));
}

void TestTree::letAge() const
{
    const auto then = std::chrono::steady_clock::now() + std::chrono::milliseconds(60);
    ARC_ASSERT(QTest::qWaitFor([then] { return std::chrono::steady_clock::now() > then; }));
}

void TestTree::makeFolder(const std::string &name) const
{
    ARC_ASSERT(mkdir(path(name).c_str(), 0755) == 0);
}

void TestTree::link(const std::string &target, const std::string &name) const
{
    ARC_ASSERT(symlink(target.c_str(), path(name).c_str()) == 0);
}

} // namespace arc
