// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_loop.h"

#include "server/base/assert.h"
#include "server/http/session/connection.h"
#include "server/http/session/session_loop.h"

namespace arc {

struct HttpLoop::Implementation {
    std::shared_ptr<CoderPool> coders; ///< first: exchanges that end late give coders back
    SessionLoop sessions;
    std::shared_ptr<FileCache> files;
};

HttpLoop::HttpLoop(EventLoop &loop, const HttpShared &shared,
                   std::shared_ptr<const HttpSnapshot> snapshot, LogRing *accessLog)
    : m_impl(new Implementation {
        .coders {}, .sessions {*this, loop, shared, std::move(snapshot), accessLog}, .files {}})
{
}

HttpLoop::~HttpLoop() = default;

void HttpLoop::setSiblings(std::vector<HttpLoop *> siblings)
{
    m_impl->sessions.setSiblings(std::move(siblings));
}

int64_t HttpLoop::load() const noexcept
{
    return m_impl->sessions.load();
}

void HttpLoop::publish(std::shared_ptr<const HttpSnapshot> snapshot)
{
    m_impl->sessions.publish(std::move(snapshot));
}

void HttpLoop::listen(std::string id, FileDescriptor socket, ListenerKind kind)
{
    m_impl->sessions.listen(std::move(id), std::move(socket), kind);
}

void HttpLoop::retune(std::string_view id, ListenerKind kind)
{
    m_impl->sessions.retune(id, kind);
}

void HttpLoop::useTicketKeys(std::shared_ptr<const TicketKeys> keys)
{
    m_impl->sessions.useTicketKeys(std::move(keys));
}

void HttpLoop::unlisten(std::string_view id)
{
    m_impl->sessions.unlisten(id);
}

void HttpLoop::drain(std::chrono::milliseconds deadline, std::function<void()> done)
{
    m_impl->sessions.drain(deadline, std::move(done));
}

Exchange *HttpLoop::find(ExchangeId id) noexcept
{
    ARC_DEBUG_ASSERT(m_impl->sessions.loop().isCurrent());
    Connection *connection = m_impl->sessions.table().at(id.slot);
    return connection ? connection->exchange(id.generation) : nullptr;
}

void HttpLoop::setFiles(std::shared_ptr<FileCache> files) noexcept
{
    m_impl->files = std::move(files);
}

FileCache &HttpLoop::files() noexcept
{
    ARC_ASSERT(m_impl->files);
    return *m_impl->files;
}

void HttpLoop::setCoders(std::shared_ptr<CoderPool> coders) noexcept
{
    m_impl->coders = std::move(coders);
}

CoderPool *HttpLoop::coders() noexcept
{
    return m_impl->coders.get();
}

SessionLoop &HttpLoop::sessions() noexcept
{
    return m_impl->sessions;
}

void HttpLoop::charge(int64_t bytes) noexcept
{
    m_impl->sessions.charge(bytes);
}

EventLoop &HttpLoop::loop() noexcept
{
    return m_impl->sessions.loop();
}

size_t HttpLoop::connections() const noexcept
{
    return m_impl->sessions.table().size();
}

} // namespace arc
