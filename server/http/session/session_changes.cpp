// SPDX-License-Identifier: Apache-2.0
// SessionLoop: the configuration changes under live connections.
#include "server/http/session/connection.h"
#include "server/http/session/session_loop.h"

#include <algorithm>

namespace arc {

ConnectionRules::ConnectionRules(const Settings &settings)
    : handshakeTimeout(settings.tlsHandshakeTimeout), headTimeout(settings.headTimeout),
      idleTimeout(settings.idleTimeout), body {settings.bodyRate, settings.bodyTimeout},
      writeTimeout(settings.writeTimeout),
      trustedProxies(IpNetworks::parse(settings.proxiesTrusted).value_or(IpNetworks())),
      forwardedFields(forwardedFieldsFrom(settings.forwardedFields)),
      requestsMax(settings.requestsPerConnection)
{
    http2 = {.isOn = settings.http2,
             .streams = settings.http2Streams,
             .windowBytes = settings.http2WindowKiB * 1024,
             .connectionWindowBytes = settings.http2ConnectionWindowKiB * 1024,
             .frameBytes = settings.http2FrameBytes,
             .tableBytes = static_cast<size_t>(settings.http2TableBytes),
             .glitches = settings.http2Glitches,
             .resets = settings.http2Resets,
             .resetsPerSecond = settings.http2ResetsPerSecond};
    head.requestLineBytesMax = static_cast<size_t>(settings.requestLineBytesMax);
    head.headerBytesMax = static_cast<size_t>(settings.headerBytesMax);
    head.headerCountMax = std::min(static_cast<size_t>(settings.headerCountMax), kHeaderCountMax);
}

void SessionLoop::publish(std::shared_ptr<const HttpSnapshot> snapshot)
{
    const Settings &settings = snapshot->settings;
    if (m_shared.budget)
        m_shared.budget->setLimit(settings.buffersMiBMax * 1024 * 1024);
    m_rules = std::make_shared<const ConnectionRules>(settings);
    const size_t index = m_loop.index();
    const auto contexts = index < snapshot->tls.size() ? snapshot->tls[index] : nullptr;
    const bool greetsAnew = contexts.get() != m_tls.contexts();
    m_tls.use(contexts);
    m_tls.offerHttp2(settings.http2);
    m_tls.use(m_shared.kernelTls && settings.tlsKernel == "auto" ? *m_shared.kernelTls
                                                                 : KernelTls {});
    m_pins.push_back(std::make_unique<SnapshotPin>());
    m_pins.back()->snapshot = std::move(snapshot);
    m_current = m_pins.back().get();
    if (greetsAnew)
        askBackFromOldCertificates();
    retireUnused();
    resumeAccepting();
}

void SessionLoop::askBack(std::string_view listener) noexcept
{
    m_table.forEach([listener](Connection &connection) {
        if (connection.listener() == listener)
            connection.comeBack();
    });
}

/// Connections that were greeted with a certificate that is not shown any more, or whose client
/// was believed by authorities that are others now, perhaps in a file of the same name.
void SessionLoop::askBackFromOldCertificates() noexcept
{
    m_table.forEach([this](Connection &connection) {
        const TlsStream *tls = connection.transport().tls();
        if (!tls || !tls->endpoint())
            return;
        const auto *contexts = m_tls.contexts();
        const auto now = contexts ? contexts->choose(connection.listener(), tls->name()).endpoint
                                  : std::shared_ptr<const TlsEndpoint>();
        const TlsEndpoint &then = *tls->endpoint();
        if (now && now->clients != ClientCertificates::Off
            && now->clientCaDigest != then.clientCaDigest)
            connection.authoritiesChanged();
        else if (!now || now->identity->chainPem != then.identity->chainPem
                 || now->clients != then.clients || now->clientCaFile != then.clientCaFile)
            connection.comeBack();
    });
}

void SessionLoop::retireUnused() noexcept
{
    if (m_pins.size() == 1)
        return;
    std::erase_if(m_pins, [this](const std::unique_ptr<SnapshotPin> &pin) {
        if (pin->uses || pin.get() == m_current)
            return false;
        if (m_shared.retire)
            m_shared.retire(std::move(pin->snapshot));
        return true;
    });
}

void SessionLoop::retune(std::string_view id, ListenerKind kind)
{
    for (const auto &listening : m_listening) {
        if (*listening->name == id)
            listening->kind = kind;
    }
    askBack(id);
}

void SessionLoop::unlisten(std::string_view id)
{
    std::erase_if(m_listening, [id](const auto &listening) { return *listening->name == id; });
    askBack(id);
}

} // namespace arc
