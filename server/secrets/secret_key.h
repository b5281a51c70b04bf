// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace arc {

/// The key under which a data directory keeps what nobody may read: 32 random bytes in the file
/// `secret.key` (0600) beside the database. Seals with AES-256-GCM (NIST SP 800-38D), a random
/// nonce of 96 bits for each. Touches the disk in open() only. One thread at a time.
class SecretKey {
public:
    /// What sealing adds to a text, in bytes: magic, nonce, tag.
    static constexpr size_t kSealBytes = 8 + 12 + 16;

    enum class IfMissing { Make, Refuse };

    /// DataDir: unreadable, of the wrong size, or open to other users. NotFound: not there, where
    /// it shall not be made.
    static Result<SecretKey> open(const std::string &dataDir, IfMissing ifMissing);
    static std::string pathIn(const std::string &dataDir) { return dataDir + "/secret.key"; }
    SecretKey(SecretKey &&other) noexcept;
    ~SecretKey(); ///< wipes the key

    /// The place is authenticated with it, so that a sealed text opens nowhere else. Empty when
    /// there is no randomness.
    std::string seal(std::string_view place, std::string_view plain) const;
    /// Nothing when it was not sealed with this key for this place, or is damaged. Whoever gets it
    /// wipes it.
    std::optional<std::string> unseal(std::string_view place, std::string sealed) const;

private:
    static constexpr size_t kKeyBytes = 32;
    SecretKey() = default;

    std::array<unsigned char, kKeyBytes> m_key {};
};

} // namespace arc
