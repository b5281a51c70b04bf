// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"
#include "server/net/socket_address.h"

#include <vector>

namespace arc {

/// The listening sockets of one address, one for each loop, non-blocking and close-on-exec.
struct BoundListener {
    SocketAddress address; ///< with the port the kernel picked
    std::vector<FileDescriptor> sockets;
};

/// Binds `count` sockets to one address. The first is bound without SO_REUSEPORT, so a foreign
/// holder gives AddressInUse; the option is set before listen() and the siblings join. AddressInUse
/// names the holder where it can be known: "127.0.0.1:8080 is in use by nginx (pid 412)". A Unix
/// socket is one descriptor, duplicated; a stale file is replaced; removing the file at the end is
/// up to the caller. Quick unless the address is taken, when it looks through /proc; not for loops.
Result<BoundListener> bindListener(const SocketAddress &address, size_t count, int unixMode = 0600);

/// Who listens on a TCP port, from /proc: "nginx (pid 412)", "a program of another user", or empty
/// when unknown. Reads many small files: some milliseconds.
std::string portHolder(uint16_t port);

} // namespace arc
