// SPDX-License-Identifier: Apache-2.0
#include "server/tls/tls_config.h"

#include <openssl/crypto.h>

namespace arc {

std::string_view clientCertificatesName(ClientCertificates choice) noexcept
{
    switch (choice) {
    case ClientCertificates::Optional:
        return "optional";
    case ClientCertificates::Required:
        return "required";
    case ClientCertificates::Off:
        break;
    }
    return "off";
}

ClientCertificates clientCertificatesFromName(std::string_view name) noexcept
{
    if (name == "required")
        return ClientCertificates::Required;
    return name == "optional" ? ClientCertificates::Optional : ClientCertificates::Off;
}

TlsIdentity::~TlsIdentity()
{
    OPENSSL_cleanse(keyPem.data(), keyPem.size());
}

} // namespace arc
