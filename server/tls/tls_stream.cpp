// SPDX-License-Identifier: Apache-2.0
#include "server/tls/tls_stream.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/tls/client_facts.h"
#include "server/tls/openssl_ptr.h"
#include "server/tls/tls_bio.h"
#include "server/tls/tls_loop.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <sys/socket.h>

namespace arc {

namespace {

// A record can be decrypted only when all of it has arrived. After a pause a connection may send
// about 14 KiB before the first acknowledgement, so the first records are small enough for several
// of them to fit; a steady stream then pays for few large ones.
constexpr size_t kFirstRecordBytes = 4 * 1024;
constexpr size_t kFirstBurstBytes = 12 * 1024;
constexpr std::chrono::seconds kQuietAfter {1};

/// As it stands in the configuration.
std::string plainName(std::string_view name)
{
    std::string lower(name);
    for (char &c : lower)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower.ends_with('.'))
        lower.pop_back();
    return lower;
}

} // namespace

TlsStream::TlsStream(TlsLoop &loop, const std::string &listener)
    : m_loop(loop), m_listener(listener)
{
    m_loop.makeBuffers();
    const TlsContexts *contexts = m_loop.contexts();
    const TlsContexts::Choice first =
        contexts ? contexts->choose(m_listener, {}) : TlsContexts::Choice {};
    BIO *bio = first.context ? TlsBio::make(*this) : nullptr;
    m_ssl = bio ? SSL_new(first.context) : nullptr;
    if (!m_ssl) {
        BIO_free(bio);
        ERR_clear_error();
        return;
    }
    SSL_set_app_data(m_ssl, this);
    SSL_set_bio(m_ssl, bio, bio);
    SSL_set_accept_state(m_ssl);
}

TlsStream::~TlsStream()
{
    SSL_free(m_ssl);
}

bool TlsStream::greet(std::string_view name) noexcept
{
    const std::string lower = plainName(name);
    // No name is an address (RFC 6066 3), but some clients send what they connected to.
    m_hasName =
        lower.find_first_not_of("0123456789.") != lower.npos && lower.find(':') == lower.npos;
    const TlsContexts *contexts = m_loop.contexts();
    TlsContexts::Choice choice =
        contexts ? contexts->choose(m_listener, lower) : TlsContexts::Choice {};
    if (!choice.context)
        return false;
    if (choice.context != SSL_get_SSL_CTX(m_ssl)) {
        SSL_set_SSL_CTX(m_ssl, choice.context);
        // Not carried over with the context:
        SSL_set_verify(m_ssl, SSL_CTX_get_verify_mode(choice.context), nullptr);
        SSL_set_verify_depth(m_ssl, SSL_CTX_get_verify_depth(choice.context));
        SSL_clear_options(m_ssl, SSL_OP_NO_TICKET);
        SSL_set_options(m_ssl, SSL_CTX_get_options(choice.context) & SSL_OP_NO_TICKET);
        SSL_set_num_tickets(m_ssl, SSL_CTX_get_num_tickets(choice.context));
    }
    m_endpoint = std::move(choice.endpoint);
    return true;
}

TlsStream::Received TlsStream::receive(int socket, std::span<char> into) noexcept
{
    if ((m_state == State::Ended || m_state == State::Failed) && !m_dropsInput)
        return {.hasEnded = true};
    for (;;) {
        const ssize_t count = ::recv(socket, m_loop.m_input.get(), TlsLoop::kReadBytes, 0);
        if (count < 0 && errno == EINTR)
            return {.mayHoldMore = true};
        if (count < 0 && errno == EAGAIN)
            return {};
        if (count <= 0) {
            if (m_state == State::Handshake && m_hasHeard) // not one that only tried the port
                m_loop.metrics().tlsFailed.add(1);
            return {.hasEnded = true};
        }
        const bool wasFull = static_cast<size_t>(count) == TlsLoop::kReadBytes;
        if (m_dropsInput)
            return {.bytes = static_cast<size_t>(count), .mayHoldMore = wasFull};
        if (isPlainHttp())
            return {.hasEnded = true};
        m_loop.m_inputAt = 0;
        m_loop.m_inputEnd = static_cast<size_t>(count);
        size_t filled = 0;
        advance(into, filled);
        m_loop.m_inputAt = m_loop.m_inputEnd = 0;
        if (m_isInKernel && m_state == State::Open)
            endOnKeyUpdate(filled);
        if (flush(socket) == Flush::Failed)
            m_state = State::Failed;
        const bool ended = m_state == State::Ended || m_state == State::Failed;
        if (filled || ended)
            return {.bytes = filled, .mayHoldMore = wasFull, .hasEnded = ended};
        if (m_state == State::Handshake)
            return {.mayHoldMore = true};
        // Part of a record: an end that came with it makes no edge of its own, so look again.
    }
}

void TlsStream::advance(std::span<char> into, size_t &filled) noexcept
{
    if (m_state == State::Handshake)
        shakeHands();
    while (m_state == State::Open && filled < into.size()) {
        size_t count = 0;
        if (SSL_read_ex(m_ssl, into.data() + filled, into.size() - filled, &count) != 1) {
            // The queue of errors is the thread's. Emptied here and not before each read, which
            // would cost more than the read's own bookkeeping, nothing in it is taken for ours:
            // what the stream waits for, or that it ended, is asked of the stream.
            ERR_clear_error();
            endedWith(SSL_get_error(m_ssl, 0));
            return;
        }
        filled += count;
        if (m_loop.m_inputAt == m_loop.m_inputEnd && !SSL_pending(m_ssl))
            return;
    }
}

/// Looks at the first byte of the connection: a record begins with 22 (RFC 8446 5.1), a method with
/// a letter.
bool TlsStream::isPlainHttp() noexcept
{
    if (std::exchange(m_hasHeard, true))
        return false;
    const char first = m_loop.m_input[0];
    m_heardPlainHttp = first >= 'A' && first <= 'Z';
    if (m_heardPlainHttp) {
        m_state = State::Failed;
        m_loop.metrics().tlsFailed.add(1);
    }
    return m_heardPlainHttp;
}

void TlsStream::shakeHands() noexcept
{
    ERR_clear_error();
    const int done = SSL_do_handshake(m_ssl);
    if (done == 1) {
        m_state = State::Open;
        m_loop.metrics().tlsHandshakes.add(1);
        if (wasResumed())
            m_loop.metrics().tlsResumed.add(1);
        return;
    }
    endedWith(SSL_get_error(m_ssl, done));
    if (m_state == State::Ended || m_state == State::Failed)
        m_loop.metrics().tlsFailed.add(1);
}

void TlsStream::endedWith(int error) noexcept
{
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return;
    m_state = error == SSL_ERROR_ZERO_RETURN ? State::Ended : State::Failed;
    ERR_clear_error(); // the next connection must not find it
}

void TlsStream::beginBurst(std::chrono::steady_clock::time_point now) noexcept
{
    if (now - m_wroteAt > kQuietAfter)
        m_burst = 0;
    m_wroteAt = now;
}

size_t TlsStream::recordBytes() const noexcept
{
    return m_burst < kFirstBurstBytes ? kFirstRecordBytes : TlsLoop::kRecordBytesMax;
}

size_t TlsStream::write(std::string_view bytes) noexcept
{
    if (!isWritable())
        return 0;
    const size_t room = TlsLoop::kGatherBytesMax;
    if (held()
        || m_loop.m_outputSize + TlsLoop::kRecordBytesMax + TlsLoop::kRecordOverheadMax > room)
        return 0;
    size_t written = 0;
    const std::string_view record = bytes.substr(0, TlsLoop::kRecordBytesMax);
    // A key update that the client has asked for goes before what is written next.
    if (m_sealer && SSL_get_key_update_type(m_ssl) == SSL_KEY_UPDATE_NONE) {
        written = sealRecord(record);
    } else if (SSL_write_ex(m_ssl, record.data(), record.size(), &written) != 1) {
        ERR_clear_error();
        written = 0;
    }
    if (!written)
        m_state = State::Failed;
    m_burst += written;
    return written;
}

size_t TlsStream::sealRecord(std::string_view bytes) noexcept
{
    const size_t size = m_sealer->seal(RecordSealer::Type::Data, bytes,
                                       m_loop.m_output.get() + m_loop.m_outputSize);
    m_loop.m_outputSize += size;
    return size ? bytes.size() : 0;
}

TlsStream::Flush TlsStream::flush(int socket) noexcept
{
    if (m_isInKernel)
        return flushToKernel(socket);
    const bool fromHeld = held() != 0;
    const char *from = fromHeld ? m_held.data() + m_heldAt : m_loop.m_output.get();
    const size_t size = fromHeld ? held() : m_loop.m_outputSize;
    if (!size)
        return m_state == State::Failed ? Flush::Failed : Flush::Done;
    ssize_t sent = 0;
    do {
        sent = ::send(socket, from, size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN) {
        m_loop.m_outputSize = 0;
        m_held.clear();
        m_heldAt = 0;
        return Flush::Failed;
    }
    const size_t done = sent > 0 ? static_cast<size_t>(sent) : 0;
    if (fromHeld) {
        m_heldAt += done;
        if (!held()) {
            freeMemory(m_held);
            m_heldAt = 0;
        }
    } else {
        if (done < size)
            m_held.assign(from + done, size - done);
        m_loop.m_outputSize = 0;
    }
    if (done < size)
        return Flush::Blocked;
    return m_state == State::Failed ? Flush::Failed : Flush::Done;
}

void TlsStream::endOutput() noexcept
{
    if (!isWritable())
        return;
    ERR_clear_error();
    SSL_shutdown(m_ssl);
    ERR_clear_error();
}

bool TlsStream::wasResumed() const noexcept
{
    return SSL_session_reused(m_ssl) == 1;
}

std::string TlsStream::name() const
{
    const char *name = SSL_get_servername(m_ssl, TLSEXT_NAMETYPE_host_name);
    return name ? plainName(name) : std::string();
}

std::string_view TlsStream::protocol() const noexcept
{
    const unsigned char *name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(m_ssl, &name, &size);
    return {reinterpret_cast<const char *>(name), size};
}

const ClientFacts &TlsStream::clientFacts() const
{
    if (!m_clientFacts)
        m_clientFacts = std::make_unique<const ClientFacts>(readClientFacts(m_ssl));
    return *m_clientFacts;
}

} // namespace arc
