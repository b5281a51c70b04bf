// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/client_facts.h"

struct ssl_st;

namespace arc {

/// Certificates beside the client's own are left out where all of them would take more.
inline constexpr size_t kClientChainBytesMax = 32 * 1024;

/// Of a connection whose handshake is over. For TlsStream.
ClientFacts readClientFacts(ssl_st *ssl);

} // namespace arc
