// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/secret_key.h"

#include "server/secrets/files.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>

namespace arc {

namespace {

// A sealed text: magic, nonce, ciphertext, tag.
constexpr std::string_view kMagic = "ARCKEY1\n";
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
static_assert(SecretKey::kSealBytes == kMagic.size() + kNonceBytes + kTagBytes);

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

} // namespace

Result<SecretKey> SecretKey::open(const std::string &dataDir, IfMissing ifMissing)
{
    const std::string path = pathIn(dataDir);
    auto bytes = readSmallFile(path, kKeyBytes);
    if (!bytes && bytes.error().code() != ErrorCode::NotFound)
        return std::move(bytes).error();
    if (!bytes && ifMissing == IfMissing::Refuse)
        return Error {ErrorCode::NotFound, fmt::format("{} is missing", path)};
    if (!bytes) {
        std::string fresh(kKeyBytes, '\0');
        if (RAND_priv_bytes(bytesOf(fresh, 0), kKeyBytes) != 1)
            return Error {ErrorCode::Internal, "no random bytes for secret.key"};
        if (auto written = replaceFile(path, fresh, 0600); !written)
            return std::move(written).error();
        bytes = std::move(fresh);
    }
    struct stat info { };
    if (::stat(path.c_str(), &info) != 0 || (info.st_mode & 077) != 0)
        return Error {ErrorCode::DataDir,
                      fmt::format("{} can be read by others; run: chmod 600 {}", path, path)};
    if (bytes->size() != kKeyBytes)
        return Error {
            ErrorCode::DataDir,
            fmt::format("{} is damaged: it should have {} bytes; restore it, or remove it, and "
                        "import certificates and set secrets of apps again",
                        path, kKeyBytes)};
    SecretKey key;
    std::memcpy(key.m_key.data(), bytes->data(), kKeyBytes);
    OPENSSL_cleanse(bytes->data(), bytes->size());
    return key;
}

SecretKey::SecretKey(SecretKey &&other) noexcept : m_key(other.m_key)
{
    OPENSSL_cleanse(other.m_key.data(), other.m_key.size());
}

SecretKey::~SecretKey()
{
    OPENSSL_cleanse(m_key.data(), m_key.size());
}

std::string SecretKey::seal(std::string_view place, std::string_view plain) const
{
    std::string out(kSealBytes + plain.size(), '\0');
    std::copy(kMagic.begin(), kMagic.end(), out.begin());
    unsigned char *nonce = bytesOf(out, kMagic.size());
    unsigned char *body = nonce + kNonceBytes;
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX *context = cipher.get();
    int size = 0;
    const bool sealed = RAND_bytes(nonce, kNonceBytes) == 1
        && EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), m_key.data(), nonce, nullptr) == 1
        && EVP_EncryptUpdate(context, nullptr, &size, bytesOf(place), int(place.size())) == 1
        && EVP_EncryptUpdate(context, body, &size, bytesOf(plain), int(plain.size())) == 1
        && EVP_EncryptFinal_ex(context, body + plain.size(), &size) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, body + plain.size()) == 1;
    return sealed ? out : std::string();
}

std::optional<std::string> SecretKey::unseal(std::string_view place, std::string sealed) const
{
    if (sealed.size() < kSealBytes || !sealed.starts_with(kMagic))
        return std::nullopt;
    const size_t plainSize = sealed.size() - kSealBytes;
    const unsigned char *nonce = bytesOf(sealed, kMagic.size());
    unsigned char *body = bytesOf(sealed, kMagic.size() + kNonceBytes);
    std::string plain(plainSize, '\0');
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX *context = cipher.get();
    int size = 0;
    const bool opened =
        EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), m_key.data(), nonce, nullptr) == 1
        && EVP_DecryptUpdate(context, nullptr, &size, bytesOf(place), int(place.size())) == 1
        && EVP_DecryptUpdate(context, bytesOf(plain, 0), &size, body, int(plainSize)) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, body + plainSize) == 1
        && EVP_DecryptFinal_ex(context, bytesOf(plain, 0) + plainSize, &size) == 1;
    if (opened)
        return plain;
    OPENSSL_cleanse(plain.data(), plain.size());
    return std::nullopt;
}

} // namespace arc
