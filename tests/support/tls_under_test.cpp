// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_under_test.h"

#include "server/base/assert.h"

#include <array>
#include <ctime>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>

namespace arc {

namespace {

constexpr int kWaitSeconds = 20;

void setWait(int socket)
{
    const timeval wait {.tv_sec = kWaitSeconds, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

void useClientIdentity(SSL_CTX *context, const TlsIdentity &identity)
{
    const BioPtr chain = bioOver(identity.chainPem);
    const X509Ptr certificate(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    const BioPtr text = bioOver(identity.keyPem);
    const KeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context, certificate.get());
    SSL_CTX_use_PrivateKey(context, key.get());
}

} // namespace

TestCa::TestCa(std::string name) : m_key(std::move(makeEcKey().value()))
{
    m_certificate =
        std::move(signCertificate({.commonName = std::move(name),
                                   .nowUnix = ::time(nullptr),
                                   .days = 100,
                                   .extensions = {{NID_basic_constraints, "critical,CA:TRUE"},
                                                  {NID_key_usage, "critical,keyCertSign"},
                                                  {NID_subject_key_identifier, "hash"}}},
                                  m_key.get(), nullptr, nullptr)
                      .value());
    m_pem = certificatePem(m_certificate.get());
}

std::shared_ptr<const TlsIdentity> TestCa::sign(const std::string &id, const std::string &names,
                                                int days) const
{
    const KeyPtr key = std::move(makeEcKey().value());
    const X509Ptr leaf =
        std::move(signCertificate({.commonName = id,
                                   .nowUnix = ::time(nullptr),
                                   .days = days,
                                   .extensions = {{NID_subject_alt_name, names},
                                                  {NID_basic_constraints, "critical,CA:FALSE"}}},
                                  key.get(), m_certificate.get(), m_key.get())
                      .value());
    auto identity = std::make_shared<TlsIdentity>();
    identity->id = id;
    identity->chainPem = certificatePem(leaf.get());
    identity->keyPem = privateKeyPem(key.get());
    for (size_t at = 0; at < names.size();) {
        const size_t end = std::min(names.find(',', at), names.size());
        const std::string one = names.substr(at, end - at);
        identity->names.push_back(one.substr(one.find(':') + 1));
        at = end + 1;
    }
    return identity;
}

std::shared_ptr<const TlsEndpoint> endpoint(std::string site, std::vector<std::string> hosts,
                                            std::shared_ptr<const TlsIdentity> identity)
{
    auto made = std::make_shared<TlsEndpoint>();
    made->site = std::move(site);
    made->hosts = std::move(hosts);
    made->identity = std::move(identity);
    return made;
}

std::shared_ptr<const TlsContexts>
contextsOf(std::vector<std::shared_ptr<const TlsEndpoint>> endpoints)
{
    auto config = std::make_shared<TlsConfig>();
    config->endpoints = std::move(endpoints);
    auto built = TlsContexts::build(std::move(config));
    ARC_ASSERT(built);
    return std::move(*built);
}

TlsClient::TlsClient(FileDescriptor socket, Options options)
    : m_socket(std::move(socket)), m_context(SSL_CTX_new(TLS_client_method()))
{
    setWait(m_socket.get());
    if (options.version) {
        SSL_CTX_set_min_proto_version(m_context, options.version);
        SSL_CTX_set_max_proto_version(m_context, options.version);
    }
    if (!options.ciphers.empty())
        SSL_CTX_set_cipher_list(m_context, options.ciphers.c_str());
    SSL_CTX_set_session_cache_mode(m_context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (!options.caPem.empty()) {
        const BioPtr text = bioOver(options.caPem);
        const X509Ptr ca(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
        X509_STORE_add_cert(SSL_CTX_get_cert_store(m_context), ca.get());
        SSL_CTX_set_verify(m_context, SSL_VERIFY_PEER, nullptr);
    }
    if (options.identity)
        useClientIdentity(m_context, *options.identity);
    m_ssl = SSL_new(m_context);
    SSL_set_fd(m_ssl, m_socket.get());
    if (!options.name.empty()) {
        SSL_set_tlsext_host_name(m_ssl, options.name.c_str());
        SSL_set1_host(m_ssl, options.name.c_str());
    }
    if (!options.protocols.empty())
        SSL_set_alpn_protos(m_ssl,
                            reinterpret_cast<const unsigned char *>(options.protocols.data()),
                            static_cast<unsigned>(options.protocols.size()));
    if (options.resumes) {
        // A copy, because a client that gets a new ticket never uses the old one again.
        SSL_SESSION *copy = SSL_SESSION_dup(options.resumes);
        SSL_set_session(m_ssl, copy);
        SSL_SESSION_free(copy);
    }
}

TlsClient::~TlsClient()
{
    // Else OpenSSL takes the session for a bad one and never resumes it.
    SSL_set_shutdown(m_ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(m_ssl);
    SSL_CTX_free(m_context);
}

bool TlsClient::shakeHands()
{
    ERR_clear_error();
    if (SSL_connect(m_ssl) == 1)
        return true;
    const unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : nullptr;
    m_error = reason ? reason : "the connection ended";
    return false;
}

bool TlsClient::write(std::string_view bytes)
{
    size_t written = 0;
    return SSL_write_ex(m_ssl, bytes.data(), bytes.size(), &written) == 1
        && written == bytes.size();
}

std::string TlsClient::read(size_t size)
{
    std::string text;
    std::array<char, 16384> bytes {};
    while (text.size() < size) {
        size_t count = 0;
        ERR_clear_error();
        if (SSL_read_ex(m_ssl, bytes.data(), std::min(bytes.size(), size - text.size()), &count)
            != 1) {
            m_endedCleanly = SSL_get_error(m_ssl, 0) == SSL_ERROR_ZERO_RETURN;
            break;
        }
        text.append(bytes.data(), count);
    }
    return text;
}

std::string TlsClient::readUntil(std::string_view end)
{
    std::string text;
    for (std::string more = read(1); !more.empty(); more = read(1)) {
        text += more;
        if (text.ends_with(end))
            break;
    }
    return text;
}

std::string TlsClient::readAll()
{
    return read(~size_t {0});
}

void TlsClient::shutdown()
{
    SSL_shutdown(m_ssl);
}

std::string TlsClient::protocol() const
{
    const unsigned char *name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(m_ssl, &name, &size);
    return {reinterpret_cast<const char *>(name), size};
}

std::string TlsClient::peerName() const
{
    const X509 *certificate = SSL_get0_peer_certificate(m_ssl);
    std::array<char, 128> text {};
    if (certificate)
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text.data(),
                                  text.size());
    return text.data();
}

bool TlsClient::wasResumed() const
{
    return SSL_session_reused(m_ssl) == 1;
}

int TlsClient::version() const
{
    return SSL_version(m_ssl);
}

SSL_SESSION *TlsClient::session() const
{
    return SSL_get1_session(m_ssl);
}

FileDescriptor connectTo(uint16_t port)
{
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ARC_ASSERT(::connect(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof address)
               == 0);
    return socket;
}

} // namespace arc
