// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/config/settings.h"
#include "server/http/message.h"
#include "server/http/syntax/error_page.h"
#include "server/http/web_socket.h"
#include "server/http/websocket/handshake.h"
#include "server/loop/event_loop.h"
#include "server/net/socket_address.h"

#include <memory>
#include <optional>
#include <string>

namespace arc {

class Exchange;
class HttpLoop;
struct ClientFacts;
struct Route;
struct Site;

/// Names an exchange from another loop, safely after it is gone: the generation then no longer
/// fits.
struct ExchangeId {
    uint32_t loop = 0;
    uint32_t slot = 0;
    uint32_t generation = 0;
    bool operator==(const ExchangeId &) const = default;
};

/// A piece of an answer's body: memory somebody keeps, or part of a file.
struct Chunk {
    std::string_view bytes;
    std::shared_ptr<const void> keep; ///< owner of bytes; null: bytes live as long as the program
    std::shared_ptr<const FileDescriptor> file; ///< instead of bytes
    uint64_t offset = 0;
    uint64_t length = 0; ///< of the file part
    bool counted =
        false; ///< made for this answer alone: counts against buffers.total_mib while it waits

    static Chunk own(std::string text);
    static Chunk constant(std::string_view text) { return {.bytes = text}; }
    static Chunk borrow(std::string_view text, std::shared_ptr<const void> owner)
    {
        return {.bytes = text, .keep = std::move(owner)};
    }
    static Chunk fromFile(std::shared_ptr<const FileDescriptor> fd, uint64_t from, uint64_t size)
    {
        return {.file = std::move(fd), .offset = from, .length = size};
    }
    uint64_t size() const noexcept { return file ? length : bytes.size(); }
};

/// What a handler that does not answer at once hears from its exchange. Called on the exchange's
/// loop, never from inside a call the handler makes into the exchange.
class ExchangeListener {
public:
    virtual void onBody(std::string_view bytes) noexcept = 0; ///< valid during the call
    virtual void onBodyEnd() noexcept = 0;
    /// The answer's backlog fell below a quarter of Exchange::kBacklogHigh after it had been above
    /// it.
    virtual void onDrained() noexcept = 0;
    /// The client left, broke the protocol, was too slow or sent too much. Last call; the exchange
    /// is gone afterwards.
    virtual void onGone() noexcept = 0;

protected:
    ~ExchangeListener() = default;
};

/// One request and its answer. Confined to its loop. Lives until end(), respond(), abort() or
/// onGone().
///
/// A handler answers inside Handler::handle() or attaches a listener and answers later. For HEAD,
/// 204 and 304 the owner drops body bytes; handlers need not care.
class Exchange {
public:
    /// write() beyond this makes isBacklogged() true; the handler should stop and wait for
    /// onDrained().
    static constexpr uint64_t kBacklogHigh = 256 * 1024;

    /// Valid for the life of the exchange, but views taken inside handle() are not valid after it
    /// returns: the owner then moves the head to its own memory. Call request() again.
    virtual const RequestHead &request() const noexcept = 0;
    virtual const SocketAddress &peer() const noexcept = 0;
    virtual const SocketAddress &local() const noexcept = 0;
    virtual bool isSecure() const noexcept = 0;
    virtual ExchangeId id() const noexcept = 0;
    virtual const Site &site() const noexcept = 0;
    virtual const Route &route() const noexcept = 0;
    virtual HttpLoop &http() noexcept = 0;
    virtual EventLoop &loop() noexcept = 0;
    /// Of a trusted proxy; else 32 hex digits: a valid traceparent's, or made at the first call.
    virtual std::string_view requestId() noexcept = 0;
    /// When the head was complete.
    virtual SteadyTime startedAt() const noexcept = 0;

    virtual void listen(ExchangeListener &listener) noexcept = 0;
    /// Body bytes flow to the listener from now on (after "100 Continue" where the client waits for
    /// it). Without this call they stay in the kernel.
    virtual void readBody() noexcept = 0;
    virtual void pauseBody() noexcept = 0;
    virtual void resumeBody() noexcept = 0;

    /// A whole answer: Content-Length is added.
    virtual void respond(ResponseHead head, Chunk body) noexcept = 0;
    /// The same with header lines made earlier, as HeaderBlock::lines() gives them: nothing is
    /// allocated for them. `lines` need only live during the call.
    virtual void respondPrepared(int status, std::string_view lines, Chunk body) noexcept;
    /// Begins an answer in pieces; without a length it is chunked (HTTP/1.1) or ended by closing
    /// (HTTP/1.0).
    virtual void begin(ResponseHead head, std::optional<uint64_t> length) noexcept = 0;
    virtual void write(Chunk chunk) noexcept = 0;
    /// A short or long body against the announced length closes the connection.
    virtual void end() noexcept = 0;
    /// The same with fields behind the body (RFC 9110 6.5), where the client said that it takes
    /// them and the framing has a place for them: not behind a Content-Length of HTTP/1.
    virtual void endWith(const HeaderBlock &) noexcept { end(); }
    /// Tells the client, before there is an answer, what it will need for it: 103 with these lines
    /// (RFC 8297). Dropped for HTTP/1.0, which knows no such answer, and after begin().
    virtual void sendEarlyHints(const HeaderBlock &) noexcept { }
    /// The answer cannot be completed: after begin() the connection is cut so that the client
    /// notices; before it 502 is sent.
    virtual void abort() noexcept = 0;
    virtual bool hasBegun() const noexcept = 0;
    virtual bool isBacklogged() const noexcept = 0;

    /// What the request says about going on as a WebSocket.
    virtual WebSocketAsk webSocketAsk() const noexcept { return {}; }
    /// Answers 101 to a sound ask, with these header lines added (Sec-WebSocket-Protocol among
    /// them, when one was chosen). The exchange is over for its handler, and its listener hears
    /// nothing more. Null: it was not a sound ask, or is answered already.
    virtual WebSocket *acceptWebSocket(const HeaderBlock &, WebSocketListener &) noexcept
    {
        return nullptr;
    }

    /// How long the request waited for a worker: for the access log.
    virtual void noteQueueTime(std::chrono::nanoseconds) noexcept { }
    /// What is known of the client where its site asks for certificates, over a connection that was
    /// greeted so; else null. As long as the connection.
    virtual const ClientFacts *clientFacts() const noexcept { return nullptr; }
    /// User id of the process at the other end of a Unix socket; nothing for TCP.
    virtual std::optional<uint32_t> peerUid() const noexcept { return std::nullopt; }

    /// The standard answer for a status: the site's own page or ours, in the form the client asks
    /// for, with the request id.
    void respondStatus(int status, std::string_view explanation = {}, int retryAfterSeconds = 0);
    /// The same with header lines, a Content-Type is added to them.
    void respondPage(ResponseHead head, std::string_view explanation = {});
    ErrorPage errorPage(int status, std::string_view explanation = {});

protected:
    ~Exchange() = default;
};

/// What answers. Immutable after construction and shared by all loops: handle() is called by any of
/// them.
class Handler {
public:
    virtual ~Handler();
    virtual void handle(Exchange &exchange) const noexcept = 0;
};

} // namespace arc
