// SPDX-License-Identifier: Apache-2.0
#include "server/tls/certificate.h"

#include "server/tls/openssl_ptr.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <arpa/inet.h>

namespace arc {

namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int kEcBitsMin = 256;

std::string hexOf(const unsigned char *bytes, size_t size)
{
    std::string text;
    for (size_t i = 0; i < size; ++i)
        text += fmt::format("{:02x}", bytes[i]);
    return text;
}

Error invalid(std::string sentence)
{
    ERR_clear_error();
    return {ErrorCode::Invalid, std::move(sentence)};
}

std::string nameText(const X509_NAME *name)
{
    std::array<char, 256> text {};
    if (X509_NAME_get_text_by_NID(name, NID_commonName, text.data(), text.size()) > 0)
        return text.data();
    if (X509_NAME_get_text_by_NID(name, NID_organizationName, text.data(), text.size()) > 0)
        return text.data();
    return {};
}

int64_t unixTime(const ASN1_TIME *time)
{
    tm parts {};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<int64_t>(::timegm(&parts)) : 0;
}

void addName(const GENERAL_NAME *name, std::vector<std::string> &out)
{
    if (name->type == GEN_DNS) {
        const ASN1_IA5STRING *text = name->d.dNSName;
        std::string lower(reinterpret_cast<const char *>(ASN1_STRING_get0_data(text)),
                          static_cast<size_t>(ASN1_STRING_length(text)));
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
            return c >= 'A' && c <= 'Z' ? char(c + 32) : char(c);
        });
        out.push_back(std::move(lower));
    } else if (name->type == GEN_IPADD) {
        const ASN1_OCTET_STRING *bytes = name->d.iPAddress;
        const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
        std::array<char, INET6_ADDRSTRLEN> text {};
        const bool fits = ASN1_STRING_length(bytes) == 4 || ASN1_STRING_length(bytes) == 16;
        if (fits && ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size()))
            out.emplace_back(text.data());
    }
}

std::vector<std::string> namesOf(X509 *certificate)
{
    std::vector<std::string> names;
    auto *all = static_cast<GENERAL_NAMES *>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i)
        addName(sk_GENERAL_NAME_value(all, i), names);
    GENERAL_NAMES_free(all);
    return names;
}

/// What kind of key it is, or why it is too weak.
Result<std::string> keyTypeOf(EVP_PKEY *key)
{
    const int bits = EVP_PKEY_get_bits(key);
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        if (bits < kRsaBitsMin)
            return invalid(
                fmt::format("its RSA key has {} bits; clients want {} or more", bits, kRsaBitsMin));
        return fmt::format("RSA {}", bits);
    case EVP_PKEY_EC:
        if (bits < kEcBitsMin)
            return invalid(fmt::format("its elliptic curve has {} bits; clients want {} or more",
                                       bits, kEcBitsMin));
        return fmt::format("EC P-{}", bits);
    case EVP_PKEY_ED25519:
        return std::string("Ed25519");
    default:
        return invalid("its key is of a kind that TLS clients do not take; use EC P-256 or RSA");
    }
}

std::string digestOf(const unsigned char *bytes, size_t size)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest {};
    unsigned length = 0;
    EVP_Digest(bytes, size, digest.data(), &length, EVP_sha256(), nullptr);
    return hexOf(digest.data(), length);
}

std::string publicKeyId(EVP_PKEY *key)
{
    unsigned char *encoded = nullptr;
    const int size = i2d_PUBKEY(key, &encoded);
    if (size <= 0)
        return {};
    std::string id = digestOf(encoded, static_cast<size_t>(size));
    OPENSSL_free(encoded);
    return id;
}

Result<std::vector<X509Ptr>> readChain(std::string_view pem)
{
    if (pem.size() > kPemBytesMax)
        return invalid(fmt::format("the chain is longer than {} KiB", kPemBytesMax / 1024));
    const BioPtr bio = bioOver(pem);
    std::vector<X509Ptr> chain;
    while (X509 *read = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        chain.emplace_back(read);
        if (chain.size() > kChainLengthMax)
            return invalid(fmt::format("the chain has more than {} certificates", kChainLengthMax));
    }
    const unsigned long last = ERR_peek_last_error();
    if (!chain.empty() && ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
        return invalid("a certificate of the chain is damaged: " + takeOpenSslError());
    if (chain.empty())
        return invalid("there is no certificate in it; a PEM file begins with -----BEGIN "
                       "CERTIFICATE-----");
    ERR_clear_error();
    return chain;
}

Result<void> checkSignature(X509 *certificate)
{
    int digest = NID_undef;
    if (!X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr))
        return invalid("its signature is of an unknown kind");
    if (digest == NID_sha1 || digest == NID_md5)
        return invalid("it is signed with SHA-1 or MD5, which clients refuse");
    return {};
}

/// A passphrase would be asked for on a terminal otherwise.
int noPassphrase(char *, int, int, void *)
{
    return -1;
}

Result<KeyPtr> readKey(std::string_view pem)
{
    if (pem.size() > kPemBytesMax)
        return invalid("the private key is too large");
    if (pem.find("ENCRYPTED") != pem.npos)
        return invalid("the private key has a passphrase; take it off with: openssl pkey -in FILE");
    const BioPtr bio = bioOver(pem);
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassphrase, nullptr));
    if (!key)
        return invalid("there is no private key in it; a PEM file begins with -----BEGIN PRIVATE "
                       "KEY-----");
    return key;
}

} // namespace

Result<CertificateFacts> readCertificate(std::string_view chainPem)
{
    auto chain = readChain(chainPem);
    if (!chain)
        return std::move(chain).error();
    X509 *own = chain->front().get();
    EVP_PKEY *key = X509_get0_pubkey(own);
    if (!key)
        return invalid("its public key cannot be read");
    auto keyType = keyTypeOf(key);
    if (!keyType)
        return std::move(keyType).error();
    if (auto checked = checkSignature(own); !checked)
        return std::move(checked).error();
    for (size_t i = 0; i + 1 < chain->size(); ++i) {
        X509 *issuer = (*chain)[i + 1].get();
        X509 *issued = (*chain)[i].get();
        if (X509_check_issued(issuer, issued) != X509_V_OK
            || X509_verify(issued, X509_get0_pubkey(issuer)) != 1)
            return invalid(fmt::format(
                "certificate {} of the chain did not sign the one before it; put them in order, "
                "the server's own first",
                i + 2));
    }
    CertificateFacts facts;
    facts.names = namesOf(own);
    if (facts.names.empty())
        return invalid("it names no host (subjectAltName), so no client would accept it");
    facts.subject = nameText(X509_get_subject_name(own));
    if (facts.subject.empty())
        facts.subject = facts.names.front();
    facts.issuer = nameText(X509_get_issuer_name(own));
    facts.keyType = std::move(*keyType);
    facts.publicKeyId = publicKeyId(key);
    facts.notBeforeUnix = unixTime(X509_get0_notBefore(own));
    facts.notAfterUnix = unixTime(X509_get0_notAfter(own));
    unsigned char *encoded = nullptr;
    if (const int size = i2d_X509(own, &encoded); size > 0)
        facts.fingerprint = digestOf(encoded, static_cast<size_t>(size));
    OPENSSL_free(encoded);
    return facts;
}

Result<void> checkKey(std::string_view chainPem, std::string_view keyPem)
{
    auto chain = readChain(chainPem);
    if (!chain)
        return std::move(chain).error();
    auto key = readKey(keyPem);
    if (!key)
        return std::move(key).error();
    if (X509_check_private_key(chain->front().get(), key->get()) != 1)
        return invalid("the private key belongs to another certificate; give the one made with "
                       "this certificate");
    return {};
}

Result<std::string> publicKeyIdOf(std::string_view keyPem)
{
    auto key = readKey(keyPem);
    if (!key)
        return std::move(key).error();
    return publicKeyId(key->get());
}

bool nameCovers(std::string_view pattern, std::string_view host) noexcept
{
    if (!pattern.starts_with("*."))
        return pattern == host;
    const size_t dot = host.find('.');
    return dot != host.npos && dot > 0 && host.substr(dot) == pattern.substr(1);
}

bool namesCover(const std::vector<std::string> &names, std::string_view host) noexcept
{
    return std::any_of(names.begin(), names.end(),
                       [host](const std::string &name) { return nameCovers(name, host); });
}

} // namespace arc
