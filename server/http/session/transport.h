// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/http/session/output_queue.h"

#include <cstddef>

namespace arc {

class TurnInput;

/// What lies between a protocol and its socket. Confined to its loop.
///
/// Plain text goes straight to the system calls: no virtual call stands on that way.
class Transport {
public:
    explicit Transport(FileDescriptor socket) noexcept : m_socket(std::move(socket)) { }
    Transport(Transport &&) noexcept = default;

    /// What one look at the socket gave. At most one of the three is told with zero bytes.
    struct Received {
        size_t bytes = 0;
        bool mayHoldMore = false; ///< the socket was not seen empty
        bool hasEnded = false;    ///< the client sends nothing more, or is gone
    };
    /// One read, behind what `input` holds.
    Received receive(TurnInput &input) noexcept;
    /// Sends until everything is gone, the socket is full, or the turn's limit is reached.
    OutputQueue::Flush flush(OutputQueue &queue) noexcept { return queue.flush(m_socket.get()); }
    /// Bytes that the queue has handed over but the socket has not taken.
    size_t heldOutput() const noexcept { return 0; }

    /// Looks without taking anything.
    enum class Peek { Bytes, Nothing, Interrupted, Gone };
    Peek peek() const noexcept;

    /// Says that nothing more will be sent; reading goes on, so that no reset overtakes what was.
    void endOutput() noexcept;
    enum class CloseHow { Plainly, WithReset };
    void close(CloseHow how) noexcept;

    bool isOpen() const noexcept { return static_cast<bool>(m_socket); }
    bool isSecure() const noexcept { return false; }
    int socket() const noexcept { return m_socket.get(); }

private:
    FileDescriptor m_socket;
};

} // namespace arc
