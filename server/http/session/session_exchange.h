// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"
#include "server/http/router.h"
#include "server/http/session/outbox.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace arc {

class Connection;
struct ConnectionRules;
class TlsStream;
class SessionLoop;

/// What every exchange has, whatever its connection speaks: who asks, who answers, the listener,
/// and the books. A protocol adds how an answer becomes bytes. Confined to its loop; pooled there.
///
/// Once ended it ignores every call, so a handler that is late by one turn does no harm.
class SessionExchange : public Exchange {
public:
    SessionExchange(const SessionExchange &) = delete;

    // ---- Exchange
    const RequestHead &request() const noexcept override { return m_head; }
    const SocketAddress &peer() const noexcept override;
    const SocketAddress &local() const noexcept override;
    bool isSecure() const noexcept override { return m_isSecure; }
    ExchangeId id() const noexcept override { return m_id; }
    const Site &site() const noexcept override { return *m_site; }
    const Route &route() const noexcept override { return *m_route; }
    HttpLoop &http() noexcept override;
    EventLoop &loop() noexcept override;
    std::string_view requestId() noexcept override;
    SteadyTime startedAt() const noexcept override { return m_startedAt; }
    void listen(ExchangeListener &listener) noexcept override { m_listener = &listener; }
    void pauseBody() noexcept override { m_paused = true; }
    bool hasBegun() const noexcept override { return m_state != State::Waiting; }
    void abort() noexcept override;
    void noteQueueTime(std::chrono::nanoseconds duration) noexcept override
    {
        m_queueTime = duration;
    }
    const ClientFacts *clientFacts() const noexcept override;
    std::optional<uint32_t> peerUid() const noexcept override;

    // ---- the connection's side
    void routeTo(const Router::Match &match) noexcept;
    /// What is refused before it has a route is still asked of a site, or of none (null).
    void nameSite(const Site *site) noexcept
    {
        if (site)
            m_site = site;
    }
    /// Null over plain HTTP, as from a proxy that has ended the client's TLS: see isSecure().
    const TlsStream *tls() const noexcept { return m_tls; }
    /// It was let in, or an app was told of its client, by a certificate for which nobody vouches
    /// any more as things stand.
    bool restsOnOldAuthorities() const noexcept;
    /// A trusted proxy wrote about its client in a way that can be read as anything.
    bool hasBadForwarded() const noexcept { return m_badForwarded; }
    /// The host is the one that a trusted proxy was asked for.
    bool isHostForwarded() const noexcept { return !m_forwardedHost.empty(); }
    const Router &router() const noexcept { return *m_snapshot->router; }
    /// The request id, where an answer with these lines is to say it; else empty.
    std::string_view shownId(std::string_view lines) noexcept;
    /// The bytes of the head are about to go: moves what the head views into own memory.
    void keepHead(std::string_view bytes);
    /// Completes the books: the answer's record goes to the outbox.
    void finish(Outbox &outbox);
    /// Another connection object carries it from now on.
    void moveTo(Connection &connection) noexcept { m_connection = &connection; }

    bool isEnded() const noexcept { return m_state == State::Ended; }
    bool wasAborted() const noexcept { return m_aborted; }
    /// Its handler is done, but what it gave cannot be sent.
    void noteCut() noexcept { m_aborted = true; }
    bool wantsBody() const noexcept { return m_wantsBody && !m_paused && !m_bodyEndTold; }
    uint64_t bodyBytesMax() const noexcept { return m_bodyBytesMax; } ///< 0: unlimited

    void tellBody(std::string_view bytes) noexcept;
    void tellBodyEnd() noexcept;
    void tellDrained(uint64_t pending) noexcept;
    /// Ends without an answer if there is none yet; the listener hears onGone() once.
    void tellGone() noexcept;
    /// The client's fault: answers with the status, or cuts an answer that has begun; the listener
    /// hears onGone().
    void fail(int status, std::string_view reason) noexcept;

protected:
    enum class State : uint8_t { Waiting, Begun, Ended };

    SessionExchange();
    ~SessionExchange();
    void open(Connection &connection, const RequestHead &head);
    void reset() noexcept; ///< ready for the pool
    uint64_t ownedByHead() const noexcept;
    /// The handler is done with it: a late call finds nothing to do. The connection goes on in its
    /// turn.
    void ended() noexcept;
    /// The books of what went on as something else: `bytes` went to the client.
    void finishAsTunnel(Outbox &outbox, uint64_t bytes, uint16_t closeCode);

    SessionLoop *m_home = nullptr;
    RequestHead m_head;
    ExchangeListener *m_listener = nullptr;
    std::optional<uint64_t> m_answerFrom;  ///< of the queue's total, where answers lie in one piece
    std::optional<uint64_t> m_answerBytes; ///< where they do not
    std::string_view m_refusal;            ///< why nobody was asked; constant text
    int m_status = 0;
    State m_state = State::Waiting;
    bool m_wantsBody = false;
    bool m_paused = false;
    bool m_continueDue = false; ///< the client waits for 100
    bool m_wasBacklogged = false;
    bool m_clientLeft = false; ///< it did not want the whole answer

private:
    void readForwardedBy(const ConnectionRules &rules);
    void takeHost(std::string_view authority);
    void logInto(Outbox &outbox, AnswerRecord &record, uint16_t closeCode = 0);
    void close(Outbox &outbox, AnswerRecord record, uint16_t closeCode);

    Connection *m_connection = nullptr;
    const TlsStream *m_tls = nullptr;
    PinnedSnapshot m_snapshot;
    InFlight m_inFlight;
    const Site *m_site;
    const Route *m_route;
    ExchangeId m_id;
    SteadyTime m_startedAt {};
    std::optional<std::chrono::nanoseconds> m_queueTime;
    uint64_t m_bodyBytesMax = 0;
    bool m_isRouted = false;
    bool m_bodyEndTold = false;
    bool m_aborted = false;
    bool m_hasRequestId = false;
    bool m_isSecure = false;
    bool m_isForwarded = false; ///< a trusted proxy wrote something about its client
    bool m_badForwarded = false;
    std::array<char, 32> m_requestId {};
    mutable std::optional<SocketAddress> m_peer; ///< when asked for
    std::string m_ownText;                       ///< of keepHead()
    std::vector<HeaderView> m_ownHeaders;
    std::string m_forwardedHost; ///< lower case; of a trusted proxy
    std::vector<HeaderView> m_forwardedHeaders;
};

} // namespace arc
