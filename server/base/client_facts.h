// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace arc {

/// What is known of the client of a TLS connection that was asked for a certificate, as its site's
/// app is told. Plain value; all text but commonName is ASCII.
struct ClientFacts {
    uint16_t tlsVersion = 0;  ///< as on the wire: 0x0303, 0x0304
    uint16_t cipherSuite = 0; ///< as on the wire
    std::string cipher;       ///< its name by OpenSSL
    std::string serverPem;    ///< the certificate the client was shown
    /// It showed one, and the site's authorities vouch for it. False: it showed none, as a bad one
    /// ends the handshake; what follows is empty then.
    bool isVerified = false;
    std::string subject; ///< RFC 4514, with everything beyond ASCII escaped
    std::string issuer;
    std::string commonName; ///< of the subject, UTF-8; empty: none, or one with control characters
    std::string serial;     ///< hex, upper case
    std::string begins;     ///< "Jan  2 15:04:05 2030 GMT"
    std::string ends;
    std::string fingerprint; ///< SHA-256 of the certificate, hex
    std::string chainPem;    ///< what the client sent, its own certificate first
};

} // namespace arc
