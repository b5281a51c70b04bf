// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/secrets/secret_key.h"

#include <string>
#include <string_view>

namespace arc {

/// Private keys at rest: each sealed in a file of its own, `keys/<id>.key`, under the data
/// directory's SecretKey. An id is the SHA-256 of the public key in
/// hex, so that a certificate finds its key and the configuration never holds one.
///
/// Nothing is deleted: a change that took a certificate out can be undone. Touches the disk. One
/// thread at a time.
class KeyVault {
public:
    static constexpr size_t kKeyBytesMax = 64 * 1024;

    /// Makes secret.key when it is not there. DataDir: unreadable, of the wrong size, or open to
    /// other users.
    static Result<KeyVault> open(const std::string &dataDir);

    Result<void> put(const std::string &id, std::string_view keyPem);
    /// NotFound when there is none, Invalid when it was sealed with another secret or is damaged,
    /// DataDir when it cannot be read now. Whoever gets it wipes it.
    Result<std::string> get(const std::string &id) const;
    bool has(const std::string &id) const;

private:
    KeyVault(std::string folder, SecretKey secret)
        : m_folder(std::move(folder)), m_secret(std::move(secret))
    {
    }
    std::string pathOf(const std::string &id) const;

    std::string m_folder;
    SecretKey m_secret;
};

} // namespace arc
