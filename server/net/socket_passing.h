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
// Who has them all answers with one byte. Both sides want the other to be the same user, or root
// (SO_PEERCRED).

struct NamedSocket {
    std::string name; ///< id of a listener; at most 255 bytes
    FileDescriptor socket;
};

/// So long the sender waits for that byte.
inline constexpr std::chrono::milliseconds kSocketsTakenTime {2000};

/// Gives twins of the sockets to who listens at `path`, and blocks until it has them all, for at
/// most kSocketsTakenTime. An error is that nobody may count on them having arrived: a receiver
/// that does not take them at once, leaves, or does not say in time that it has them; or that is
/// another user's (Forbidden). Any thread.
Result<void> passSockets(const std::string &path,
                         const std::vector<std::pair<std::string, std::vector<int>>> &sockets);

/// The other end. Any thread, one at a time.
class SocketReceiver {
public:
    /// Listens at `path`, in place of a file that is left over there. Only this user may connect.
    static Result<SocketReceiver> listen(std::string path);
    ~SocketReceiver(); ///< removes the file
    SocketReceiver(SocketReceiver &&other) noexcept
        : m_path(std::exchange(other.m_path, {})), m_socket(std::move(other.m_socket)),
          m_sender(std::move(other.m_sender))
    {
    }
    SocketReceiver &operator=(SocketReceiver &&) = delete;

    const std::string &path() const noexcept { return m_path; }
    /// All that one sender passes; blocks for at most `patience` between two messages. An error
    /// is the sender's to hear, too: its connection ends.
    Result<std::vector<NamedSocket>> receive(std::chrono::milliseconds patience);
    /// Tells the sender that receive() got everything, so that it may end. Whether it has waited
    /// long enough to hear so is for it to say elsewhere.
    void acknowledge() noexcept;
    /// Any thread, at any time: nobody will come, so receive() gives up.
    void cancel() noexcept;

private:
    explicit SocketReceiver(std::string path) : m_path(std::move(path)) { }

    std::string m_path; // empty once moved from
    FileDescriptor m_socket;
    FileDescriptor m_sender; // open from receive() to acknowledge()
};

} // namespace arc
