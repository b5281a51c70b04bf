// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace arc {

/// An answer as a client reads it.
struct PeerAnswer {
    int status = 0; ///< 0: the connection ended before a head was complete
    std::string head;
    std::map<std::string, std::string> headers; ///< lower-case names
    std::string body;
    bool complete = false; ///< the body ended as its framing says
};

/// A client in a test: a blocking socket that sends exactly the bytes it is told to, in the pieces
/// it is told to. Every wait ends at a deadline; a read that runs into it gives what came so far.
class ScriptedPeer {
public:
    explicit ScriptedPeer(uint16_t port, int receiveBuffer = 0);

    bool isConnected() const noexcept { return static_cast<bool>(m_socket); }
    void send(std::string_view bytes);
    /// Each piece is a packet of its own.
    void sendPieces(std::string_view bytes, size_t pieceBytes);
    void shutdownWrite();
    void close() { m_socket.reset(); }
    void closeWithReset();

    /// Reads one answer by its framing. isHead: there is no body, whatever the head says.
    PeerAnswer readAnswer(bool isHead = false);
    std::string readBytes(size_t count);
    /// Everything until the server closes.
    std::string readToEnd();
    /// True when the server closes (or resets) without sending anything more.
    bool sawEnd();
    bool wasReset() const noexcept { return m_reset; }
    bool hasInput(std::chrono::milliseconds wait);

    static constexpr std::chrono::milliseconds kDeadline {10000};

private:
    bool fill();
    std::string takeUntil(std::string_view mark);
    void readChunks(PeerAnswer &answer);

    FileDescriptor m_socket;
    std::string m_input;
    bool m_ended = false;
    bool m_reset = false;
};

} // namespace arc
