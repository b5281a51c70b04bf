// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/connection_table.h"
#include "server/http/session/outbox.h"
#include "server/http/session/peer_address.h"
#include "server/http/session/transport.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"
#include "server/loop/timer_wheel.h"
#include "server/tls/tls_stream.h"

#include <memory>
#include <string>

namespace arc {

class Exchange;
class SessionLoop;
struct ConnectionRules;

/// What every client connection has, whatever it speaks: its transport, its place in the loop's
/// table, the bytes that wait to leave, two deadlines, and its part of the buffer budget. Confined
/// to its loop, owned by the loop's table.
///
/// A protocol derives from it and does all its work in turn(). Calls of handlers into an exchange
/// only note what is to be done and ask for a turn: nothing here is entered twice.
class Connection {
public:
    using CloseHow = Transport::CloseHow;
    /// Read or waiting to leave, before other connections get their turn.
    static constexpr uint64_t kTurnBytesMax = 256 * 1024;

    /// What passes from one protocol to the next on the same socket.
    struct Origin {
        Transport transport;
        PeerAddress peer;
        const std::string *listener; ///< outlives the connection
        bool isTrusted = false;      ///< http.trusted_proxies names the peer
        bool isCounted = false;      ///< among the connections of its address
        std::shared_ptr<const ConnectionRules> rules;
        std::string input {};    ///< read already, not yet used
        bool readable = false;   ///< the socket may hold bytes
        bool peerClosed = false; ///< it said that it sends no more
        /// Where the client connected to, when a proxy said so; null: to this socket's own address.
        std::unique_ptr<const SocketAddress> local {};
        std::unique_ptr<Outbox> outbox {}; ///< what still waits to leave; null: nothing
    };
    /// Takes everything but `origin.input`, which is for the protocol.
    Connection(SessionLoop &home, uint32_t slot, Origin &&origin);
    virtual ~Connection();
    Connection(const Connection &) = delete;

    /// Watches the socket from now on.
    void start() noexcept;
    /// One turn. Called by the loop for those who asked for it.
    void run() noexcept;
    void askForTurn() noexcept;
    /// Lets a client that is gone, or must go, go. Its exchanges hear onGone().
    void close(CloseHow how) noexcept;
    bool isClosed() const noexcept { return !m_transport.isOpen(); }

    /// Nothing of a request has arrived and nothing of an answer is left: it may be closed.
    virtual bool isIdle() const noexcept = 0;
    /// Idle, and a request is not on its way as far as can be told: none is in the socket, and the
    /// first one was answered.
    virtual bool expectsNothing() const noexcept = 0;
    /// The loop serves no longer: what has nothing to do goes, the rest as it ends.
    virtual void drainBegan() noexcept
    {
        if (expectsNothing())
            close(CloseHow::Plainly);
    }
    /// The loop drains for so long that who has just been accepted has had time to ask.
    virtual void newcomerTimePassed() noexcept
    {
        if (isIdle())
            close(CloseHow::Plainly);
    }
    /// Its listener or its certificate is not what new clients find: asks the client to come back
    /// over another connection, where the protocol has words for it. Answers go on.
    virtual void comeBack() noexcept { }
    /// The same, where what its client's certificate proved is void from now on. A WebSocket that
    /// was opened on its word is closed: no later request would find out.
    void authoritiesChanged() noexcept
    {
        m_transport.tls()->noteOldAuthorities();
        askForTurn();
        comeBack();
    }
    /// That was so before its protocol began, while it shook hands.
    bool hasOldAuthorities() const noexcept
    {
        return m_transport.tls() && m_transport.tls()->hasOldAuthorities();
    }
    /// The running exchange with this generation, or null.
    virtual Exchange *exchange(uint32_t generation) noexcept = 0;

    uint32_t slot() const noexcept { return m_slot; }
    const Transport &transport() const noexcept { return m_transport; }
    /// Of the client, as far as the connection itself can tell: what a PROXY header said, or
    /// else of the socket's other end.
    SocketAddress peer() const noexcept { return m_peer.full(); }
    std::string_view peerHost(IpText &room) const { return m_peer.host(room); }
    /// Where the client connected to. Kept once somebody asked: handlers that do ask with every
    /// request.
    const SocketAddress &local() noexcept;
    /// Whether what its requests say about their client is believed, by the rules it began with.
    bool isTrusted() const noexcept { return m_isTrusted; }
    const ConnectionRules &rules() const noexcept { return *m_rules; }
    const std::string &listener() const noexcept { return *m_listener; }
    SessionLoop &home() noexcept { return m_home; }
    IdleLink &idleLink() noexcept { return m_idleLink; }
    Outbox &outbox();

    /// In which lists of the loop it stands; kept by SessionLoop.
    struct Waits {
        bool forTurn = false;
        bool forBudget = false;
    } waits;

protected:
    /// Reads, works, and has everything sent that is there to be sent.
    virtual void turn() noexcept = 0;
    /// The read deadline has passed.
    virtual void readDeadlinePassed() noexcept = 0;
    /// Ends the exchanges; their records go to the outbox, which is closed next.
    virtual void closing() noexcept = 0;
    /// A file has become shorter than what is promised of it to this stream. True: the bytes that
    /// wait are others now, and the rest can be sent; false: the connection is closed.
    virtual bool fileEnded(uint32_t stream) noexcept
    {
        (void)stream;
        return false;
    }
    /// After every flush that did not close the connection.
    virtual void flushed() noexcept { }

    /// Reads behind what the loop's input holds, when there can be anything.
    enum class Input { Bytes, Nothing, Again, Ended };
    Input receive() noexcept;
    void flush() noexcept;
    bool hasOutput() const noexcept
    {
        return (m_outbox && m_outbox->queue.pending()) || m_transport.heldOutput();
    }
    /// Whether the client of a running exchange has left, when nothing else would read the socket.
    bool peerLeft() noexcept;
    /// To the loop's pool, when nothing waits in it. Its totals begin anew with the next one.
    void returnOutbox() noexcept;
    /// Watches for input alone again when no output is left.
    void settleWatch() noexcept;
    /// The write deadline follows the output; `readDue` zero: none.
    void setDeadlines(SteadyTime readDue) noexcept;
    /// Charges what is held to the budget: `own` bytes beside those of the outbox and transport.
    void account(int64_t own) noexcept;
    /// Everything the next protocol needs. This connection is closed afterwards, without a word.
    Origin release(std::string_view unusedInput) noexcept;

    // Members stand in an order that leaves few holes: ten thousand of them may be idle.
    bool m_readable = false;   ///< the socket may hold bytes
    bool m_wasShort = false;   ///< the last read was, so a reset may hide behind it
    bool m_peerClosed = false; ///< it said that it sends no more
    bool m_writeBlocked = false;
    bool m_asked = false;    ///< for another turn, in a turn
    bool m_moreToDo = false; ///< a turn ended at a limit
    bool m_sentInTurn = false;

private:
    bool m_watchesOutput = false;
    bool m_inTurn = false;
    bool m_eventSeen = false; ///< since peerLeft() looked
    bool m_isTrusted;
    bool m_isCounted;

protected:
    const uint32_t m_slot;
    uint32_t m_turnBytes = 0; ///< read in this turn
    SessionLoop &m_home;
    Transport m_transport;
    SteadyTime m_readDue {}; ///< zero: none
    std::unique_ptr<Outbox> m_outbox;
    std::shared_ptr<const ConnectionRules> m_rules;

private:
    static void ready(void *context, Readiness readiness) noexcept;
    static void timerDue(void *context) noexcept;
    void deadlinePassed() noexcept;
    void armTimer() noexcept;

    int64_t m_charged = 0; ///< to the budget
    const std::string *m_listener;
    SteadyTime m_writeDue {}; ///< zero: none
    IdleLink m_idleLink;
    const PeerAddress m_peer;
    std::unique_ptr<const SocketAddress> m_local; ///< null: the socket's own, not asked for yet
    IoEvent m_event;
    Timer m_timer;
};

} // namespace arc
