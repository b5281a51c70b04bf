// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// Whether a site asks clients for a certificate of their own.
enum class ClientCertificates { Off, Optional, Required };
/// As the setting tls.client_certificates spells it.
std::string_view clientCertificatesName(ClientCertificates choice) noexcept;
ClientCertificates clientCertificatesFromName(std::string_view name) noexcept; ///< else Off

/// A chain and its key, as PEM. Immutable and shared. The key is wiped at the end.
struct TlsIdentity {
    std::string id;                 ///< of the certificate in the configuration, or "local"
    std::vector<std::string> names; ///< that it is good for
    int64_t notAfterUnix = 0;
    std::string chainPem;
    std::string keyPem;

    TlsIdentity() = default;
    TlsIdentity(const TlsIdentity &) = delete;
    ~TlsIdentity();
};

/// One way of greeting clients: which names, with which certificate, asking for what. Immutable.
struct TlsEndpoint {
    std::string site;                   ///< empty: of no site, for names that none claims
    std::vector<std::string> listeners; ///< empty: all
    std::vector<std::string> hosts;     ///< exact or "*.example.org"; empty: every other name
    std::shared_ptr<const TlsIdentity> identity;
    ClientCertificates clients = ClientCertificates::Off;
    std::string clientCaFile;
    /// Of the authorities that the file held when the contexts were built (SHA-256 of their
    /// certificates); empty: none, or not built yet.
    std::string clientCaDigest;
};

/// What all loops serve TLS by. Immutable.
struct TlsConfig {
    std::vector<std::shared_ptr<const TlsEndpoint>> endpoints;
    bool allowsTls12 = true;
    bool sendsTickets = true;
};

} // namespace arc
