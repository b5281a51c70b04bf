// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/client_facts.h"
#include "server/tls/record_sealer.h"
#include "server/tls/tls_config.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;
struct bio_st;

namespace arc {

class TlsLoop;

/// One TLS connection over a socket that somebody else owns. Confined to its loop.
///
/// Ciphertext is read into the loop's buffer and used up at once; records are gathered there and
/// leave in one write. Only what the socket does not take is held here.
class TlsStream {
public:
    TlsStream(TlsLoop &loop, const std::string &listener); ///< `listener` outlives the stream
    ~TlsStream();
    TlsStream(const TlsStream &) = delete;

    /// False: nothing is served on this listener, or there is no memory.
    bool isValid() const noexcept { return m_ssl != nullptr; }

    struct Received {
        size_t bytes = 0;         ///< of plain text
        bool mayHoldMore = false; ///< the socket was not seen empty
        bool hasEnded = false;    ///< close_notify, end of file, or not TLS; `bytes` come first
    };
    /// One read of the socket. `into` has room for 64 KiB. Does the handshake first.
    Received receive(int socket, std::span<char> into) noexcept;

    /// Encrypts up to one record of `bytes` and tells how many were taken; 0: flush first. Only
    /// after the handshake.
    size_t write(std::string_view bytes) noexcept;
    /// Before the first write of a turn; `now` is the loop's.
    void beginBurst(std::chrono::steady_clock::time_point now) noexcept;
    /// How many bytes the next record should carry.
    size_t recordBytes() const noexcept;

    /// The kernel can make the records of this stream, and it is not asked in vain.
    bool mayMoveToKernel() const noexcept;
    /// Has the kernel make the records from the next one on, for good: everybody writes plain text
    /// to the socket then, and tells of it by kernelTook(). Nothing may be gathered or held. False:
    /// all is as it was, and need not be tried again.
    ///
    /// The kernel keeps the key it was given. A client that asks for another one later gets
    /// close_notify, for it must get nothing else under the old one (RFC 8446 4.6.3), and kernels
    /// before 6.14 take no second one. That concerns nobody in practice: it is asked for after
    /// hundreds of gigabytes. As what is asked is heard only when it is read, nobody should read
    /// from a stream with bytes to send.
    bool moveToKernel(int socket) noexcept;
    bool isInKernel() const noexcept { return m_isInKernel; }
    /// `bytes` were written to the socket, behind which nothing waits if that was `all`. Until
    /// nothing is held, the socket must not be closed: see mayHoldKernelTlsRecord().
    void kernelTook(uint64_t bytes, bool all, int socket) noexcept;
    /// Of a stream in the kernel: whether the client has taken bytes since this was asked before,
    /// or since the last were written. The socket does not become writable for each of them.
    bool clientTakes(int socket) noexcept;

    enum class Flush { Done, Blocked, Failed };
    /// One write of everything gathered.
    Flush flush(int socket) noexcept;
    /// What the socket did not take. How much the kernel holds is known to nobody.
    size_t held() const noexcept { return m_held.size() - m_heldAt + (m_kernelHolds ? 1 : 0); }
    /// close_notify, if the handshake came to an end; for the next flush.
    void endOutput() noexcept;
    /// What is received from now on is dropped; its length is still told.
    void dropInput() noexcept { m_dropsInput = true; }
    bool dropsInput() const noexcept { return m_dropsInput; }

    bool isHandshaking() const noexcept { return m_state == State::Handshake; }
    /// The first byte was none of TLS but the letter of a method: somebody took the port for one of
    /// plain HTTP. The stream has ended then, and nothing was sent.
    bool heardPlainHttp() const noexcept { return m_heardPlainHttp; }
    bool isWritable() const noexcept { return m_state == State::Open || m_state == State::Ended; }
    bool wasResumed() const noexcept;
    /// In OpenSSL's place: see RecordSealer.
    bool makesRecords() const noexcept { return m_sealer != nullptr; }
    std::string_view protocol() const noexcept; ///< by ALPN; empty: the client named none
    /// What the client was greeted with; null before it said hello.
    const TlsEndpoint *endpoint() const noexcept { return m_endpoint.get(); }
    /// The client named a host (SNI), no address.
    bool hasName() const noexcept { return m_hasName; }
    std::string name() const; ///< what it named, in small letters; empty: nothing
    /// Today's authorities are others than those that vouched for the client: what it showed then
    /// says nothing any more.
    void noteOldAuthorities() noexcept { m_hasOldAuthorities = true; }
    bool hasOldAuthorities() const noexcept { return m_hasOldAuthorities; }
    /// Of the client, after the handshake. Read at the first call, and kept.
    const ClientFacts &clientFacts() const;

    TlsLoop &loop() noexcept { return m_loop; }
    /// For the callbacks: chooses by the name of a client hello.
    bool greet(std::string_view name) noexcept;

private:
    friend struct TlsBio;
    static constexpr int kUnknown = -1;
    enum class State : unsigned char { Handshake, Open, Ended, Failed };

    void advance(std::span<char> into, size_t &filled) noexcept;
    void shakeHands() noexcept;
    size_t sealRecord(std::string_view bytes) noexcept;
    Flush flushToKernel(int socket) noexcept;
    void endOnKeyUpdate(size_t &filled) noexcept;
    bool isPlainHttp() noexcept;
    void endedWith(int error) noexcept;

    TlsLoop &m_loop;
    const std::string &m_listener;
    ssl_st *m_ssl = nullptr;
    State m_state = State::Handshake;
    bool m_hasName = false;
    bool m_hasHeard = false; ///< a byte has come
    bool m_hasOldAuthorities = false;
    bool m_heardPlainHttp = false;
    bool m_dropsInput = false;
    bool m_isInKernel = false;
    bool m_isKernelAsked = false;    ///< in vain, if it is not there
    bool m_kernelHolds = false;      ///< perhaps
    int m_unacknowledged = kUnknown; ///< bytes in TCP, when clientTakes() looked
    size_t m_burst = 0;              ///< bytes written since the connection was quiet
    std::chrono::steady_clock::time_point m_wroteAt {};
    std::shared_ptr<const TlsEndpoint> m_endpoint;
    mutable std::unique_ptr<const ClientFacts> m_clientFacts; ///< when asked for
    std::unique_ptr<RecordSealer> m_sealer; ///< null: OpenSSL makes the records itself
    RecordSealer::Type m_sealedType {};     ///< of the next that OpenSSL gives it
    std::string m_held;                     ///< in the kernel: an alert, as plain text
    size_t m_heldAt = 0;
};

} // namespace arc
