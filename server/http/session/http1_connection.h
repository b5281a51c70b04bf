// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/connection_table.h"
#include "server/http/session/http1_exchange.h"
#include "server/http/session/outbox.h"
#include "server/http/session/peer_address.h"
#include "server/http/session/session_loop.h"
#include "server/loop/io_event.h"
#include "server/loop/timer_wheel.h"

#include <memory>
#include <string>

namespace arc {

/// One client connection that speaks HTTP/1. Confined to its loop, owned by the loop's table.
///
/// All work happens in a turn (run()): send what waits, read, answer every complete request that is
/// there, send once more. A turn ends at limits.pipeline requests or 256 KiB, and the rest comes in
/// the next one, after others had theirs. Calls of handlers into the exchange only note what is to
/// be done and ask for a turn: nothing here is entered twice. Idle it holds no buffer. It never
/// reads ahead of an exchange that is not finished: bytes stay in the kernel.
class Http1Connection {
public:
    static constexpr uint64_t kTurnBytesMax = 256 * 1024;
    /// How long, and how many bytes, a connection is read and dropped after its last answer, so
    /// that a client that is still sending sees the answer and not a reset.
    static constexpr std::chrono::milliseconds kLingerTime {3000};
    static constexpr uint64_t kLingerBytesMax = 4 * 1024 * 1024;

    struct Origin {
        FileDescriptor socket;
        SocketAddress peer;
        const std::string *listener; ///< outlives the connection
        std::shared_ptr<const ConnectionRules> rules;
    };
    Http1Connection(SessionLoop &home, uint32_t slot, Origin origin);
    ~Http1Connection();
    Http1Connection(const Http1Connection &) = delete;

    void start() noexcept;
    /// One turn. Called by the loop for those who asked for it.
    void run() noexcept;
    /// Lets a client that is gone, or must go, go. The exchange hears onGone().
    enum class CloseHow { Plainly, WithReset };
    void close(CloseHow how) noexcept;
    bool isClosed() const noexcept { return !m_socket; }
    bool isIdle() const noexcept;
    /// Idle, and a request is not on its way as far as can be told: none is in the socket, and the
    /// first one was answered.
    bool expectsNothing() const noexcept;

    uint32_t slot() const noexcept { return m_slot; }
    int socket() const noexcept { return m_socket.get(); }
    SocketAddress peer() const noexcept { return m_peer.full(); }
    const std::string &listener() const noexcept { return *m_listener; }
    SessionLoop &home() noexcept { return m_home; }
    IdleLink &idleLink() noexcept { return m_idleLink; }
    Http1Exchange *exchange() noexcept { return m_exchange.get(); }

    // ---- what its exchange uses
    Outbox &outbox();
    /// False when this answer must be the last one.
    bool mayContinue(const RequestHead &head) const noexcept;
    void closeAfterAnswer() noexcept { m_lastAnswer = true; }
    bool continues() const noexcept { return !m_lastAnswer; }
    void askForTurn() noexcept;

    /// In which lists of the loop it stands; kept by SessionLoop.
    struct Waits {
        bool forTurn = false;
        bool forBudget = false;
    } waits;

private:
    /// What the connection waits to read, and so which deadline runs.
    enum class Phase : uint8_t { Idle, Head, Answer, Body, Skip, Linger };
    enum class Go { On, Stop };

    static void ready(void *context, Readiness readiness) noexcept;
    static void timerDue(void *context) noexcept;

    // http1_connection.cpp: the turn, in and out
    Go step() noexcept;
    Go readMore() noexcept;
    Go lingerOn() noexcept;
    void peerEnded() noexcept;
    bool peerLeft() noexcept;
    void flush() noexcept;
    void account() noexcept;

    // http1_requests.cpp: heads in, exchanges begun and ended
    Go nextRequest() noexcept;
    void beginExchange(const RequestHead &head, std::string_view bytes) noexcept;
    Go advanceExchange() noexcept;
    Go deliverBody() noexcept;
    Go skipBody() noexcept;
    void endExchange() noexcept;
    void refuse(int status, std::string_view reason) noexcept;
    void bodyRefused(int status, std::string_view reason) noexcept;

    // http1_waiting.cpp: between turns
    void settle() noexcept;
    void keepInput();
    void afterLastAnswer() noexcept;
    Phase phaseNow() const noexcept;
    void setDeadlines() noexcept;
    void deadlinePassed() noexcept;
    void readDeadlinePassed() noexcept;

    SessionLoop &m_home;
    FileDescriptor m_socket;
    const uint32_t m_slot;
    Phase m_phase = Phase::Idle;
    bool m_readable = false;   ///< the socket may hold bytes
    bool m_wasShort = false;   ///< the last read was, so a reset may hide behind it
    bool m_peerClosed = false; ///< it said that it sends no more
    bool m_writeBlocked = false;
    bool m_watchesOutput = false;
    bool m_lastAnswer = false;  ///< close when everything is sent
    bool m_unreadInput = false; ///< the client may still be sending: linger
    bool m_inTurn = false;
    bool m_asked = false;     ///< by the exchange, in a turn
    bool m_moreToDo = false;  ///< a turn ended at a limit
    bool m_eventSeen = false; ///< since peerLeft() looked
    bool m_sentInTurn = false;
    int64_t m_requests = 0;
    uint64_t m_lingered = 0; ///< bytes dropped so far
    uint64_t m_toSkip = 0;   ///< body bytes of an answered request, dropped before the next one
    uint64_t m_turnBytes = 0;
    int64_t m_turnRequests = 0;
    int64_t m_charged = 0; ///< to the budget
    HeadProgress m_progress;
    std::string m_partial; ///< bytes read but not used when the last turn ended
    std::unique_ptr<Http1Exchange> m_exchange;
    std::unique_ptr<Outbox> m_outbox;
    std::shared_ptr<const ConnectionRules> m_rules;
    const std::string *m_listener;
    SteadyTime m_readDue {};  ///< zero: none
    SteadyTime m_writeDue {}; ///< zero: none
    IdleLink m_idleLink;
    const PeerAddress m_peer;
    IoEvent m_event;
    Timer m_timer;
};

} // namespace arc
