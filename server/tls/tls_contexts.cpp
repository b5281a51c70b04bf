// SPDX-License-Identifier: Apache-2.0
#include "server/tls/tls_contexts.h"

#include "server/tls/openssl_ptr.h"
#include "server/tls/tls_callbacks.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

namespace arc {

namespace {

// What every browser of the last ten years takes: forward secrecy and authenticated encryption.
constexpr const char *kTls12Ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                      "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char *kTls13Ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char *kGroups = "X25519:P-256:P-384";
/// One is enough: a client that opens several connections gets one on each.
constexpr size_t kTicketsSent = 1;
constexpr int kClientChainDepthMax = 5;
/// All of their names go into one message of a handshake (RFC 8446 4.2.4: 64 KiB).
constexpr size_t kClientCasMax = 200;
constexpr off_t kClientCaBytesMax = 1024 * 1024;

Error failed(std::string_view what)
{
    return {ErrorCode::Invalid, fmt::format("{}: {}", what, takeOpenSslError())};
}

std::string digestOf(std::string_view text)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest {};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return {reinterpret_cast<const char *>(digest.data()), size};
}

Result<void> useIdentity(SSL_CTX *context, const TlsIdentity &identity)
{
    const BioPtr chain = bioOver(identity.chainPem);
    const X509Ptr own(PEM_read_bio_X509(chain.get(), nullptr, refusePassphrase, nullptr));
    if (!own || SSL_CTX_use_certificate(context, own.get()) != 1)
        return failed("the certificate cannot be used");
    while (X509 *next = PEM_read_bio_X509(chain.get(), nullptr, refusePassphrase, nullptr)) {
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            return failed("the chain cannot be used");
        }
    }
    ERR_clear_error();
    const BioPtr text = bioOver(identity.keyPem);
    const KeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, refusePassphrase, nullptr));
    if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        return failed("the private key cannot be used");
    if (SSL_CTX_check_private_key(context) != 1)
        return failed("the private key belongs to another certificate");
    return {};
}

/// Every certificate of the file is trusted to sign those of clients, and is named to them. One
/// that asks for a passphrase must not stop the engine, so OpenSSL's own loader is of no use. Gives
/// their digest.
Result<std::string> readClientCa(SSL_CTX *context, const std::string &path)
{
    struct stat info { };
    if (::stat(path.c_str(), &info) == 0
        && (!S_ISREG(info.st_mode) || info.st_size > kClientCaBytesMax))
        return Error {ErrorCode::Invalid, "it is no PEM file of some authorities"};
    const BioPtr file(BIO_new_file(path.c_str(), "r"));
    if (!file)
        return failed("it cannot be read");
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned digestSize = 0;
    std::string digests;
    size_t count = 0;
    for (;; ++count) {
        const X509Ptr read(PEM_read_bio_X509(file.get(), nullptr, refusePassphrase, nullptr));
        if (!read)
            break;
        if (count == kClientCasMax)
            return Error {ErrorCode::Invalid,
                          fmt::format("it holds more than {} certificates", kClientCasMax)};
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), read.get()) != 1
            || SSL_CTX_add_client_CA(context, read.get()) != 1
            || X509_digest(read.get(), EVP_sha256(), digest.data(), &digestSize) != 1)
            return failed("a certificate in it cannot be used");
        digests.append(reinterpret_cast<const char *>(digest.data()), digestSize);
    }
    if (!count || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return failed(count ? "a certificate in it is damaged" : "there is no certificate in it");
    ERR_clear_error();
    return digestOf(digests);
}

Result<void> useClientCa(SSL_CTX *context, const TlsEndpoint &endpoint, std::string &digest)
{
    if (endpoint.clients == ClientCertificates::Off)
        return {};
    auto read = readClientCa(context, endpoint.clientCaFile);
    if (!read)
        return std::move(read).error().within(
            fmt::format("tls.client_ca: {}", endpoint.clientCaFile));
    digest = std::move(*read);
    const int must =
        endpoint.clients == ClientCertificates::Required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, nullptr);
    SSL_CTX_set_verify_depth(context, kClientChainDepthMax);
    return {};
}

/// `clientCaDigest` is set where clients are asked for certificates.
Result<ContextPtr> makeContext(const TlsConfig &config, const TlsEndpoint &endpoint,
                               std::string &clientCaDigest)
{
    ContextPtr made(SSL_CTX_new(TLS_server_method()));
    SSL_CTX *context = made.get();
    if (!context)
        return failed("no TLS context");
    SSL_CTX_set_min_proto_version(context, config.allowsTls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_options(context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                            | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA
                            | SSL_OP_IGNORE_UNEXPECTED_EOF
                            | SSL_OP_ENABLE_KTLS); // for TlsBio, which takes the kernel's part
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                         | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    // Sessions of another endpoint must not carry its client certificate here.
    const std::string scope =
        fmt::format("{} {} {}", endpoint.site, int(endpoint.clients), endpoint.clientCaFile);
    const std::string digest = digestOf(scope);
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char *>(digest.data()),
                                   static_cast<unsigned>(digest.size()));
    // Whoever resumes shows no certificate again: one that ended, or whose CA is not trusted any
    // more, would stay good for as long as its ticket is renewed.
    const bool sendsTickets = config.sendsTickets && endpoint.clients == ClientCertificates::Off;
    if (!sendsTickets)
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, sendsTickets ? kTicketsSent : 0);
    if (SSL_CTX_set_cipher_list(context, kTls12Ciphers) != 1
        || SSL_CTX_set_ciphersuites(context, kTls13Ciphers) != 1
        || SSL_CTX_set1_groups_list(context, kGroups) != 1)
        return failed("this OpenSSL lacks the ciphers");
    installTlsCallbacks(context);
    if (auto used = useIdentity(context, *endpoint.identity); !used)
        return std::move(used).error().within(fmt::format("certificate {}", endpoint.identity->id));
    if (auto used = useClientCa(context, endpoint, clientCaDigest); !used)
        return std::move(used).error().within(fmt::format("site {}", endpoint.site));
    return made;
}

} // namespace

Result<std::shared_ptr<const TlsContexts>>
TlsContexts::build(std::shared_ptr<const TlsConfig> config)
{
    std::shared_ptr<TlsContexts> built(new TlsContexts);
    built->m_config = std::move(config);
    for (const auto &endpoint : built->m_config->endpoints) {
        std::string digest;
        auto context = makeContext(*built->m_config, *endpoint, digest);
        if (!context)
            return std::move(context).error();
        auto known = endpoint;
        if (!digest.empty()) {
            auto asks = std::make_shared<TlsEndpoint>(*endpoint);
            asks->clientCaDigest = std::move(digest);
            known = std::move(asks);
        }
        built->m_choices.push_back({.context = context->release(), .endpoint = std::move(known)});
    }
    for (size_t i = 0; i < built->m_choices.size(); ++i) {
        const TlsEndpoint &endpoint = *built->m_choices[i].endpoint;
        if (endpoint.listeners.empty())
            built->add(built->m_everyListener, i);
        for (const std::string &listener : endpoint.listeners)
            built->add(built->m_byListener[listener], i);
    }
    return std::shared_ptr<const TlsContexts>(std::move(built));
}

Result<void> TlsContexts::check(const TlsConfig &config, const TlsEndpoint &endpoint)
{
    std::string digest;
    if (auto made = makeContext(config, endpoint, digest); !made)
        return std::move(made).error();
    return {};
}

TlsContexts::~TlsContexts()
{
    for (const Choice &choice : m_choices)
        SSL_CTX_free(choice.context);
}

void TlsContexts::add(Names &names, size_t index)
{
    const TlsEndpoint &endpoint = *m_choices[index].endpoint;
    if (endpoint.hosts.empty() && names.any == kNone)
        names.any = index;
    for (const std::string &host : endpoint.hosts) {
        if (host.starts_with("*."))
            names.suffixes.emplace_back(std::string_view(host).substr(1), index);
        else
            names.exact.emplace(host, index);
    }
    // The longest first; of equal ones the end point that was told first.
    std::sort(names.suffixes.begin(), names.suffixes.end(), [](const auto &a, const auto &b) {
        return a.first.size() != b.first.size() ? a.first.size() > b.first.size()
                                                : a.second < b.second;
    });
}

size_t TlsContexts::find(const Names &names, std::string_view name) const
{
    if (const auto at = names.exact.find(name); at != names.exact.end())
        return at->second;
    for (const auto &[suffix, index] : names.suffixes) {
        if (name.size() > suffix.size() && name.ends_with(suffix))
            return index;
    }
    return kNone;
}

TlsContexts::Choice TlsContexts::choose(std::string_view listener, std::string_view name) const
{
    const auto own = m_byListener.find(listener);
    size_t index = kNone;
    if (own != m_byListener.end())
        index = find(own->second, name);
    if (index == kNone)
        index = find(m_everyListener, name);
    if (index == kNone && own != m_byListener.end())
        index = own->second.any;
    if (index == kNone)
        index = m_everyListener.any;
    return index == kNone ? Choice {} : m_choices[index];
}

} // namespace arc
