// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/http_loop.h"
#include "server/http/session/access_log.h"
#include "server/http/session/body_pace.h"
#include "server/http/session/buffer_budget.h"
#include "server/http/session/connection.h"
#include "server/http/session/connection_table.h"
#include "server/http/session/http2_shared.h"
#include "server/http/session/outbox.h"
#include "server/http/session/spare_pool.h"
#include "server/http/session/turn_input.h"
#include "server/http/session/web_socket_session.h"
#include "server/http/syntax/date.h"
#include "server/http/syntax/forwarded.h"
#include "server/http/syntax/head_parser.h"
#include "server/loop/timer_wheel.h"
#include "server/net/acceptor.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace arc {

class Http1Exchange;
class ProxyHandshake;

/// Of HTTP/2 connections.
struct Http2Rules {
    bool isOn = true;
    int64_t streams = 0;
    int64_t windowBytes = 0; ///< of a stream
    int64_t connectionWindowBytes = 0;
    int64_t frameBytes = 0;
    size_t tableBytes = 0;
    int64_t glitches = 0;
    int64_t resets = 0;
    int64_t resetsPerSecond = 0;
};

/// The settings a connection keeps from its first moment to its last (Applies::OnNewConnections).
struct ConnectionRules {
    HeadLimits head;
    std::chrono::milliseconds handshakeTimeout {};
    std::chrono::milliseconds headTimeout {};
    std::chrono::milliseconds idleTimeout {};
    BodyPace::Rules body;
    std::chrono::milliseconds writeTimeout {};
    IpNetworks trustedProxies;
    ForwardedFields forwardedFields = ForwardedFields::None;
    int64_t requestsMax = 0; ///< 0: unlimited
    Http2Rules http2;

    explicit ConnectionRules(const Settings &settings);
};

/// What parsing one head needs besides its bytes. One for the loop: heads are parsed one after the
/// other.
struct HeadScratch {
    std::array<HeaderView, kHeaderCountMax> headers;
    std::string text;
    RequestHead head;
    HeadProgress progress; ///< of the connection whose turn it is
};

/// The inside of HttpLoop: what the connections of one loop share, and who of them runs when.
/// Confined to its loop.
class SessionLoop final : public TurnHook {
public:
    /// Longest time between two looks whether buffers.total_mib has room again.
    static constexpr std::chrono::milliseconds kBudgetRetry {50};
    /// A draining loop waits this long for the first request of a connection it had accepted.
    static constexpr std::chrono::milliseconds kNewcomerTime {250};

    SessionLoop(HttpLoop &front, EventLoop &loop, const HttpShared &shared,
                std::shared_ptr<const HttpSnapshot> snapshot, LogRing *accessLog);
    ~SessionLoop() override;

    void setSiblings(std::vector<HttpLoop *> siblings);
    int64_t load() const noexcept; ///< any thread
    void publish(std::shared_ptr<const HttpSnapshot> snapshot);
    void listen(std::string id, FileDescriptor socket, ListenerKind kind);
    void useTicketKeys(std::shared_ptr<const TicketKeys> keys) { m_tls.use(std::move(keys)); }
    void retune(std::string_view id, ListenerKind kind);
    void unlisten(std::string_view id);
    void drain(std::chrono::milliseconds deadline, std::function<void()> done);

    // ---- what connections use
    HttpLoop &front() noexcept { return m_front; }
    EventLoop &loop() noexcept { return m_loop; }
    LoopMetrics &metrics() noexcept { return m_loop.metrics(); }
    ConnectionTable &table() noexcept { return m_table; }
    TurnInput &input() noexcept { return m_input; }
    HeadScratch &scratch() noexcept { return m_scratch; }
    AccessLog &log() noexcept { return m_log; }
    LoopBudget &budget() noexcept { return m_budget; }
    SparePool<Outbox> &outboxes() noexcept { return m_outboxes; }
    SparePool<Http1Exchange> &exchanges() noexcept { return m_exchanges; }
    Http2Shared &http2() noexcept { return m_http2; }
    WebSocketTools &webSocketTools() noexcept { return m_webSocketTools; }
    const HttpSnapshot &snapshot() const noexcept { return *m_current->snapshot; }
    PinnedSnapshot pin() noexcept { return PinnedSnapshot(*m_current); }
    std::string_view dateLine() noexcept { return m_date.at(m_loop.unixMs()); }
    bool isDraining() const noexcept { return m_draining.load(std::memory_order_relaxed); }
    uint64_t random() noexcept { return m_random(); }
    /// The site's cells of this loop; null for a site that counts nothing.
    SiteMetrics *metricsOf(const Site *site) const noexcept;

    /// Runs at the end of this turn of the loop; of the next one when that is being done already.
    void runLater(Connection &connection);
    /// Runs again when the buffer budget may have room.
    void waitForBudget(Connection &connection);
    void forget(Connection &connection) noexcept; ///< closed: destroyed at the end of the turn
    /// Goes on with another protocol on the same socket: `old` has released it, and is destroyed at
    /// the end of the turn. The new one has its first turn in the next one.
    void replace(Connection &old, std::unique_ptr<Connection> next) noexcept;
    /// Goes on with what comes behind a PROXY header; `origin` is what `old` has released, with the
    /// addresses that the header named.
    void proceedBehindProxy(ProxyHandshake &old, Connection::Origin origin, bool isTls) noexcept;
    /// The books of a connection that is refused before anybody could ask anything.
    void noteProxyRefused(const SocketAddress &peer, std::string_view reason) noexcept;
    /// A connection that was counted is gone.
    void uncount(const PeerAddress &peer) noexcept;
    void becameIdle() noexcept;
    void charge(int64_t bytes) noexcept;

private:
    struct Listening {
        std::unique_ptr<Acceptor> acceptor;
        SessionLoop *loop;
        const std::string *name; ///< in m_names
        ListenerKind kind;
    };
    using Waiting = std::vector<Connection *>;

    static bool accepted(void *context, FileDescriptor socket, const SocketAddress &peer) noexcept;
    static void budgetDue(void *context) noexcept;
    static void newcomersDue(void *context) noexcept;
    static void drainDue(void *context) noexcept;
    bool accept(const Listening &from, FileDescriptor socket, const SocketAddress &peer) noexcept;

    // session_accept.cpp: where a new connection goes, and whether it may
    HttpLoop *lessLoaded() noexcept;
    bool handTo(HttpLoop &other, const Listening &from, FileDescriptor &socket,
                const SocketAddress &peer) noexcept;
    void arrive(std::string listener, ListenerKind kind, FileDescriptor socket,
                const PeerAddress &peer) noexcept;
    Connection *take(const std::string *listener, ListenerKind kind, FileDescriptor socket,
                     const SocketAddress &peer) noexcept;
    struct Admission {
        bool isTrusted = false;
        bool isCounted = false; ///< uncount() must follow
        bool isAdmitted = true;
    };
    Admission admit(const SocketAddress &peer) noexcept;
    bool trusts(const SocketAddress &peer) const noexcept;
    void uncountIf(Connection::Origin &origin) noexcept;
    bool addTls(Connection::Origin &origin) noexcept;
    std::unique_ptr<Connection> firstProtocol(uint32_t slot, Connection::Origin origin);

    void makeRoom() noexcept;
    size_t share() const noexcept;
    void endOfTurn() noexcept override;
    void askBack(std::string_view listener) noexcept;
    void askBackFromOldCertificates() noexcept;
    void leaveLists(Connection &connection) noexcept;
    void resumeAccepting() noexcept;
    void retireUnused() noexcept;
    void drainedMaybe() noexcept;

    HttpLoop &m_front;
    EventLoop &m_loop;
    const HttpShared m_shared;
    AccessLog m_log;
    LoopBudget m_budget;
    TurnInput m_input;
    HeadScratch m_scratch;
    TlsLoop m_tls;
    DateLine m_date;
    std::mt19937_64 m_random;
    std::vector<std::unique_ptr<SnapshotPin>> m_pins; ///< the current one and those still in use
    SnapshotPin *m_current = nullptr;
    std::shared_ptr<const ConnectionRules> m_rules;
    std::set<std::string, std::less<>> m_names; ///< of listeners; kept, connections refer to them
    std::vector<std::unique_ptr<Listening>> m_listening;
    std::vector<HttpLoop *> m_siblings;  ///< without this loop's own
    std::atomic<int64_t> m_arriving {0}; ///< handed over by siblings, still in the mail; any thread
    SparePool<Outbox> m_outboxes;
    WebSocketTools m_webSocketTools; ///< outlives the exchanges, which may keep sockets
    SparePool<Http1Exchange> m_exchanges;
    Http2Shared m_http2;
    ConnectionTable m_table;
    Waiting m_forTurn;
    Waiting m_forBudget;
    Waiting m_running;
    std::vector<std::unique_ptr<Connection>> m_closed;
    Timer m_budgetTimer;
    Timer m_newcomerTimer;
    Timer m_drainTimer;
    std::function<void()> m_drained;
    std::atomic<bool> m_draining {false}; ///< siblings ask, too: see handTo()
    bool m_acceptPaused = false;
};

} // namespace arc
