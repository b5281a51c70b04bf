# SPDX-License-Identifier: Apache-2.0
"""What a REQUEST frame tells of a client that was asked for a certificate, in the words of mod_ssl
(WSGI) and of the TLS extension (ASGI). Nothing of it comes from a header.
"""
import re

from . import protocol

_VERSIONS = {0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}
_findCertificates = re.compile(
    "-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", re.S).findall


class ClientFacts:
    __slots__ = ("version", "suite", "isVerified", "cipher", "serverCertificate", "subject",
                 "issuer", "commonName", "serial", "begins", "ends", "fingerprint", "chain")


def read(data, position):
    """The facts at that position, and where they end."""
    facts = ClientFacts()
    facts.version, facts.suite, isVerified = protocol.CLIENT_FACTS_HEAD.unpack_from(data, position)
    position += protocol.CLIENT_FACTS_HEAD.size
    facts.isVerified = bool(isVerified)
    texts = []
    for _ in range(10):
        (size,) = protocol.U16.unpack_from(data, position)
        position += 2
        texts.append(data[position:position + size].decode("latin-1"))
        position += size
    (facts.cipher, facts.serverCertificate, facts.subject, facts.issuer, facts.commonName,
     facts.serial, facts.begins, facts.ends, facts.fingerprint, chain) = texts
    facts.chain = _findCertificates(chain)
    return facts, position


def fillEnviron(environ, facts):
    environ["SSL_PROTOCOL"] = _VERSIONS.get(facts.version, "")
    environ["SSL_CIPHER"] = facts.cipher
    environ["SSL_CLIENT_VERIFY"] = "SUCCESS" if facts.isVerified else "NONE"
    if not facts.isVerified:
        return
    environ["SSL_CLIENT_S_DN"] = facts.subject
    environ["SSL_CLIENT_I_DN"] = facts.issuer
    if facts.commonName:
        environ["SSL_CLIENT_S_DN_CN"] = facts.commonName
    environ["SSL_CLIENT_M_SERIAL"] = facts.serial
    environ["SSL_CLIENT_V_START"] = facts.begins
    environ["SSL_CLIENT_V_END"] = facts.ends
    environ["SSL_CLIENT_FINGERPRINT"] = facts.fingerprint  # SHA-256; mod_ssl has no name for it
    for number, certificate in enumerate(facts.chain):
        name = "SSL_CLIENT_CERT_CHAIN_%d" % (number - 1) if number else "SSL_CLIENT_CERT"
        environ[name] = certificate


def extension(facts):
    """The value of scope["extensions"]["tls"]: ASGI TLS extension, version 0.2."""
    return {
        "server_cert": facts.serverCertificate or None,
        "client_cert_chain": list(facts.chain),
        "client_cert_name": facts.subject if facts.isVerified else None,
        "client_cert_error": None,  # the engine ends a handshake with a bad one
        "tls_version": facts.version,
        "cipher_suite": facts.suite,
    }
