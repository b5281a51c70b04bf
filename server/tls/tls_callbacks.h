// SPDX-License-Identifier: Apache-2.0
#pragma once

struct ssl_ctx_st;

namespace arc {

/// What OpenSSL asks during a handshake: which certificate for which name, which protocol, and the
/// keys of tickets. Each finds its TlsStream, and through it the loop's present configuration.
void installTlsCallbacks(ssl_ctx_st *context) noexcept;

} // namespace arc
