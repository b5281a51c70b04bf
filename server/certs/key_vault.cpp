// SPDX-License-Identifier: Apache-2.0
#include "server/certs/key_vault.h"

#include "server/certs/files.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

// A sealed file: magic, nonce, ciphertext, tag. The id is authenticated with it, so that two files
// cannot be swapped.
constexpr std::string_view kMagic = "ARCKEY1\n";
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kSealBytes = kMagic.size() + kNonceBytes + kTagBytes;

struct CipherFree {
    void operator()(EVP_CIPHER_CTX *context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, CipherFree>;

const unsigned char *bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char *>(text.data());
}
unsigned char *bytesOf(std::string &text, size_t from)
{
    return reinterpret_cast<unsigned char *>(text.data()) + from;
}

/// Empty on failure.
std::string seal(const unsigned char *secret, std::string_view id, std::string_view plain)
{
    std::string out(kSealBytes + plain.size(), '\0');
    std::copy(kMagic.begin(), kMagic.end(), out.begin());
    unsigned char *nonce = bytesOf(out, kMagic.size());
    unsigned char *body = nonce + kNonceBytes;
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    const bool sealed = RAND_bytes(nonce, kNonceBytes) == 1
        && EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), secret, nonce, nullptr) == 1
        && EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytesOf(id), int(id.size())) == 1
        && EVP_EncryptUpdate(cipher.get(), body, &size, bytesOf(plain), int(plain.size())) == 1
        && EVP_EncryptFinal_ex(cipher.get(), body + size, &size) == 1
        && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, body + plain.size())
            == 1;
    return sealed ? out : std::string();
}

/// Empty when it was not sealed with this secret under this id.
std::string unseal(const unsigned char *secret, std::string_view id, std::string sealed)
{
    if (sealed.size() <= kSealBytes || !sealed.starts_with(kMagic))
        return {};
    const size_t plainSize = sealed.size() - kSealBytes;
    const unsigned char *nonce = bytesOf(sealed, kMagic.size());
    unsigned char *body = bytesOf(sealed, kMagic.size() + kNonceBytes);
    std::string plain(plainSize, '\0');
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    const bool opened =
        EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), secret, nonce, nullptr) == 1
        && EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytesOf(id), int(id.size())) == 1
        && EVP_DecryptUpdate(cipher.get(), bytesOf(plain, 0), &size, body, int(plainSize)) == 1
        && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, body + plainSize)
            == 1
        && EVP_DecryptFinal_ex(cipher.get(), bytesOf(plain, 0) + size, &size) == 1;
    if (!opened) {
        OPENSSL_cleanse(plain.data(), plain.size());
        plain.clear();
    }
    return plain;
}

bool isId(std::string_view id)
{
    return id.size() == 64 && id.find_first_not_of("0123456789abcdef") == id.npos;
}

} // namespace

Result<KeyVault> KeyVault::open(const std::string &dataDir)
{
    KeyVault vault(dataDir + "/keys");
    if (auto made = makeFolder(vault.m_folder); !made)
        return std::move(made).error();
    const std::string path = dataDir + "/secret.key";
    auto secret = readSmallFile(path, kSecretBytes);
    if (!secret && secret.error().code() != ErrorCode::NotFound)
        return std::move(secret).error();
    if (!secret) {
        std::string fresh(kSecretBytes, '\0');
        if (RAND_priv_bytes(bytesOf(fresh, 0), kSecretBytes) != 1)
            return Error {ErrorCode::Internal, "no random bytes for secret.key"};
        if (auto written = replaceFile(path, fresh, 0600); !written)
            return std::move(written).error();
        secret = std::move(fresh);
    }
    struct stat info { };
    if (::stat(path.c_str(), &info) != 0 || (info.st_mode & 077) != 0)
        return Error {ErrorCode::DataDir,
                      fmt::format("{} can be read by others; run: chmod 600 {}", path, path)};
    if (secret->size() != kSecretBytes)
        return Error {
            ErrorCode::DataDir,
            fmt::format("{} is damaged: it should have {} bytes; restore it, or remove it and "
                        "import the certificates again",
                        path, kSecretBytes)};
    std::memcpy(vault.m_secret.data(), secret->data(), kSecretBytes);
    OPENSSL_cleanse(secret->data(), secret->size());
    return vault;
}

KeyVault::KeyVault(KeyVault &&other) noexcept
    : m_folder(std::move(other.m_folder)), m_secret(other.m_secret)
{
    OPENSSL_cleanse(other.m_secret.data(), other.m_secret.size());
}

KeyVault::~KeyVault()
{
    OPENSSL_cleanse(m_secret.data(), m_secret.size());
}

std::string KeyVault::pathOf(const std::string &id) const
{
    return m_folder + "/" + id + ".key";
}

Result<void> KeyVault::put(const std::string &id, std::string_view keyPem)
{
    if (!isId(id) || keyPem.empty() || keyPem.size() > kKeyBytesMax)
        return Error {ErrorCode::Internal, "a key without a proper name or size"};
    const std::string sealed = seal(m_secret.data(), id, keyPem);
    if (sealed.empty())
        return Error {ErrorCode::Internal, "a private key could not be sealed"};
    return replaceFile(pathOf(id), sealed, 0600);
}

Result<std::string> KeyVault::get(const std::string &id) const
{
    if (!isId(id))
        return Error {ErrorCode::NotFound, "its private key is not in this data directory"};
    auto sealed = readSmallFile(pathOf(id), kKeyBytesMax + kSealBytes);
    if (!sealed && sealed.error().code() == ErrorCode::NotFound)
        return Error {ErrorCode::NotFound,
                      "its private key is not in this data directory; import both with: arcology "
                      "ctl cert import"};
    if (!sealed)
        return std::move(sealed).error();
    std::string plain = unseal(m_secret.data(), id, std::move(*sealed));
    if (plain.empty())
        return Error {ErrorCode::Invalid,
                      fmt::format("{} was not sealed with this data directory's secret.key; import "
                                  "both again with: arcology ctl cert import",
                                  pathOf(id))};
    return plain;
}

bool KeyVault::has(const std::string &id) const
{
    return isId(id) && ::access(pathOf(id).c_str(), R_OK) == 0;
}

} // namespace arc
