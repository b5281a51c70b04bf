// SPDX-License-Identifier: Apache-2.0
#include "server/tls/client_facts.h"

#include "server/tls/openssl_ptr.h"

#include <algorithm>

#include <openssl/bn.h>
#include <openssl/pem.h>

namespace arc {

namespace {

BioPtr textBio()
{
    return BioPtr(BIO_new(BIO_s_mem()));
}

std::string pemOf(const X509 *certificate)
{
    const BioPtr text = textBio();
    PEM_write_bio_X509(text.get(), certificate);
    return takeOpenSslText(text.get());
}

std::string nameOf(const X509_NAME *name)
{
    const BioPtr text = textBio();
    X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253);
    return takeOpenSslText(text.get());
}

std::string timeOf(const ASN1_TIME *time)
{
    const BioPtr text = textBio();
    ASN1_TIME_print(text.get(), time);
    return takeOpenSslText(text.get());
}

/// Nothing when it holds what would end a string somewhere: "admin\0.example" is not "admin".
std::string commonNameOf(const X509_NAME *name)
{
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0)
        return {};
    unsigned char *bytes = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    std::string text;
    if (size > 0)
        text.assign(reinterpret_cast<const char *>(bytes), static_cast<size_t>(size));
    OPENSSL_free(bytes);
    const bool isPlain = std::none_of(text.begin(), text.end(),
                                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    return isPlain ? text : std::string();
}

std::string serialOf(const X509 *certificate)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
    char *hex = number ? BN_bn2hex(number) : nullptr;
    std::string text = hex ? hex : "";
    OPENSSL_free(hex);
    BN_free(number);
    return text;
}

/// A server finds the client's own certificate not among the chain it sent.
std::string chainOf(ssl_st *ssl, const X509 *own)
{
    std::string text = pemOf(own);
    std::string rest;
    const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    for (int i = 0; i < sk_X509_num(chain); ++i)
        rest += pemOf(sk_X509_value(chain, i));
    if (text.size() + rest.size() <= kClientChainBytesMax)
        text += rest;
    return text;
}

} // namespace

ClientFacts readClientFacts(ssl_st *ssl)
{
    ClientFacts facts;
    facts.tlsVersion = static_cast<uint16_t>(SSL_version(ssl));
    if (const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl)) {
        facts.cipherSuite = SSL_CIPHER_get_protocol_id(cipher);
        facts.cipher = SSL_CIPHER_get_name(cipher);
    }
    if (const X509 *shown = SSL_get_certificate(ssl))
        facts.serverPem = pemOf(shown);
    const X509 *own = SSL_get0_peer_certificate(ssl);
    facts.isVerified = own && SSL_get_verify_result(ssl) == X509_V_OK;
    if (!facts.isVerified)
        return facts;
    facts.subject = nameOf(X509_get_subject_name(own));
    facts.issuer = nameOf(X509_get_issuer_name(own));
    facts.commonName = commonNameOf(X509_get_subject_name(own));
    facts.serial = serialOf(own);
    facts.begins = timeOf(X509_get0_notBefore(own));
    facts.ends = timeOf(X509_get0_notAfter(own));
    facts.fingerprint = fingerprintOf(own);
    facts.chainPem = chainOf(ssl, own);
    return facts;
}

} // namespace arc
