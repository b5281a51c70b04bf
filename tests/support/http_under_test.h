// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_ring.h"
#include "server/base/thread.h"
#include "server/http/http_loop.h"
#include "server/http/session/address_counts.h"
#include "server/http/session/buffer_budget.h"
#include "server/net/listen.h"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// Handlers made of a function, and routes to them: a site in one expression.
class FunctionHandler final : public Handler {
public:
    explicit FunctionHandler(std::function<void(Exchange &)> function)
        : m_function(std::move(function))
    {
    }
    void handle(Exchange &exchange) const noexcept override { m_function(exchange); }

private:
    std::function<void(Exchange &)> m_function;
};
Route makeRoute(std::string prefix, std::shared_ptr<const Handler> handler);
Route makeRoute(std::string prefix, std::function<void(Exchange &)> function);

/// What listeners of tests have heard, over all threads.
struct Heard {
    std::atomic<int> gone {0};
    std::atomic<int> drained {0};
    std::atomic<int> bodyEnds {0};
    std::atomic<int64_t> bodyBytes {0};
};

/// Reads the whole body, then sends it back: chunked when it came so.
Route echoRoute(std::string prefix, Heard &heard);
/// Streams "total" bytes of a pattern in pieces, waiting for onDrained(); length announced or not.
struct StreamPlan {
    uint64_t total = 0;
    bool announced = true;
    size_t pieceBytes = 64 * 1024;
    uint64_t abortAt = ~uint64_t {0};
};
Route streamRoute(std::string prefix, StreamPlan plan, Heard &heard);
/// Listens and never answers by itself; the exchange's id goes to `ids`, the body is read when
/// `reads`.
struct Held {
    std::promise<ExchangeId> id;
    Heard heard;
    bool reads = false;
};
Route holdRoute(std::string prefix, Held &held);
std::string patternBytes(uint64_t from, size_t size);

/// Real loops with real HTTP on port 0 of the loopback address, each on its thread.
class HttpUnderTest {
public:
    struct Options {
        std::vector<Route> routes;
        Settings settings;
        size_t loops = 1;
        int64_t bufferBytes = 0; ///< 0: as the settings say
        std::vector<std::string> hosts;
        /// TLS on the same port, the contexts of every loop; null: plain HTTP.
        std::function<std::shared_ptr<const TlsContexts>()> tls;
        bool isProxied = false; ///< connections begin with a PROXY header
        bool isOneListening =
            false; ///< the first loop alone accepts; others get what it hands over
        std::shared_ptr<const OwnErrorPages> errorPages;
        const KernelTls *kernelTls = nullptr; ///< outlives it
    };
    explicit HttpUnderTest(Options options);
    ~HttpUnderTest();

    uint16_t port() const noexcept { return m_port; }
    HttpLoop &http(size_t index = 0) noexcept { return *m_parts[index]->http; }
    /// Runs on a loop and waits for it.
    void onLoop(std::function<void(HttpLoop &)> task, size_t index = 0);
    void publish(std::vector<Route> routes, Settings settings);
    LoopMetrics &loopMetrics(size_t index = 0) noexcept { return m_metrics.loop(index); }
    const SiteMetrics &siteMetrics(size_t index = 0) const noexcept
    {
        return m_site->perLoop[index];
    }
    std::string takeLog(size_t index = 0);
    /// For the next publish().
    void useTls(std::function<std::shared_ptr<const TlsContexts>()> tls) { m_tls = std::move(tls); }
    int snapshotsRetired() const noexcept { return m_retired; }

private:
    struct Part {
        std::unique_ptr<EventLoop> loop;
        std::unique_ptr<LogRing> ring;
        std::unique_ptr<HttpLoop> http;
        Thread thread;
    };
    std::shared_ptr<const HttpSnapshot> makeSnapshot(std::vector<Route> routes,
                                                     const Settings &settings);

    MetricsRegistry m_metrics;
    std::shared_ptr<SiteMetricsSet> m_site;
    std::unique_ptr<BufferBudget> m_budget;
    AddressCounts m_addresses;
    std::vector<std::string> m_hosts;
    std::shared_ptr<const OwnErrorPages> m_errorPages;
    std::function<std::shared_ptr<const TlsContexts>()> m_tls;
    uint64_t m_revision = 0;
    std::atomic<int> m_retired {0};
    uint16_t m_port = 0;
    std::vector<std::unique_ptr<Part>> m_parts;
};

} // namespace arc
