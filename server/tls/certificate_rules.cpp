// SPDX-License-Identifier: Apache-2.0
#include "server/tls/certificate_rules.h"

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>

namespace arc {

namespace {

constexpr int kRsaBitsMin = 2048;

/// Only the curves that TLS 1.3 has a signature for (RFC 8446 4.2.3), by name: with any other one
/// there is no handshake, and browsers take no curve that is spelt out.
Result<std::string> curveOf(EVP_PKEY *key)
{
    std::array<char, 64> text {};
    size_t size = 0;
    const bool isNamed = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
                                                        text.data(), text.size(), &size)
            == 1
        && std::string_view(text.data(), size) == OSSL_PKEY_EC_ENCODING_GROUP;
    const bool isKnown = EVP_PKEY_get_group_name(key, text.data(), text.size(), &size) == 1;
    const std::string_view name(text.data(), isKnown ? size : 0);
    if (isNamed && name == SN_X9_62_prime256v1)
        return std::string("EC P-256");
    if (isNamed && name == SN_secp384r1)
        return std::string("EC P-384");
    if (isNamed && name == SN_secp521r1)
        return std::string("EC P-521");
    return invalidPem(
        fmt::format("its elliptic curve ({}) is none that TLS clients take; use P-256",
                    isNamed && isKnown ? name : "not named"));
}

} // namespace

Error invalidPem(std::string sentence)
{
    ERR_clear_error();
    return {ErrorCode::Invalid, std::move(sentence)};
}

Result<std::string> keyTypeOf(EVP_PKEY *key)
{
    const int bits = EVP_PKEY_get_bits(key);
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        if (bits < kRsaBitsMin)
            return invalidPem(
                fmt::format("its RSA key has {} bits; clients want {} or more", bits, kRsaBitsMin));
        return fmt::format("RSA {}", bits);
    case EVP_PKEY_EC:
        return curveOf(key);
    case EVP_PKEY_ED25519:
        return std::string("Ed25519");
    default:
        return invalidPem("its key is of a kind that TLS clients do not take; use EC P-256 or RSA");
    }
}

Result<void> checkSignature(X509 *certificate)
{
    int digest = NID_undef;
    if (!X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr))
        return invalidPem("its signature is of an unknown kind");
    if (digest == NID_sha1 || digest == NID_md5)
        return invalidPem("it is signed with SHA-1 or MD5, which clients refuse");
    return {};
}

Result<void> checkPurpose(X509 *certificate)
{
    if (X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1
        || !(X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE))
        return invalidPem("it was not made for a server; ask its authority for one with the usages "
                          "serverAuth and digitalSignature");
    return {};
}

Result<void> checkIssuers(const std::vector<X509Ptr> &chain)
{
    for (size_t i = 1; i < chain.size(); ++i) {
        X509 *issuer = chain[i].get();
        X509 *issued = chain[i - 1].get();
        EVP_PKEY *key = X509_get0_pubkey(issuer);
        if (!key || X509_check_issued(issuer, issued) != X509_V_OK || X509_verify(issued, key) != 1)
            return invalidPem(fmt::format(
                "certificate {} of the chain did not sign the one before it; put them in order, "
                "the server's own first",
                i + 1));
        const std::string where = fmt::format("certificate {} of the chain", i + 1);
        if (auto keyType = keyTypeOf(key); !keyType)
            return std::move(keyType).error().within(where);
        const bool isRoot = X509_check_issued(issuer, issuer) == X509_V_OK; // nobody looks at its
        if (auto checked = isRoot ? Result<void>() : checkSignature(issuer); !checked)
            return std::move(checked).error().within(where);
    }
    return {};
}

} // namespace arc
