// SPDX-License-Identifier: Apache-2.0
#include "server/core/io_loops.h"

#include "server/base/assert.h"
#include "server/http/coding/coder_pool.h"
#include "server/http/files/file_cache.h"

#include <fmt/format.h>

namespace arc {

Result<std::unique_ptr<IoLoops>> IoLoops::create(size_t count, MetricsRegistry &metrics,
                                                 const HttpShared &shared,
                                                 std::shared_ptr<const HttpSnapshot> snapshot,
                                                 std::vector<std::shared_ptr<LogRing>> &rings)
{
    auto loops = std::make_unique<IoLoops>();
    for (size_t i = 0; i < count; ++i) {
        auto loop = EventLoop::create(fmt::format("arc-loop-{}", i), i, metrics.loop(i));
        if (!loop)
            return std::move(loop).error();
        rings.push_back(std::make_shared<LogRing>(kAccessRingBytes));
        One one;
        one.loop = std::move(*loop);
        one.http = std::make_unique<HttpLoop>(*one.loop, shared, snapshot, rings.back().get());
        one.http->setFiles(std::make_shared<FileCache>(
            *one.loop, *shared.pool,
            [http = one.http.get()](ExchangeId id) { return http->find(id); }, bestOpenStrategy(),
            count));
        one.http->setCoders(std::make_shared<CoderPool>(metrics.loop(i), count));
        loops->m_loops.push_back(std::move(one));
    }
    for (One &one : loops->m_loops)
        one.http->setSiblings(loops->http());
    return loops;
}

IoLoops::~IoLoops()
{
    stop();
}

void IoLoops::start()
{
    for (One &one : m_loops)
        one.thread = Thread(one.loop->name(), [loop = one.loop.get()] { loop->run(); });
}

void IoLoops::stop()
{
    for (One &one : m_loops)
        one.loop->stop();
    for (One &one : m_loops)
        one.thread.join();
    for (One &one : m_loops)
        one.http.reset();
}

void IoLoops::post(size_t index, std::function<void()> task)
{
    m_loops[index].loop->post(std::move(task));
}

void IoLoops::publish(const std::shared_ptr<const HttpSnapshot> &snapshot)
{
    for (One &one : m_loops)
        one.loop->post([http = one.http.get(), snapshot] { http->publish(snapshot); });
}

void IoLoops::listen(const std::string &id, BoundListener listener, ListenerKind kind)
{
    ARC_ASSERT(listener.sockets.size() >= m_loops.size());
    for (size_t i = 0; i < listener.sockets.size(); ++i) {
        One &one = m_loops[i % m_loops.size()];
        one.loop->post(
            [http = one.http.get(), id, kind, socket = std::move(listener.sockets[i])]() mutable {
                http->listen(std::move(id), std::move(socket), kind);
            });
    }
}

void IoLoops::retune(const std::string &id, ListenerKind kind)
{
    for (One &one : m_loops)
        one.loop->post([http = one.http.get(), id, kind] { http->retune(id, kind); });
}

void IoLoops::useTicketKeys(const std::shared_ptr<const TicketKeys> &keys)
{
    for (One &one : m_loops)
        one.loop->post([http = one.http.get(), keys] { http->useTicketKeys(keys); });
}

void IoLoops::unlisten(const std::string &id)
{
    for (One &one : m_loops)
        one.loop->post([http = one.http.get(), id] { http->unlisten(id); });
}

void IoLoops::drain(std::chrono::milliseconds deadline, EventLoop &control,
                    std::function<void()> done)
{
    // Only the control loop counts down, so the counter needs no lock.
    auto left = std::make_shared<size_t>(m_loops.size());
    auto one = std::make_shared<std::function<void()>>([left, done = std::move(done)] {
        if (--*left == 0)
            done();
    });
    for (One &each : m_loops) {
        each.loop->post([http = each.http.get(), deadline, &control, one] {
            http->drain(deadline, [&control, one] { control.post([one] { (*one)(); }); });
        });
    }
}

std::vector<HttpLoop *> IoLoops::http() const
{
    std::vector<HttpLoop *> loops;
    for (const One &one : m_loops)
        loops.push_back(one.http.get());
    return loops;
}

} // namespace arc
