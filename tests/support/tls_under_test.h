// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/certs/signing.h"
#include "server/tls/tls_config.h"
#include "server/tls/tls_contexts.h"

#include <memory>
#include <string>
#include <vector>

namespace arc {

/// An authority made for a test, and certificates by it.
class TestCa {
public:
    explicit TestCa(std::string name = "Test CA");
    /// `names` in OpenSSL's spelling: "DNS:a.test,IP:127.0.0.1".
    std::shared_ptr<const TlsIdentity> sign(const std::string &id, const std::string &names,
                                            int days = 30) const;
    const std::string &pem() const noexcept { return m_pem; }

private:
    KeyPtr m_key;
    X509Ptr m_certificate;
    std::string m_pem;
};

std::shared_ptr<const TlsEndpoint> endpoint(std::string site, std::vector<std::string> hosts,
                                            std::shared_ptr<const TlsIdentity> identity);
std::shared_ptr<const TlsContexts>
contextsOf(std::vector<std::shared_ptr<const TlsEndpoint>> endpoints);

/// A TLS client over a socket, blocking.
class TlsClient {
public:
    struct Options {
        std::string name;                            ///< SNI; empty: none
        std::string caPem;                           ///< empty: takes any certificate
        std::string protocols;                       ///< ALPN, each with its length before it
        int version = 0;                             ///< TLS1_2_VERSION ...; 0: any
        std::shared_ptr<const TlsIdentity> identity; ///< of the client; null: none
        SSL_SESSION *resumes = nullptr;
        std::string ciphers; ///< of TLS 1.2
    };
    TlsClient(FileDescriptor socket, Options options);
    ~TlsClient();
    TlsClient(const TlsClient &) = delete;

    bool shakeHands(); ///< also reads what follows at once, so that tickets arrive
    bool write(std::string_view bytes);
    /// Until `size` bytes came, or the connection ended.
    std::string read(size_t size);
    std::string readUntil(std::string_view end);
    /// Until the connection ended; `endedCleanly` tells whether by close_notify.
    std::string readAll();
    bool endedCleanly() const noexcept { return m_endedCleanly; }
    void shutdown();
    std::string protocol() const;
    std::string peerName() const; ///< common name of the server's certificate
    bool wasResumed() const;
    int version() const;
    SSL_SESSION *session() const; ///< caller frees
    std::string error() const { return m_error; }
    int socket() const noexcept { return m_socket.get(); }
    SSL *ssl() const noexcept { return m_ssl; }

private:
    FileDescriptor m_socket;
    SSL_CTX *m_context = nullptr;
    SSL *m_ssl = nullptr;
    bool m_endedCleanly = false;
    std::string m_error;
};

FileDescriptor connectTo(uint16_t port);

} // namespace arc
