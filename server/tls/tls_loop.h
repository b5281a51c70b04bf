// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/metrics/metrics.h"
#include "server/tls/kernel_tls.h"
#include "server/tls/record_sealer.h"
#include "server/tls/ticket_keys.h"
#include "server/tls/tls_contexts.h"

#include <cstddef>
#include <memory>

struct evp_cipher_st;

namespace arc {

/// What the TLS connections of one loop share: the contexts and ticket keys of the moment, and
/// buffers that are in use only inside one call, so that an idle connection holds none. Confined to
/// its loop.
class TlsLoop {
public:
    /// One read of the socket. What it decrypts to, with a record begun before it, fits a read of
    /// the loop's input (64 KiB).
    static constexpr size_t kReadBytes = 46 * 1024;
    /// Records that leave together.
    static constexpr size_t kGatherBytesMax = 64 * 1024;
    static constexpr size_t kRecordBytesMax = 16 * 1024;
    /// Header, padding and tag of a record, at most.
    static constexpr size_t kRecordOverheadMax = 256;
    /// A handshake's flight: chains have a limit of their own.
    static constexpr size_t kGatherSlack = 192 * 1024;

    explicit TlsLoop(LoopMetrics &metrics);
    ~TlsLoop();
    TlsLoop(const TlsLoop &) = delete;

    /// For handshakes that begin from now on.
    void use(std::shared_ptr<const TlsContexts> contexts) noexcept
    {
        m_contexts = std::move(contexts);
    }
    void use(std::shared_ptr<const TicketKeys> keys) noexcept { m_ticketKeys = std::move(keys); }
    /// For connections that are not in the kernel's hands yet. Of none it knows a cipher: we
    /// encrypt all ourselves.
    void use(const KernelTls &kernel) { m_kernel = kernel; }
    /// Whether clients that begin from now on may choose HTTP/2.
    void offerHttp2(bool offers) noexcept { m_offersHttp2 = offers; }
    bool offersHttp2() const noexcept { return m_offersHttp2; }
    const TlsContexts *contexts() const noexcept { return m_contexts.get(); }
    const TicketKeys *ticketKeys() const noexcept { return m_ticketKeys.get(); }
    evp_cipher_st *ticketCipher() const noexcept { return m_ticketCipher; }
    LoopMetrics &metrics() noexcept { return m_metrics; }

    /// Room for kRecordBytesMax of plain text, for whoever puts a record together.
    char *plainBuffer();

private:
    friend class TlsStream;
    friend struct TlsBio;
    void makeBuffers();

    LoopMetrics &m_metrics;
    std::shared_ptr<const TlsContexts> m_contexts;
    std::shared_ptr<const TicketKeys> m_ticketKeys;
    evp_cipher_st *m_ticketCipher = nullptr;
    SealingCiphers m_sealing;
    KernelTls m_kernel;
    bool m_offersHttp2 = false;
    std::unique_ptr<char[]> m_input; // ciphertext read, [m_inputAt, m_inputEnd) not yet used
    size_t m_inputAt = 0;
    size_t m_inputEnd = 0;
    std::unique_ptr<char[]> m_output; // ciphertext made, not yet offered to the socket
    size_t m_outputSize = 0;
    std::unique_ptr<char[]> m_plain;
};

} // namespace arc
