// SPDX-License-Identifier: Apache-2.0
#include "server/tls/certificate.h"

#include "server/tls/certificate_rules.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <arpa/inet.h>

namespace arc {

namespace {

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

std::string publicKeyId(EVP_PKEY *key)
{
    unsigned char *encoded = nullptr;
    const int size = i2d_PUBKEY(key, &encoded);
    if (size <= 0)
        return {};
    std::string id =
        sha256Hex({reinterpret_cast<const char *>(encoded), static_cast<size_t>(size)});
    OPENSSL_free(encoded);
    return id;
}

Result<std::vector<X509Ptr>> readChain(std::string_view pem)
{
    if (pem.size() > kPemBytesMax)
        return invalidPem(fmt::format("the chain is longer than {} KiB", kPemBytesMax / 1024));
    const BioPtr bio = bioOver(pem);
    std::vector<X509Ptr> chain;
    while (X509 *read = PEM_read_bio_X509(bio.get(), nullptr, refusePassphrase, nullptr)) {
        chain.emplace_back(read);
        if (chain.size() > kChainLengthMax)
            return invalidPem(
                fmt::format("the chain has more than {} certificates", kChainLengthMax));
    }
    const unsigned long last = ERR_peek_last_error();
    if (!chain.empty() && ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
        return invalidPem("a certificate of the chain is damaged: " + takeOpenSslError());
    if (chain.empty())
        return invalidPem("there is no certificate in it; a PEM file begins with -----BEGIN "
                          "CERTIFICATE-----");
    ERR_clear_error();
    return chain;
}

bool hasPassphrase(std::string_view pem)
{
    return pem.find("-----BEGIN ENCRYPTED") != pem.npos
        || pem.find("Proc-Type: 4,ENCRYPTED") != pem.npos;
}

Error passphraseMissing()
{
    return invalidPem("the private key has a passphrase; give it as well, or take it off with: "
                      "openssl pkey -in FILE");
}

int givePassphrase(char *into, int size, int, void *passphrase) noexcept
{
    const auto &text = *static_cast<const std::string_view *>(passphrase);
    if (text.size() > static_cast<size_t>(size))
        return -1;
    std::copy(text.begin(), text.end(), into);
    return static_cast<int>(text.size());
}

Result<KeyPtr> readKey(std::string_view pem)
{
    if (pem.size() > kPemBytesMax)
        return invalidPem("the private key is too large");
    if (hasPassphrase(pem))
        return passphraseMissing();
    const BioPtr bio = bioOver(pem);
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refusePassphrase, nullptr));
    if (!key)
        return invalidPem(
            "there is no private key in it; a PEM file begins with -----BEGIN PRIVATE "
            "KEY-----");
    return key;
}

/// What every certificate says, whoever would take it.
CertificateFacts plainFactsOf(X509 *certificate)
{
    CertificateFacts facts;
    facts.names = namesOf(certificate);
    facts.subject = nameText(X509_get_subject_name(certificate));
    if (facts.subject.empty() && !facts.names.empty())
        facts.subject = facts.names.front();
    facts.issuer = nameText(X509_get_issuer_name(certificate));
    facts.notBeforeUnix = unixTime(X509_get0_notBefore(certificate));
    facts.notAfterUnix = unixTime(X509_get0_notAfter(certificate));
    facts.fingerprint = fingerprintOf(certificate);
    return facts;
}

} // namespace

KeyText::~KeyText()
{
    OPENSSL_cleanse(pem.data(), pem.size());
}

Result<KeyText> openKey(std::string_view keyPem, std::string_view passphrase)
{
    if (!hasPassphrase(keyPem) || keyPem.size() > kPemBytesMax)
        return KeyText(std::string(keyPem));
    if (passphrase.empty())
        return passphraseMissing();
    const BioPtr bio = bioOver(keyPem);
    const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, givePassphrase, &passphrase));
    const BioPtr text(BIO_new(BIO_s_secmem()));
    if (!key
        || PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr)
            != 1)
        return invalidPem("the passphrase does not open the private key");
    return KeyText(takeOpenSslText(text.get()));
}

std::vector<CertificateFacts> describeChain(std::string_view chainPem)
{
    const auto chain = readChain(chainPem);
    std::vector<CertificateFacts> all;
    for (size_t i = 0; chain && i < chain->size(); ++i) {
        X509 *certificate = (*chain)[i].get();
        CertificateFacts facts = plainFactsOf(certificate);
        if (EVP_PKEY *key = X509_get0_pubkey(certificate))
            facts.keyType = keyTypeOf(key).value_or(std::string());
        ERR_clear_error();
        all.push_back(std::move(facts));
    }
    return all;
}

Result<CertificateFacts> readCertificate(std::string_view chainPem)
{
    auto chain = readChain(chainPem);
    if (!chain)
        return std::move(chain).error();
    X509 *own = chain->front().get();
    EVP_PKEY *key = X509_get0_pubkey(own);
    if (!key)
        return invalidPem("its public key cannot be read");
    auto keyType = keyTypeOf(key);
    if (!keyType)
        return std::move(keyType).error();
    if (auto checked = checkSignature(own); !checked)
        return std::move(checked).error();
    if (auto checked = checkIssuers(*chain); !checked)
        return std::move(checked).error();
    if (auto checked = checkPurpose(own); !checked)
        return std::move(checked).error();
    CertificateFacts facts = plainFactsOf(own);
    if (facts.names.empty())
        return invalidPem("it names no host (subjectAltName), so no client would accept it");
    facts.keyType = std::move(*keyType);
    facts.publicKeyId = publicKeyId(key);
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
        return invalidPem("the private key belongs to another certificate; give the one made with "
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
