// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <array>
#include <string>
#include <string_view>

namespace arc {

/// Private keys at rest: each sealed with AES-256-GCM in a file of its own, `keys/<id>.key`, under
/// the key in `secret.key` (0600) of the data directory. An id is the SHA-256 of the public key in
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
    KeyVault(KeyVault &&other) noexcept;
    ~KeyVault(); ///< wipes the key

    Result<void> put(const std::string &id, std::string_view keyPem);
    /// NotFound when there is none, Invalid when it was sealed with another secret or is damaged,
    /// DataDir when it cannot be read now. Whoever gets it wipes it.
    Result<std::string> get(const std::string &id) const;
    bool has(const std::string &id) const;

private:
    static constexpr size_t kSecretBytes = 32;
    explicit KeyVault(std::string folder) : m_folder(std::move(folder)) { }
    std::string pathOf(const std::string &id) const;

    std::string m_folder;
    std::array<unsigned char, kSecretBytes> m_secret {};
};

} // namespace arc
