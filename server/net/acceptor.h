// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"
#include "server/loop/timer_wheel.h"
#include "server/net/socket_address.h"

namespace arc {

/// Accepts on one listening socket of one loop, in bounded turns. Confined to its loop. Descriptor exhaustion
/// (EMFILE, ENFILE) pauses it for 100 ms, so that the loop never spins.
class Acceptor {
public:
    /// Takes the connection; false: no more now, call resume() when there is room.
    using Callback = bool (*)(void *context, FileDescriptor socket, const SocketAddress &peer) noexcept;

    Acceptor(EventLoop &loop, FileDescriptor socket, Callback callback, void *context);
    ~Acceptor();

    void pause() noexcept;
    void resume() noexcept;

private:
    static void ready(void *context, Readiness) noexcept;
    void acceptSome() noexcept;

    EventLoop &m_loop;
    FileDescriptor m_socket;
    const Callback m_callback;
    void *const m_context;
    bool m_paused = false;
    IoEvent m_event;
    Timer m_retry;
};

} // namespace arc
