// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/http/session/output_queue.h"
#include "server/tls/tls_stream.h"

#include <chrono>
#include <cstddef>
#include <memory>

namespace arc {

class TurnInput;

/// What lies between a protocol and its socket: nothing, or TLS. Confined to its loop.
///
/// Plain text goes straight to the system calls: one test of a pointer stands on that way.
class Transport {
public:
    explicit Transport(FileDescriptor socket, std::unique_ptr<TlsStream> tls = {}) noexcept
        : m_socket(std::move(socket)), m_tls(std::move(tls))
    {
    }
    Transport(Transport &&) noexcept = default;
    /// From now on; nothing of the handshake may have been read from the socket.
    void speakTls(std::unique_ptr<TlsStream> tls) noexcept { m_tls = std::move(tls); }

    /// What one look at the socket gave. Bytes come before the end.
    struct Received {
        size_t bytes = 0;
        bool mayHoldMore = false; ///< the socket was not seen empty
        bool hasEnded = false;    ///< the client sends nothing more, or is gone
    };
    /// One read, behind what `input` holds. Of TLS it does the handshake first.
    Received receive(TurnInput &input) noexcept;
    /// Sends until everything is gone, the socket is full, or the turn's limit is reached. `now` is
    /// the loop's.
    OutputQueue::Flush flush(OutputQueue &queue, std::chrono::steady_clock::time_point now) noexcept
    {
        if (!m_tls) [[likely]]
            return queue.flush(m_socket.get());
        m_tls->beginBurst(now);
        return queue.flush(*m_tls, m_socket.get());
    }
    /// Bytes that the queue has handed over but the socket has not taken. Of TLS in the kernel it
    /// is not known how many: 1, if any.
    size_t heldOutput() const noexcept { return m_tls ? m_tls->held() : 0; }

    /// The client takes bytes that left earlier, though the socket has room for no more.
    bool clientTakes() noexcept { return m_tls && m_tls->clientTakes(m_socket.get()); }

    /// Looks without taking anything.
    enum class Peek { Bytes, Nothing, Interrupted, Gone };
    Peek peek() const noexcept;

    /// Says that nothing more will be sent; what is received from now on is only counted, so that
    /// no reset overtakes what was sent.
    void endOutput() noexcept;
    enum class CloseHow { Plainly, WithReset };
    void close(CloseHow how) noexcept;

    bool isOpen() const noexcept { return static_cast<bool>(m_socket); }
    int socket() const noexcept { return m_socket.get(); }
    /// Null for plain text.
    const TlsStream *tls() const noexcept { return m_tls.get(); }
    TlsStream *tls() noexcept { return m_tls.get(); }

private:
    FileDescriptor m_socket;
    std::unique_ptr<TlsStream> m_tls;
};

} // namespace arc
