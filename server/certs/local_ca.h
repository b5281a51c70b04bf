// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/certs/key_vault.h"
#include "server/tls/certificate.h"
#include "server/tls/tls_config.h"

#include <memory>
#include <string>
#include <vector>

namespace arc {

/// The certificate authority of this data directory, for names that no public one signs: localhost,
/// names below it, loopback addresses and the host's own name.
///
/// Its root key is made in memory, signs one intermediate that is constrained to those names, and
/// is gone: whoever trusts the root trusts nothing else by it. The certificates lie in `ca/`, the
/// intermediate's key in the vault. Touches the disk in open() only. One thread at a time.
class LocalCa {
public:
    static constexpr std::string_view kDefaultId = "local";
    static constexpr int kLeafDays = 90;
    /// A leaf is replaced, and an authority made anew, when this much is left.
    static constexpr int kRenewDays = 30;
    static constexpr int kCaDays = 3650;

    /// Reads the authority or makes it: there is none or only part of one, it ends too soon for
    /// another leaf, it was made for another host name, or its key is lost. DataDir: a file cannot
    /// be read or written now.
    static Result<LocalCa> open(const std::string &dataDir, KeyVault &vault,
                                const std::string &hostName, int64_t nowUnix);

    /// Whether the intermediate may sign for it.
    bool permits(std::string_view name) const;
    /// A fresh key and a certificate for the names, all of them permitted; it is called `id`.
    Result<std::shared_ptr<const TlsIdentity>> sign(const std::vector<std::string> &names,
                                                    int64_t nowUnix,
                                                    std::string_view id = kDefaultId) const;

    const std::string &rootPem() const noexcept { return m_rootPem; }
    const std::string &rootPath() const noexcept { return m_rootPath; }
    const std::string &hostName() const noexcept { return m_hostName; }

    LocalCa(LocalCa &&) noexcept = default;
    ~LocalCa();

private:
    LocalCa() = default;
    std::string m_rootPath;
    std::string m_rootPem;
    std::string m_intermediatePem;
    std::string m_keyPem;
    std::string m_hostName;
};

/// What this computer calls itself, in lower case; empty when that is no DNS name.
std::string ownHostName();

} // namespace arc
