// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"
#include "server/http/router.h"
#include "server/http/session/outbox.h"
#include "server/http/session/request_body.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace arc {

class Http1Connection;
class SessionLoop;

/// The exchange of an HTTP/1 connection. Confined to its loop; pooled there.
///
/// Handlers' calls only append to the connection's outbox and ask for a turn; the connection calls
/// the listener in its turn. Once ended it ignores every call, so a handler that is late by one
/// turn does no harm.
class Http1Exchange final : public Exchange {
public:
    Http1Exchange();
    ~Http1Exchange();

    // ---- Exchange
    const RequestHead &request() const noexcept override { return m_head; }
    const SocketAddress &peer() const noexcept override;
    const SocketAddress &local() const noexcept override;
    bool isSecure() const noexcept override { return false; }
    ExchangeId id() const noexcept override { return m_id; }
    const Site &site() const noexcept override { return *m_site; }
    const Route &route() const noexcept override { return *m_route; }
    HttpLoop &http() noexcept override;
    EventLoop &loop() noexcept override;
    std::string_view requestId() noexcept override;
    SteadyTime startedAt() const noexcept override { return m_startedAt; }
    void listen(ExchangeListener &listener) noexcept override { m_listener = &listener; }
    void readBody() noexcept override;
    void pauseBody() noexcept override { m_paused = true; }
    void resumeBody() noexcept override;
    void respond(ResponseHead head, Chunk body) noexcept override;
    void respondPrepared(int status, std::string_view lines, Chunk body) noexcept override;
    void begin(ResponseHead head, std::optional<uint64_t> length) noexcept override;
    void write(Chunk chunk) noexcept override;
    void end() noexcept override;
    void abort() noexcept override;
    bool hasBegun() const noexcept override { return m_state != State::Waiting; }
    bool isBacklogged() const noexcept override;
    void noteQueueTime(std::chrono::nanoseconds duration) noexcept override
    {
        m_queueTime = duration;
    }
    std::optional<uint32_t> peerUid() const noexcept override;

    // ---- the connection's side
    void open(Http1Connection &connection, const RequestHead &head, uint32_t generation);
    void routeTo(const Router::Match &match) noexcept;
    /// The bytes of the head are about to go: moves what the head views into own memory.
    void keepHead(std::string_view bytes);
    /// Completes the books: the answer's record goes to the outbox.
    void finish(Outbox &outbox);
    void reset() noexcept; ///< ready for the pool

    RequestBody &body() noexcept { return m_body; }
    bool isEnded() const noexcept { return m_state == State::Ended; }
    bool wasAborted() const noexcept { return m_aborted; }
    bool wantsBody() const noexcept { return m_wantsBody && !m_paused && !m_bodyEndTold; }
    uint64_t bodyBytesMax() const noexcept { return m_bodyBytesMax; } ///< 0: unlimited
    uint64_t ownedBytes() const noexcept;

    void tellBody(std::string_view bytes) noexcept;
    void tellBodyEnd() noexcept;
    void tellDrained(uint64_t pending) noexcept;
    /// Ends without an answer if there is none yet; the listener hears onGone() once.
    void tellGone() noexcept;
    /// The client's fault: answers with the status, or cuts an answer that has begun; the listener
    /// hears onGone().
    void fail(int status, std::string_view reason) noexcept;
    const Router &router() const noexcept { return *m_snapshot->router; }

private:
    enum class State : uint8_t { Waiting, Begun, Ended };
    enum class Framing : uint8_t { None, Length, Chunked, UntilClose };

    void startAnswer(int status, std::string_view lines, std::optional<uint64_t> length);
    void put(Chunk chunk);
    void ended() noexcept;
    void logInto(Outbox &outbox, AnswerRecord &record);
    bool keepsConnection(bool wholeAnswer) noexcept;

    Http1Connection *m_connection = nullptr;
    SessionLoop *m_home = nullptr;
    RequestHead m_head;
    RequestBody m_body;
    PinnedSnapshot m_snapshot;
    InFlight m_inFlight;
    const Site *m_site;
    const Route *m_route;
    ExchangeListener *m_listener = nullptr;
    ExchangeId m_id;
    SteadyTime m_startedAt {};
    std::optional<std::chrono::nanoseconds> m_queueTime;
    std::optional<uint64_t> m_answerFrom; ///< of the queue's total
    uint64_t m_left = 0;                  ///< of an announced length
    uint64_t m_bodyBytesMax = 0;
    int m_status = 0;
    State m_state = State::Waiting;
    Framing m_framing = Framing::None;
    bool m_isRouted = false;
    bool m_wantsBody = false;
    bool m_paused = false;
    bool m_bodyEndTold = false;
    bool m_continueDue = false; ///< the client waits for 100
    bool m_wasBacklogged = false;
    bool m_aborted = false;
    bool m_hasRequestId = false;
    std::array<char, 32> m_requestId {};
    mutable std::optional<SocketAddress> m_peer;  ///< when asked for
    mutable std::optional<SocketAddress> m_local; ///< when asked for
    std::string m_ownText;                        ///< of keepHead()
    std::vector<HeaderView> m_ownHeaders;
};

} // namespace arc
