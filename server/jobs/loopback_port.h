// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"

#include <cstdint>
#include <set>

namespace arc {

/// A port of 127.0.0.1 that nobody listens on now: `wanted` where it is free, else another one that
/// is not among `taken`. 0: there is none. It is not held: whoever gets it has to be quick, and may
/// fail.
uint16_t freeLoopbackPort(uint16_t wanted, const std::set<uint16_t> &taken);

/// Finds out whether a port of 127.0.0.1 accepts, without waiting: asked every now and then.
class PortProbe {
public:
    /// True once a connection was made; it is closed then.
    bool accepts(uint16_t port);

private:
    FileDescriptor m_socket; ///< of a try that is not decided yet
};

} // namespace arc
