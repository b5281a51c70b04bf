// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/tls/openssl_ptr.h"

#include <string>
#include <utility>
#include <vector>

namespace arc {

/// A certificate to be made. For local_ca.cpp.
struct CertificatePlan {
    std::string commonName;
    int64_t nowUnix = 0;
    int days = 0;
    std::vector<std::pair<int, std::string>> extensions; ///< NID and value in OpenSSL's spelling
};

/// Signed by `issuer`'s key, or by its own when there is no issuer.
Result<X509Ptr> signCertificate(const CertificatePlan &plan, EVP_PKEY *key, const X509 *issuer,
                                EVP_PKEY *issuerKey);
Result<KeyPtr> makeEcKey();
std::string certificatePem(const X509 *certificate);
std::string privateKeyPem(const EVP_PKEY *key);

} // namespace arc
