// SPDX-License-Identifier: Apache-2.0
#include "server/certs/key_vault.h"

#include "server/secrets/files.h"

#include <fmt/format.h>
#include <unistd.h>

namespace arc {

namespace {

bool isId(std::string_view id)
{
    return id.size() == 64 && id.find_first_not_of("0123456789abcdef") == id.npos;
}

} // namespace

Result<KeyVault> KeyVault::open(const std::string &dataDir)
{
    const std::string folder = dataDir + "/keys";
    if (auto made = makeFolder(folder); !made)
        return std::move(made).error();
    auto key = SecretKey::open(dataDir, SecretKey::IfMissing::Make);
    if (!key)
        return std::move(key).error();
    return KeyVault(folder, std::move(*key));
}

std::string KeyVault::pathOf(const std::string &id) const
{
    return m_folder + "/" + id + ".key";
}

Result<void> KeyVault::put(const std::string &id, std::string_view keyPem)
{
    if (!isId(id) || keyPem.empty() || keyPem.size() > kKeyBytesMax)
        return Error {ErrorCode::Internal, "a key without a proper name or size"};
    const std::string sealed = m_secret.seal(id, keyPem);
    if (sealed.empty())
        return Error {ErrorCode::Internal, "a private key could not be sealed"};
    return replaceFile(pathOf(id), sealed, 0600);
}

Result<std::string> KeyVault::get(const std::string &id) const
{
    if (!isId(id))
        return Error {ErrorCode::NotFound, "its private key is not in this data directory"};
    auto sealed = readSmallFile(pathOf(id), kKeyBytesMax + SecretKey::kSealBytes);
    if (!sealed && sealed.error().code() == ErrorCode::NotFound)
        return Error {ErrorCode::NotFound,
                      "its private key is not in this data directory; import both with: arcology "
                      "ctl cert import"};
    if (!sealed)
        return std::move(sealed).error();
    auto plain = m_secret.unseal(id, std::move(*sealed));
    if (!plain || plain->empty())
        return Error {ErrorCode::Invalid,
                      fmt::format("{} was not sealed with this data directory's secret.key; import "
                                  "both again with: arcology ctl cert import",
                                  pathOf(id))};
    return std::move(*plain);
}

bool KeyVault::has(const std::string &id) const
{
    return isId(id) && ::access(pathOf(id).c_str(), R_OK) == 0;
}

} // namespace arc
