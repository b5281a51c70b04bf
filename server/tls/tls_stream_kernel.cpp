// SPDX-License-Identifier: Apache-2.0
// TlsStream: the kernel makes the records.
#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/tls/openssl_ptr.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"

#include <cerrno>
#include <utility>

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace arc {

bool TlsStream::mayMoveToKernel() const noexcept
{
    // After a key update OpenSSL may make the records itself: then nobody else knows the key.
    return m_sealer && !m_isKernelAsked && m_loop.m_kernel.knows(m_sealer->cipher())
        && SSL_get_key_update_type(m_ssl) == SSL_KEY_UPDATE_NONE;
}

bool TlsStream::moveToKernel(int socket) noexcept
{
    ARC_ASSERT(!held() && !m_loop.m_outputSize && mayMoveToKernel());
    m_isKernelAsked = true;
    m_isInKernel = beginKernelTls(socket, m_sealer->kernelKey());
    if (m_isInKernel) {
        m_sealer.reset(); // with the key
        m_loop.metrics().kernelTlsConnections.add(1);
    }
    return m_isInKernel;
}

void TlsStream::kernelTook(uint64_t bytes, bool all, int socket) noexcept
{
    m_loop.metrics().kernelTlsBytes.add(static_cast<int64_t>(bytes));
    if (bytes)
        m_unacknowledged = kUnknown;
    if (all)
        m_kernelHolds = mayHoldKernelTlsRecord(socket);
}

bool TlsStream::clientTakes(int socket) noexcept
{
    int left = 0;
    if (!m_isInKernel || ::ioctl(socket, SIOCOUTQ, &left) != 0)
        return false;
    const int before = std::exchange(m_unacknowledged, left);
    return before == kUnknown || left < before;
}

TlsStream::Flush TlsStream::flushToKernel(int socket) noexcept
{
    if (!m_held.empty()) {
        const auto type = static_cast<uint8_t>(RecordSealer::Type::Alert);
        const ssize_t sent = sendKernelTlsRecord(socket, type, m_held);
        if (sent < 0 && errno == EAGAIN)
            return Flush::Blocked;
        freeMemory(m_held);
        if (sent < 0)
            return Flush::Failed;
        m_kernelHolds = true;
    }
    m_kernelHolds = m_kernelHolds && mayHoldKernelTlsRecord(socket);
    if (m_kernelHolds)
        return Flush::Blocked;
    return m_state == State::Failed ? Flush::Failed : Flush::Done;
}

/// The client has asked for another key, which the kernel cannot be given.
void TlsStream::endOnKeyUpdate(size_t &filled) noexcept
{
    if (SSL_get_key_update_type(m_ssl) == SSL_KEY_UPDATE_NONE)
        return;
    filled = 0; // it could not be answered
    endOutput();
    m_state = State::Failed;
}

} // namespace arc
