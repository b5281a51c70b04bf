// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/connection.h"
#include "server/net/proxy_header.h"

namespace arc {

/// A connection of a listener behind a proxy until its PROXY header is complete; then TLS, or the
/// first protocol, takes its place with the addresses it named. The header is only looked at while
/// it is incomplete, so nothing of it is kept, and not one byte behind it is taken. Confined to its
/// loop, owned by the loop's table.
///
/// A header that is malformed, or not there http.head_timeout_s after the connection was made,
/// closes the connection with a line in the access log: the protocol has no answer.
class ProxyHandshake final : public Connection {
public:
    ProxyHandshake(SessionLoop &home, uint32_t slot, Origin origin, bool isTls);
    ~ProxyHandshake() override;

    bool isIdle() const noexcept override { return true; } ///< nobody waits for an answer yet
    bool expectsNothing() const noexcept override { return false; } ///< its first request comes
    Exchange *exchange(uint32_t) noexcept override { return nullptr; }

private:
    void turn() noexcept override;
    void readDeadlinePassed() noexcept override;
    void closing() noexcept override { }
    void refuse(std::string_view reason) noexcept;
    void proceed(const ProxyHeader &header) noexcept;

    const bool m_isTls;
};

} // namespace arc
