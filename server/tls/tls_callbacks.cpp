// SPDX-License-Identifier: Apache-2.0
#include "server/tls/tls_callbacks.h"

#include "server/tls/openssl_ptr.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"

#include <cstring>

#include <openssl/core_names.h>
#include <openssl/rand.h>

namespace arc {

namespace {

/// In the order of our preference, each with its length before it.
constexpr std::string_view kProtocols = "\x02h2\x08http/1.1";
constexpr std::string_view kProtocolsBefore2 = "\x08http/1.1";
constexpr size_t kNameBytesMax = 255;

TlsStream &streamOf(SSL *ssl) noexcept
{
    return *static_cast<TlsStream *>(SSL_get_app_data(ssl));
}

size_t bigEndian16(const unsigned char *at) noexcept
{
    return static_cast<size_t>(at[0]) << 8 | at[1];
}

/// The host_name of a server_name extension (RFC 6066 3); nothing where it is malformed.
std::string_view nameIn(const unsigned char *extension, size_t size) noexcept
{
    constexpr size_t kHead = 5; // length of the list, type, length of the name
    if (size < kHead || bigEndian16(extension) + 2 != size || extension[2] != 0)
        return {};
    const size_t length = bigEndian16(extension + 3);
    if (length == 0 || length > kNameBytesMax || length + kHead > size)
        return {};
    return {reinterpret_cast<const char *>(extension) + kHead, length};
}

int onClientHello(SSL *ssl, int *alert, void *) noexcept
{
    const unsigned char *extension = nullptr;
    size_t size = 0;
    std::string_view name;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension, &size)) {
        name = nameIn(extension, size);
        if (name.empty()) {
            *alert = SSL_AD_DECODE_ERROR;
            return SSL_CLIENT_HELLO_ERROR;
        }
    }
    if (!streamOf(ssl).greet(name)) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

int onProtocols(SSL *ssl, const unsigned char **chosen, unsigned char *chosenSize,
                const unsigned char *offered, unsigned offeredSize, void *) noexcept
{
    unsigned char *out = nullptr;
    const auto list = streamOf(ssl).loop().offersHttp2() ? kProtocols : kProtocolsBefore2;
    const auto *ours = reinterpret_cast<const unsigned char *>(list.data());
    if (SSL_select_next_proto(&out, chosenSize, ours, static_cast<unsigned>(list.size()), offered,
                              offeredSize)
        != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL; // a client of another protocol, perhaps a tricked one
    *chosen = out;
    return SSL_TLSEXT_ERR_OK;
}

bool useMac(EVP_MAC_CTX *mac, const TicketKeys::Key &key) noexcept
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, const_cast<unsigned char *>(key.mac.data()), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/// As SSL_CTX_set_tlsext_ticket_key_evp_cb wants it: -1 an error, 0 no ticket, 1 done, 2 done and
/// to be renewed.
int onTicket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
             EVP_MAC_CTX *mac, int encrypts) noexcept
{
    TlsLoop &loop = streamOf(ssl).loop();
    const TicketKeys *keys = loop.ticketKeys();
    if (!keys)
        return 0;
    const TicketKeys::Key *key = encrypts ? &keys->current() : keys->find(name);
    if (!key)
        return 0;
    if (encrypts) {
        std::memcpy(name, key->name.data(), key->name.size());
        if (RAND_bytes(iv, 16) != 1
            || EVP_EncryptInit_ex2(cipher, loop.ticketCipher(), key->cipher.data(), iv, nullptr)
                != 1)
            return -1;
    } else if (EVP_DecryptInit_ex2(cipher, loop.ticketCipher(), key->cipher.data(), iv, nullptr)
               != 1) {
        return -1;
    }
    if (!useMac(mac, *key))
        return -1;
    return encrypts || key == &keys->current() ? 1 : 2;
}

} // namespace

void installTlsCallbacks(ssl_ctx_st *context) noexcept
{
    SSL_CTX_set_client_hello_cb(context, onClientHello, nullptr);
    SSL_CTX_set_alpn_select_cb(context, onProtocols, nullptr);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, onTicket);
}

} // namespace arc
