// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arc {

/// What the handler of a WebSocket hears. Called on the exchange's loop, never from inside a call
/// that the handler makes into the socket.
class WebSocketListener {
public:
    /// Bytes of messages it can take now. 0: none, not even an empty message; the client then waits
    /// until WebSocket::resume().
    virtual size_t room() const noexcept = 0;
    /// A piece of a message, at most room() bytes, valid during the call. A text is checked to be
    /// UTF-8 piece by piece; a piece may end within a character, a message does not.
    virtual void onMessage(std::string_view piece, bool isText, bool isLast) noexcept = 0;
    /// The backlog fell below a quarter of Exchange::kBacklogHigh after it had been above it.
    virtual void onDrained() noexcept = 0;
    /// Nothing more comes from the client, and it takes nothing more. 1005: it closed without a
    /// code; 1006: it is gone. Last call.
    virtual void onClosed(uint16_t code, std::string_view reason) noexcept = 0;

protected:
    ~WebSocketListener() = default;
};

/// A client's WebSocket after the handshake, for its handler. Confined to its loop. Lives until
/// close() or WebSocketListener::onClosed().
class WebSocket {
public:
    /// The next piece of a message. `isText` as at its first piece; texts are UTF-8, which is not
    /// checked here. Beyond the backlog the handler should wait for onDrained().
    virtual void send(std::string_view piece, bool isText, bool isLast) noexcept = 0;
    /// Says goodbye; the handler hears nothing more. `code`: one that may stand in a Close frame,
    /// or 1005 for none. The reason is cut to 123 bytes.
    virtual void close(uint16_t code, std::string_view reason) noexcept = 0;
    /// WebSocketListener::room() has grown.
    virtual void resume() noexcept = 0;
    virtual bool isBacklogged() const noexcept = 0;

protected:
    ~WebSocket() = default;
};

} // namespace arc
