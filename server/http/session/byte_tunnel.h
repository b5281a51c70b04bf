// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/output_queue.h"

namespace arc {

/// Bytes both ways between a client and whoever speaks another protocol than HTTP with it: a
/// connection after its upgrade, or a stream of one that carries many (RFC 8441). Confined to its
/// loop. It reads in its turn and hands over what it read; this is the way back.
class ByteTunnel {
public:
    /// What waits to leave, in order. Append to it, then wake().
    virtual OutputQueue &tunnelOutput() = 0;
    virtual uint64_t tunnelPending() const noexcept = 0; ///< bytes that wait to leave
    /// Gives the tunnel a turn, in which it sends and reads.
    virtual void wakeTunnel() noexcept = 0;

protected:
    ~ByteTunnel() = default;
};

} // namespace arc
