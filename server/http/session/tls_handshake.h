// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/connection.h"

namespace arc {

/// A connection of a TLS listener until its handshake is done; then the protocol that the client
/// chose takes its place. Confined to its loop, owned by the loop's table.
class TlsHandshake final : public Connection {
public:
    TlsHandshake(SessionLoop &home, uint32_t slot, Origin origin);
    ~TlsHandshake() override;

    bool isIdle() const noexcept override { return true; } ///< nobody waits for an answer yet
    bool expectsNothing() const noexcept override { return false; } ///< its first request comes
    Exchange *exchange(uint32_t) noexcept override { return nullptr; }

private:
    void turn() noexcept override;
    void readDeadlinePassed() noexcept override;
    void closing() noexcept override { }
    void answerPlainly() noexcept;
    void proceed() noexcept;
};

} // namespace arc
