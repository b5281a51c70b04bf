// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <string>
#include <string_view>

namespace arc {

/// The certificates and the private key that somebody gives piece by piece: files, drops, the
/// clipboard. Only the frame of PEM (RFC 7468) is looked at; what is inside is the engine's affair.
/// The key is wiped at the end. GUI thread.
class PemParts {
public:
    static constexpr size_t kBytesMax = 128 * 1024; ///< of the chain, and of the key

    PemParts() = default;
    PemParts(const PemParts &) = delete;
    PemParts &operator=(const PemParts &) = delete;
    ~PemParts();

    /// Takes over what is in it: certificates behind those that are there, a key in place of
    /// another. A sentence of why nothing was taken; empty: something was.
    QString add(std::string_view text, const QString &origin);
    void clear();

    bool isComplete() const { return m_certificates > 0 && !m_key.empty(); }
    int certificates() const { return m_certificates; }
    const QString &chainOrigin() const { return m_chainOrigin; }
    bool hasKey() const { return !m_key.empty(); }
    bool keyHasPassphrase() const;
    const QString &keyOrigin() const { return m_keyOrigin; }
    const std::string &chain() const { return m_chain; }
    const std::string &key() const { return m_key; }

private:
    std::string m_chain;
    std::string m_key;
    QString m_chainOrigin; ///< "fullchain.pem", or several
    QString m_keyOrigin;
    int m_certificates = 0;
};

} // namespace arc
