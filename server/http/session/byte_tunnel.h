// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/output_queue.h"

#include <string>
#include <string_view>

namespace arc {

/// Bytes both ways between a client and whoever speaks another protocol than HTTP with it: a
/// connection after its upgrade, or a stream of one that carries many (RFC 8441). Confined to its
/// loop. It reads in its turn and hands over what it read; this is the way back.
class ByteTunnel {
public:
    /// Both behind what was put before; copied. `head` is short. Then wakeTunnel().
    virtual void putIntoTunnel(std::string_view head, std::string_view payload) = 0;
    /// More than Exchange::kBacklogHigh waits to leave, or its share of what a connection may hold.
    /// The tunnel remembers that it was asked, and tells when it has drained.
    virtual bool isTunnelBacklogged() noexcept = 0;
    /// Gives the tunnel a turn, in which it sends and reads.
    virtual void wakeTunnel() noexcept = 0;

protected:
    ~ByteTunnel() = default;
};

/// The same into the queue of a socket that is all the tunnel's.
inline void putIntoQueue(OutputQueue &queue, std::string_view head, std::string_view payload)
{
    queue.addText(head);
    if (payload.size() <= OutputQueue::kCopyMax)
        queue.addText(payload);
    else
        queue.add(Chunk::own(std::string(payload)));
}

} // namespace arc
