// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace arc {

// For .cpp files of tls and certs only: owners of OpenSSL's objects, and its errors as text.

template <auto kFree>
struct OpenSslFree {
    template <class T>
    void operator()(T *object) const noexcept
    {
        kFree(object);
    }
};

using BioPtr = std::unique_ptr<BIO, OpenSslFree<&BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<&EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpenSslFree<&X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, OpenSslFree<&SSL_CTX_free>>;

/// Memory that OpenSSL allocated as text.
std::string takeOpenSslText(BIO *memory);
/// The reason of the last failed call, in OpenSSL's words; the error queue of this thread is empty
/// afterwards.
std::string takeOpenSslError();
std::string sha256Hex(std::string_view bytes);
/// SHA-256 of the certificate, hex.
std::string fingerprintOf(const X509 *certificate);
/// A read-only BIO over text, which must outlive it.
BioPtr bioOver(std::string_view text);
/// To be given wherever PEM is read. OpenSSL's own asks for a passphrase on the terminal, or on
/// standard input, and the engine stands still meanwhile; certificates can have one too.
int refusePassphrase(char *, int, int, void *) noexcept;

} // namespace arc
