// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace arc {

// Listening sockets on their way from one engine to the one that takes its place: over a Unix
// socket (SOCK_SEQPACKET), up to 64 in a message with their name as its text; one without ends it.
// Both sides want the other to be the same user, or root (SO_PEERCRED).

struct NamedSocket {
    std::string name; ///< id of a listener; at most 255 bytes
    FileDescriptor socket;
};

/// Gives twins of the sockets to who listens at `path`. Never blocks: a receiver that does not take
/// them at once is an error (Unavailable), as is another user's (Forbidden). Any thread.
Result<void> passSockets(const std::string &path,
                         const std::vector<std::pair<std::string, std::vector<int>>> &sockets);

/// The other end. Any thread, one at a time.
class SocketReceiver {
public:
    /// Listens at `path`, in place of a file that is left over there. Only this user may connect.
    static Result<SocketReceiver> listen(std::string path);
    ~SocketReceiver(); ///< removes the file
    SocketReceiver(SocketReceiver &&other) noexcept
        : m_path(std::exchange(other.m_path, {})), m_socket(std::move(other.m_socket))
    {
    }
    SocketReceiver &operator=(SocketReceiver &&) = delete;

    const std::string &path() const noexcept { return m_path; }
    /// All that one sender passes; blocks for at most `patience` between two messages.
    Result<std::vector<NamedSocket>> receive(std::chrono::milliseconds patience);

private:
    explicit SocketReceiver(std::string path) : m_path(std::move(path)) { }

    std::string m_path; // empty once moved from
    FileDescriptor m_socket;
};

} // namespace arc
