// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/tls_handshake.h"

#include "server/http/session/http1_connection.h"
#include "server/http/session/http2_connection.h"
#include "server/http/session/session_loop.h"

namespace arc {

TlsHandshake::TlsHandshake(SessionLoop &home, uint32_t slot, Origin origin)
    : Connection(home, slot, std::move(origin))
{
    setDeadlines(m_home.loop().now() + m_rules->handshakeTimeout);
}

TlsHandshake::~TlsHandshake() = default;

void TlsHandshake::turn() noexcept
{
    m_home.input().clear();
    flush();
    while (!isClosed() && m_transport.tls()->isHandshaking()) {
        const Input got = receive();
        if (got == Input::Ended) {
            close(CloseHow::Plainly);
            return;
        }
        if (got == Input::Nothing)
            break;
    }
    if (isClosed())
        return;
    if (m_transport.tls()->isHandshaking()) {
        flush();
        setDeadlines(m_readDue); // absolute: dripping bytes do not move it
        account(0);
        return;
    }
    proceed();
}

void TlsHandshake::proceed() noexcept
{
    const std::string_view unused = m_home.input().bytes();
    const bool isHttp2 = m_transport.tls()->protocol() == "h2";
    std::unique_ptr<Connection> next;
    if (isHttp2)
        next = std::make_unique<Http2Connection>(m_home, slot(), release(unused));
    else
        next = std::make_unique<Http1Connection>(m_home, slot(), release(unused));
    m_home.input().clear();
    m_home.replace(*this, std::move(next));
}

void TlsHandshake::readDeadlinePassed() noexcept
{
    m_home.metrics().tlsFailed.add(1);
    close(CloseHow::Plainly);
}

} // namespace arc
