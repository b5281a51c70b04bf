// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/connection.h"
#include "server/http/session/http1_exchange.h"
#include "server/http/session/web_socket_session.h"

#include <memory>
#include <string>

namespace arc {

/// An HTTP/1 connection that has become a WebSocket: the tunnel of its session. Confined to its
/// loop, owned by the loop's table. Idle it holds no buffer.
///
/// It keeps the exchange whose request asked for it, so that the books are closed at the end: one
/// line of the access log with the time it lived.
class WebSocketConnection final : public Connection, private ByteTunnel {
public:
    /// How long a client may still be sending after the last byte for it, as after a last answer.
    static constexpr std::chrono::milliseconds kLingerTime {3000};

    WebSocketConnection(SessionLoop &home, uint32_t slot, Origin origin,
                        std::unique_ptr<Http1Exchange> exchange);
    ~WebSocketConnection() override;

    bool isIdle() const noexcept override { return false; } ///< never closed to make room
    bool expectsNothing() const noexcept override { return false; }
    Exchange *exchange(uint32_t) noexcept override { return nullptr; } ///< answered long ago
    void drainBegan() noexcept override;

private:
    enum class Go { On, Stop };

    void turn() noexcept override;
    void readDeadlinePassed() noexcept override;
    void closing() noexcept override;
    void flushed() noexcept override;
    Go step() noexcept;
    Go lingerOn() noexcept;
    void settle() noexcept;
    void keepInput();
    void endTunnel() noexcept;
    SteadyTime readDue() const noexcept;

    void putIntoTunnel(std::string_view head, std::string_view payload) override
    {
        putIntoQueue(outbox().queue, head, payload);
    }
    bool isTunnelBacklogged() noexcept override
    {
        return m_outbox && m_outbox->queue.pending() > Exchange::kBacklogHigh;
    }
    void wakeTunnel() noexcept override { askForTurn(); }
    WebSocketSession &socket() noexcept { return *m_exchange->socket(); }
    const WebSocketSession &socket() const noexcept { return *m_exchange->socket(); }

    std::unique_ptr<Http1Exchange> m_exchange;
    std::string m_partial; ///< bytes read but not used when the last turn ended
    bool m_lingers = false;
    bool m_leaves = false;  ///< the server stops
    SteadyTime m_endDue {}; ///< of lingering, or of a client that left while nobody listened
};

} // namespace arc
