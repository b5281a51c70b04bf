// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/tls_handshake.h"

#include "server/http/session/http1_connection.h"
#include "server/http/session/http2_connection.h"
#include "server/http/session/session_loop.h"

#include <string_view>

#include <sys/socket.h>

namespace arc {

namespace {

/// A handshake takes two or three; some records that OpenSSL drops can be sent without end.
constexpr int kReadsPerTurn = 16;

} // namespace

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
    for (int reads = 0; !isClosed() && m_transport.tls()->isHandshaking(); ++reads) {
        if (reads == kReadsPerTurn) {
            m_moreToDo = true;
            break;
        }
        const Input got = receive();
        if (got == Input::Ended) {
            if (m_transport.tls()->heardPlainHttp())
                answerPlainly();
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

/// What a person who typed http:// sees instead of an empty page.
void TlsHandshake::answerPlainly() noexcept
{
    static constexpr std::string_view kAnswer =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 68\r\nConnection: close\r\n\r\n"
        "This port speaks HTTPS: write https:// at the front of the address.\n";
    static_assert(kAnswer.size() - kAnswer.find("\r\n\r\n") - 4 == 68);
    // The first bytes of a connection: they fit the socket's buffer, or the client is gone.
    [[maybe_unused]] const ssize_t sent =
        ::send(m_transport.socket(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
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
