// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_under_test.h"

#include "server/base/assert.h"

#include <csignal>

namespace arc {

namespace {

class EchoListener final : public ExchangeListener {
public:
    EchoListener(Exchange &exchange, Heard &heard) : m_exchange(exchange), m_heard(heard)
    {
        m_chunked = exchange.request().chunked;
        exchange.listen(*this);
        exchange.readBody();
    }
    void onBody(std::string_view bytes) noexcept override
    {
        m_heard.bodyBytes += static_cast<int64_t>(bytes.size());
        m_body += bytes;
    }
    void onBodyEnd() noexcept override
    {
        ++m_heard.bodyEnds;
        if (m_chunked) {
            m_exchange.begin({.status = 200, .headers = {}}, std::nullopt);
            const size_t half = m_body.size() / 2;
            m_exchange.write(Chunk::own(m_body.substr(0, half)));
            m_exchange.write(Chunk::own(m_body.substr(half)));
            m_exchange.end();
        } else {
            m_exchange.respond({.status = 200, .headers = {}}, Chunk::own(std::move(m_body)));
        }
        delete this;
    }
    void onDrained() noexcept override { }
    void onGone() noexcept override
    {
        ++m_heard.gone;
        delete this;
    }

private:
    Exchange &m_exchange;
    Heard &m_heard;
    std::string m_body;
    bool m_chunked = false;
};

class StreamListener final : public ExchangeListener {
public:
    StreamListener(Exchange &exchange, StreamPlan plan, Heard &heard)
        : m_exchange(exchange), m_plan(plan), m_heard(heard)
    {
    }
    void start()
    {
        m_exchange.listen(*this);
        m_exchange.begin({.status = 200, .headers = {}},
                         m_plan.announced ? std::optional(m_plan.total) : std::nullopt);
        writeSome(); // may be the end of this object
    }
    void onBody(std::string_view) noexcept override { }
    void onBodyEnd() noexcept override { }
    void onDrained() noexcept override
    {
        ++m_heard.drained;
        writeSome();
    }
    void onGone() noexcept override
    {
        ++m_heard.gone;
        delete this;
    }

private:
    void writeSome() noexcept
    {
        while (m_sent < m_plan.total && !m_exchange.isBacklogged()) {
            if (m_sent >= m_plan.abortAt) {
                m_exchange.abort();
                delete this;
                return;
            }
            const size_t size = std::min<uint64_t>(m_plan.pieceBytes, m_plan.total - m_sent);
            m_exchange.write(Chunk::own(patternBytes(m_sent, size)));
            m_sent += size;
        }
        if (m_sent == m_plan.total) {
            m_exchange.end();
            delete this;
        }
    }

    Exchange &m_exchange;
    const StreamPlan m_plan;
    Heard &m_heard;
    uint64_t m_sent = 0;
};

/// Belongs to the test's Held, so that nothing leaks when the test ends first.
class HoldListener final : public ExchangeListener {
public:
    explicit HoldListener(Heard &heard) : m_heard(heard) { }
    void onBody(std::string_view bytes) noexcept override
    {
        m_heard.bodyBytes += static_cast<int64_t>(bytes.size());
    }
    void onBodyEnd() noexcept override { ++m_heard.bodyEnds; }
    void onDrained() noexcept override { ++m_heard.drained; }
    void onGone() noexcept override { ++m_heard.gone; }

private:
    Heard &m_heard;
};

} // namespace

std::string patternBytes(uint64_t from, size_t size)
{
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>('a' + (from + i) * 7 % 26);
    return bytes;
}

Route makeRoute(std::string prefix, std::shared_ptr<const Handler> handler)
{
    Route route;
    route.prefix = std::move(prefix);
    route.handler = std::move(handler);
    return route;
}

Route makeRoute(std::string prefix, std::function<void(Exchange &)> function)
{
    return makeRoute(std::move(prefix),
                     std::make_shared<const FunctionHandler>(std::move(function)));
}

Route echoRoute(std::string prefix, Heard &heard)
{
    return makeRoute(std::move(prefix),
                     [&heard](Exchange &exchange) { new EchoListener(exchange, heard); });
}

Route streamRoute(std::string prefix, StreamPlan plan, Heard &heard)
{
    return makeRoute(std::move(prefix), [plan, &heard](Exchange &exchange) {
        (new StreamListener(exchange, plan, heard))->start();
    });
}

Route holdRoute(std::string prefix, Held &held)
{
    auto listener = std::make_shared<HoldListener>(held.heard);
    return makeRoute(std::move(prefix), [&held, listener](Exchange &exchange) {
        exchange.listen(*listener);
        if (held.reads)
            exchange.readBody();
        held.id.set_value(exchange.id());
    });
}

HttpUnderTest::HttpUnderTest(Options options)
    : m_metrics(options.loops), m_site(m_metrics.site("test")), m_hosts(std::move(options.hosts)),
      m_errorPages(std::move(options.errorPages)), m_tls(std::move(options.tls))
{
    std::signal(SIGPIPE, SIG_IGN);
    if (options.bufferBytes) // the setting counts in MiB, which is much for a test
        options.settings.buffersMiBMax = options.bufferBytes / (1024 * 1024);
    m_budget = std::make_unique<BufferBudget>(options.settings.buffersMiBMax * 1024 * 1024);
    auto listener = bindListener(*SocketAddress::parse("127.0.0.1:0"),
                                 options.isOneListening ? 1 : options.loops);
    ARC_ASSERT(listener);
    m_port = listener->address.port();
    HttpShared shared;
    shared.budget = m_budget.get();
    shared.addresses = &m_addresses;
    shared.kernelTls = options.kernelTls;
    shared.loops = options.loops;
    shared.retire = [this](std::shared_ptr<const HttpSnapshot>) {
        ++m_retired;
    };
    const auto snapshot = makeSnapshot(std::move(options.routes), options.settings);
    for (size_t i = 0; i < options.loops; ++i) {
        auto part = std::make_unique<Part>();
        part->loop = std::move(EventLoop::create("test", i, m_metrics.loop(i)).value());
        part->ring = std::make_unique<LogRing>(1 << 20);
        part->http = std::make_unique<HttpLoop>(*part->loop, shared, snapshot, part->ring.get());
        if (i == 0 || !options.isOneListening)
            part->http->listen("http", std::move(listener->sockets[i]),
                               {.isTls = m_tls != nullptr, .isProxied = options.isProxied});
        m_parts.push_back(std::move(part));
    }
    std::vector<HttpLoop *> siblings;
    for (const auto &part : m_parts)
        siblings.push_back(part->http.get());
    for (const auto &part : m_parts) {
        part->http->setSiblings(siblings);
        part->thread = Thread("test-loop", [loop = part->loop.get()] { loop->run(); });
    }
}

HttpUnderTest::~HttpUnderTest()
{
    for (size_t i = 0; i < m_parts.size(); ++i) // nothing is handed to one that is gone
        onLoop([](HttpLoop &http) { http.setSiblings({}); }, i);
    for (size_t i = 0; i < m_parts.size();
         ++i) // each on its own loop: the ones before have stopped
        onLoop([this, i](HttpLoop &) { m_parts[i]->http.reset(); }, i);
    for (const auto &part : m_parts)
        part->loop->stop();
    for (const auto &part : m_parts)
        part->thread.join();
}

std::shared_ptr<const HttpSnapshot> HttpUnderTest::makeSnapshot(std::vector<Route> routes,
                                                                const Settings &settings)
{
    auto site = std::make_shared<Site>();
    site->id = "test";
    site->hosts = m_hosts;
    site->routes = std::move(routes);
    site->metrics = m_site;
    site->errorPages = m_errorPages;
    for (Route &route : site->routes) {
        route.settings = settings;
        route.coding = CodingRules(settings);
    }
    auto snapshot = std::make_shared<HttpSnapshot>();
    snapshot->revision = ++m_revision;
    snapshot->settings = settings;
    for (size_t i = 0; m_tls && i < m_metrics.loopCount(); ++i)
        snapshot->tls.push_back(m_tls());
    snapshot->router =
        std::make_unique<const Router>(std::vector<std::shared_ptr<const Site>> {site});
    return snapshot;
}

void HttpUnderTest::onLoop(std::function<void(HttpLoop &)> task, size_t index)
{
    std::promise<void> done;
    Part &part = *m_parts[index];
    part.loop->post([&] {
        task(*part.http);
        done.set_value();
    });
    done.get_future().wait();
}

void HttpUnderTest::publish(std::vector<Route> routes, Settings settings)
{
    const auto snapshot = makeSnapshot(std::move(routes), settings);
    for (size_t i = 0; i < m_parts.size(); ++i)
        onLoop([&](HttpLoop &http) { http.publish(snapshot); }, i);
}

std::string HttpUnderTest::takeLog(size_t index)
{
    std::string text;
    m_parts[index]->ring->drain(text);
    return text;
}

} // namespace arc
