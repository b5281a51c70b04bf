// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"
#include "server/loop/timer_wheel.h"
#include "server/net/socket_address.h"

namespace arc {

/// Accepts on one listening socket of one loop, in bounded turns. Confined to its loop. When
/// descriptors or memory run out (EMFILE, ENFILE, ENOBUFS) it pauses for 100 ms, so that the loop
/// never spins. Accepted TCP sockets have TCP_NODELAY; all are non-blocking and close-on-exec.
class Acceptor {
public:
    /// Takes the connection; false: no more now, call resume() when there is room. Must not destroy
    /// the acceptor.
    using Callback = bool (*)(void *context, FileDescriptor socket,
                              const SocketAddress &peer) noexcept;

    Acceptor(EventLoop &loop, FileDescriptor socket, Callback callback, void *context);
    Acceptor(const Acceptor &) = delete;

    void pause() noexcept;
    void resume() noexcept;
    bool isPaused() const noexcept { return m_paused; }
    int socket() const noexcept { return m_socket.get(); }

private:
    /// Goes on in the next turn: the edge that announced the backlog is gone.
    class NextTurn final : public TurnHook {
    public:
        explicit NextTurn(Acceptor &owner) : m_owner(owner) { }
        void endOfTurn() noexcept override { m_owner.acceptSome(); }

    private:
        Acceptor &m_owner;
    };

    static void ready(void *context, Readiness) noexcept;
    static void retry(void *context) noexcept;
    void acceptSome() noexcept;
    bool acceptOne() noexcept;

    EventLoop &m_loop;
    FileDescriptor m_socket;
    const Callback m_callback;
    void *const m_context;
    bool m_paused = false;
    NextTurn m_nextTurn {*this};
    IoEvent m_event;
    Timer m_retry;
};

} // namespace arc
