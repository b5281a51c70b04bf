// SPDX-License-Identifier: Apache-2.0
#include "server/workers/loop_side.h"

#include "server/base/assert.h"
#include "server/workers/app_core.h"

#include <algorithm>

namespace arc {

LoopSide::LoopSide(AppCore &core, EventLoop &loop, bool isHome)
    : m_core(core), m_loop(loop), m_isHome(isHome)
{
}

std::shared_ptr<Spool> LoopSide::spoolFor(const RequestHead &head) const noexcept
{
    const uint64_t length = head.contentLength.value_or(0);
    const auto inFile =
        static_cast<int64_t>(length - std::min(length, m_limits.requestBufferBytes));
    const auto &spool = m_core.spool();
    return m_limits.collectsBodies && spool && spool->hasRoomFor(inFile) ? spool : nullptr;
}

void LoopSide::accept(Exchange &exchange) noexcept
{
    ARC_DEBUG_ASSERT(m_loop.isCurrent());
    if (m_free.empty()) {
        const auto slot = static_cast<uint32_t>(m_requests.size());
        m_requests.push_back(std::make_unique<AppRequest>(
            *this, RequestId {.loop = static_cast<uint32_t>(m_loop.index()), .slot = slot}));
        m_free.push_back(slot);
    }
    AppRequest &request = *m_requests[m_free.back()];
    m_free.pop_back();
    request.begin(exchange);
}

void LoopSide::release(AppRequest &request) noexcept
{
    m_free.push_back(request.id().slot);
}

void LoopSide::flushLater(AppRequest &request) noexcept
{
    m_toFlush.push_back(&request);
    m_loop.atEndOfTurn(*this);
}

void LoopSide::enqueue(ToHome message) noexcept
{
    if (m_isHome)
        m_core.home().take(std::move(message));
    else
        put(std::move(message));
}

void LoopSide::body(RequestId id, std::string_view bytes, uint8_t flags) noexcept
{
    if (m_isHome)
        m_core.home().body(id, bytes, flags);
    else
        put({.kind = ToHome::Kind::Body, .flags = flags, .id = id, .bytes = std::string(bytes)});
}

void LoopSide::grant(RequestId id, uint32_t bytes) noexcept
{
    if (m_isHome)
        m_core.home().grant(id, bytes);
    else
        put({.kind = ToHome::Kind::Grant, .amount = bytes, .id = id});
}

void LoopSide::message(RequestId id, std::string_view bytes, uint8_t flags) noexcept
{
    if (m_isHome)
        m_core.home().message(id, bytes, flags);
    else
        put({.kind = ToHome::Kind::Message, .flags = flags, .id = id, .bytes = std::string(bytes)});
}

void LoopSide::socketGone(RequestId id, uint16_t code, std::string_view reason) noexcept
{
    if (m_isHome)
        m_core.home().gone(id, code, reason);
    else
        put({.kind = ToHome::Kind::Gone,
             .closeCode = code,
             .id = id,
             .bytes = std::string(reason)});
}

void LoopSide::complain(std::string text) noexcept
{
    const int64_t second = m_loop.unixMs() / 1000;
    if (second != m_complaintsSecond) {
        m_complaintsSecond = second;
        m_complaints = 0;
    }
    if (++m_complaints <= kComplaintsPerSecond)
        m_core.tellOutput(0, text);
}

AppRequest *LoopSide::find(RequestId id) noexcept
{
    if (id.slot >= m_requests.size())
        return nullptr;
    AppRequest *request = m_requests[id.slot].get();
    return request->id() == id && request->isOpen() ? request : nullptr;
}

void LoopSide::answer(RequestId id, const protocol::Frame &frame, uint32_t queueUs) noexcept
{
    AppRequest *request = find(id);
    if (!request)
        return;
    switch (frame.type) {
    case protocol::FrameType::Response:
        return request->onResponse(frame.payload, frame.flags, queueUs);
    case protocol::FrameType::EarlyHints:
        return request->onHints(frame.payload);
    case protocol::FrameType::Trailers:
        return request->onTrailers(frame.payload);
    case protocol::FrameType::Message:
        return request->onMessage(frame.payload, frame.flags);
    case protocol::FrameType::SocketClose:
        return request->onSocketClose(protocol::readU16(frame.payload, 0), frame.payload.substr(2));
    default:
        return request->onData(frame.payload, frame.flags);
    }
}

void LoopSide::fileFound(RequestId id, const std::shared_ptr<const FileEntry> &entry) noexcept
{
    if (AppRequest *request = find(id))
        request->onFile(entry);
}

void LoopSide::credit(RequestId id, uint32_t bytes) noexcept
{
    if (AppRequest *request = find(id))
        request->onCredit(bytes);
}

void LoopSide::refuse(RequestId id, const ToSides::Refusal &refusal) noexcept
{
    if (AppRequest *request = find(id))
        request->onRefused(refusal);
}

void LoopSide::take(ToSide message) noexcept
{
    switch (message.kind) {
    case ToSide::Kind::Answer:
        answer(message.id, {.type = message.type, .flags = message.flags, .payload = message.bytes},
               message.amount);
        break;
    case ToSide::Kind::Credit:
        credit(message.id, message.amount);
        break;
    case ToSide::Kind::Refuse:
        refuse(message.id,
               {.status = message.status,
                .retryAfter = message.retryAfter,
                .forLocalEyes = message.forLocalEyes,
                .text = message.bytes});
        break;
    }
}

void LoopSide::put(ToHome message) noexcept
{
    m_outbox.push_back(std::move(message));
    m_loop.atEndOfTurn(*this);
}

void LoopSide::endOfTurn() noexcept
{
    for (AppRequest *request : m_toFlush)
        request->flush(); // writes to its exchange, which brings nothing new here
    m_toFlush.clear();
    if (m_outbox.empty())
        return;
    m_core.onHome([batch = std::move(m_outbox)](AppHome &home) mutable {
        for (ToHome &message : batch)
            home.take(std::move(message));
    });
    m_outbox.clear();
}

} // namespace arc
