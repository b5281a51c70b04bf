// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"
#include "server/http/files/file_cache.h"
#include "server/http/files/static_handler.h"
#include "tests/support/fake_exchange.h"

#include <QTemporaryDir>

#include <map>
#include <memory>
#include <string>

namespace arc {

/// A loop on its thread with a file cache, and handlers asked through fake exchanges.
class FilesUnderTest {
public:
    struct Options {
        OpenStrategy strategy = bestOpenStrategy();
        size_t poolThreads = 2;
        size_t poolQueueMax = 64;
        Settings settings;
    };
    FilesUnderTest() : FilesUnderTest(Options {}) { }
    explicit FilesUnderTest(Options options);
    ~FilesUnderTest();

    /// The answer to a request, waited for with a deadline; status 0 when none came.
    RecordedAnswer ask(const Handler &handler, const std::string &target,
                       const std::string &headers = {}, const std::string &method = "GET");
    /// Hands a request over and does not wait; the exchange is gone before the answer.
    void askAndLeave(const Handler &handler, const std::string &target);
    void onLoop(std::function<void()> task);
    FileCache &cache() noexcept { return *m_cache; }
    HttpLoop &http() noexcept { return *m_http; }
    LoopMetrics &metrics() noexcept { return m_metrics; }
    BlockingPool &pool() noexcept { return *m_pool; }
    EventLoop &loop() noexcept { return *m_loop; }

private:
    const Settings m_settings;
    LoopMetrics m_metrics;
    std::unique_ptr<EventLoop> m_loop;
    std::unique_ptr<BlockingPool> m_pool;
    std::unique_ptr<HttpLoop> m_http;
    std::shared_ptr<FileCache> m_cache;
    uint32_t m_next = 0;
    std::map<uint32_t, std::unique_ptr<FakeExchange>> m_exchanges; // on the loop only
    Thread m_thread;
};

/// A folder for tests: "site/" to be served and what lies beside it.
class TestTree {
public:
    TestTree();
    std::string root() const { return path("site"); }
    std::string path(const std::string &name) const
    {
        return m_folder.path().toStdString() + "/" + name;
    }
    void write(const std::string &name, const std::string &content) const;
    /// Waits until what was written is old enough to be read, and coded, only once.
    void letAge() const;
    void makeFolder(const std::string &name) const;
    void link(const std::string &target, const std::string &name) const;

private:
    QTemporaryDir m_folder;
};

} // namespace arc
