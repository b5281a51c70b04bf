// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/tls/openssl_ptr.h"

#include <string>
#include <vector>

namespace arc {

// What clients take, for certificate.cpp. The errors are sentences about "it", code Invalid.

/// Invalid with this sentence. Empties OpenSSL's error queue of this thread.
Error invalidPem(std::string sentence);
/// What kind of key it is ("EC P-256"), or why clients do not take it.
Result<std::string> keyTypeOf(EVP_PKEY *key);
/// Not SHA-1, not MD5.
Result<void> checkSignature(X509 *certificate);
/// Whether a server may show it: key usage and extended key usage (RFC 5280 4.2.1).
Result<void> checkPurpose(X509 *certificate);
/// Every link behind the first certificate: it signed the one before it, and is no weaker than what
/// clients take. How a root is signed is looked at by nobody.
Result<void> checkIssuers(const std::vector<X509Ptr> &chain);

} // namespace arc
