// SPDX-License-Identifier: Apache-2.0
#include "server/tls/tls_loop.h"

#include "server/tls/openssl_ptr.h"

namespace arc {

TlsLoop::TlsLoop(LoopMetrics &metrics)
    : m_metrics(metrics), m_ticketCipher(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr))
{
}

TlsLoop::~TlsLoop()
{
    EVP_CIPHER_free(m_ticketCipher);
}

void TlsLoop::makeBuffers()
{
    if (m_input)
        return;
    m_input = std::make_unique_for_overwrite<char[]>(kReadBytes);
    m_output = std::make_unique_for_overwrite<char[]>(kGatherBytesMax + kGatherSlack);
    m_plain = std::make_unique_for_overwrite<char[]>(kRecordBytesMax);
}

char *TlsLoop::plainBuffer()
{
    makeBuffers();
    return m_plain.get();
}

} // namespace arc
