// SPDX-License-Identifier: Apache-2.0
#include "server/certs/signing.h"

#include <array>

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

namespace arc {

namespace {

constexpr int64_t kClockSkewSeconds = 3600;
constexpr int64_t kDaySeconds = 86400;

Error failed(std::string_view what)
{
    return {ErrorCode::Internal, fmt::format("{}: {}", what, takeOpenSslError())};
}

bool setSerial(X509 *certificate)
{
    std::array<unsigned char, 16> bytes {};
    if (RAND_bytes(bytes.data(), bytes.size()) != 1)
        return false;
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x01); // positive and of full length
    BIGNUM *number = BN_bin2bn(bytes.data(), bytes.size(), nullptr);
    const bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

bool setName(X509_NAME *name, const std::string &commonName)
{
    const auto add = [name](const char *field, const std::string &text) {
        return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                          reinterpret_cast<const unsigned char *>(text.data()),
                                          static_cast<int>(text.size()), -1, 0)
            == 1;
    };
    constexpr size_t kCommonNameMax = 64; // RFC 5280, appendix A
    return add("O", "Arcology local CA") && add("CN", commonName.substr(0, kCommonNameMax));
}

bool addExtensions(X509 *certificate, const X509 *issuer, const CertificatePlan &plan)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, const_cast<X509 *>(issuer), certificate, nullptr, nullptr, 0);
    for (const auto &[nid, value] : plan.extensions) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
        const bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        if (!added)
            return false;
    }
    return true;
}

} // namespace

Result<X509Ptr> signCertificate(const CertificatePlan &plan, EVP_PKEY *key, const X509 *issuer,
                                EVP_PKEY *issuerKey)
{
    X509Ptr made(X509_new());
    X509 *certificate = made.get();
    const int64_t from = plan.nowUnix - kClockSkewSeconds;
    const int64_t to = plan.nowUnix + plan.days * kDaySeconds;
    const bool filled = certificate && X509_set_version(certificate, X509_VERSION_3)
        && setSerial(certificate) && setName(X509_get_subject_name(certificate), plan.commonName)
        && X509_set_issuer_name(certificate, X509_get_subject_name(issuer ? issuer : certificate))
        && ASN1_TIME_set(X509_getm_notBefore(certificate), static_cast<time_t>(from))
        && ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<time_t>(to))
        && X509_set_pubkey(certificate, key)
        && addExtensions(certificate, issuer ? issuer : certificate, plan);
    if (!filled || !X509_sign(certificate, issuerKey ? issuerKey : key, EVP_sha256()))
        return failed("a certificate could not be signed");
    return made;
}

Result<KeyPtr> makeEcKey()
{
    KeyPtr key(EVP_EC_gen("P-256"));
    if (!key)
        return failed("no key could be made");
    return key;
}

std::string certificatePem(const X509 *certificate)
{
    const BioPtr text(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(text.get(), certificate);
    return takeOpenSslText(text.get());
}

std::string privateKeyPem(const EVP_PKEY *key)
{
    const BioPtr text(BIO_new(BIO_s_secmem()));
    PEM_write_bio_PrivateKey(text.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return takeOpenSslText(text.get());
}

} // namespace arc
