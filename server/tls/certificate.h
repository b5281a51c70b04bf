// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arc {

/// What a certificate chain says, as far as anybody here needs it. Plain value.
struct CertificateFacts {
    std::vector<std::string> names; ///< DNS names in lower case and IP addresses it is good for
    std::string subject;            ///< common name, or the first name
    std::string issuer;
    std::string keyType;     ///< "EC P-256", "RSA 2048", "Ed25519"
    std::string fingerprint; ///< SHA-256 of the certificate, hex
    std::string publicKeyId; ///< SHA-256 of its public key, hex: how its private key is found
    int64_t notBeforeUnix = 0;
    int64_t notAfterUnix = 0;
    bool operator==(const CertificateFacts &) const = default;
};

/// Longest chain that is read, and its largest text.
constexpr size_t kChainLengthMax = 10;
constexpr size_t kPemBytesMax = 128 * 1024;

/// Reads a PEM chain, the server's own certificate first. Refuses what no client would accept: weak
/// keys and signatures, certificates without a name, a chain whose links do not fit. Pure.
Result<CertificateFacts> readCertificate(std::string_view chainPem);
/// A private key as PEM, without a passphrase. Wiped at the end.
struct KeyText {
    std::string pem;

    explicit KeyText(std::string text) : pem(std::move(text)) { }
    KeyText(KeyText &&) noexcept = default;
    ~KeyText();
};
/// Takes the passphrase off; a key that has none stays as it is. Invalid: the passphrase is wrong,
/// or is missing, or there is no key.
Result<KeyText> openKey(std::string_view keyPem, std::string_view passphrase);
/// Whether a private key (PEM, without a passphrase) is that of the chain's first certificate.
Result<void> checkKey(std::string_view chainPem, std::string_view keyPem);
/// Every certificate of a chain for people who check it, also one that readCertificate() refuses.
/// Empty: no chain can be read.
std::vector<CertificateFacts> describeChain(std::string_view chainPem);
/// SHA-256 of the public half of a private key, hex.
Result<std::string> publicKeyIdOf(std::string_view keyPem);

/// RFC 6125: exact, or one label for a leading "*."; addresses by their text.
bool nameCovers(std::string_view pattern, std::string_view host) noexcept;
bool namesCover(const std::vector<std::string> &names, std::string_view host) noexcept;

} // namespace arc
