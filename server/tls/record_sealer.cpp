// SPDX-License-Identifier: Apache-2.0
#include "server/tls/record_sealer.h"

#include <cstring>
#include <new>

#include <linux/tls.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

namespace arc {

namespace {

constexpr size_t kHeadBytes = 5;
constexpr size_t kTagBytes = 16;

} // namespace

// ---- ciphers

SealingCiphers::~SealingCiphers()
{
    for (const Slot &slot : m_slots)
        EVP_CIPHER_CTX_free(slot.context);
    for (evp_cipher_st *cipher : m_ciphers)
        EVP_CIPHER_free(cipher);
}

const evp_cipher_st *SealingCiphers::cipher(RecordCipher kind) noexcept
{
    evp_cipher_st *&known = m_ciphers[static_cast<size_t>(kind)];
    if (!known)
        known = EVP_CIPHER_fetch(nullptr, recordCipherName(kind).data(), nullptr);
    return known;
}

evp_cipher_ctx_st *SealingCiphers::contextOf(RecordSealer &sealer) noexcept
{
    if (Slot &slot = m_slots[sealer.m_slot]; slot.owner == &sealer)
        return slot.context;
    sealer.m_slot = static_cast<uint16_t>(m_next);
    m_next = (m_next + 1) % kSlots;
    Slot &slot = m_slots[sealer.m_slot];
    slot.owner = nullptr;
    if (!slot.context)
        slot.context = EVP_CIPHER_CTX_new();
    const evp_cipher_st *wanted = cipher(sealer.m_cipher);
    if (!slot.context || !wanted
        || EVP_EncryptInit_ex2(slot.context, wanted, sealer.m_key.data(), nullptr, nullptr) != 1) {
        ERR_clear_error();
        return nullptr;
    }
    slot.owner = &sealer;
    return slot.context;
}

void SealingCiphers::forget(const RecordSealer &sealer) noexcept
{
    Slot &slot = m_slots[sealer.m_slot];
    if (slot.owner != &sealer)
        return;
    slot.owner = nullptr;
    EVP_CIPHER_CTX_reset(slot.context); // with what it made of the key
}

// ---- records

template <class Info>
void RecordSealer::take(const Info &info, RecordCipher cipher) noexcept
{
    static_assert(sizeof info.salt + sizeof info.iv == sizeof m_iv);
    static_assert(sizeof info.key <= sizeof m_key && sizeof info.rec_seq == sizeof m_number);
    m_cipher = cipher;
    std::memcpy(m_iv.data(), info.salt, sizeof info.salt); // ChaCha20 has none
    std::memcpy(m_iv.data() + sizeof info.salt, info.iv, sizeof info.iv);
    std::memcpy(m_key.data(), info.key, sizeof info.key);
    std::memcpy(&m_number, info.rec_seq, sizeof m_number);
    m_number = __builtin_bswap64(m_number);
}

std::unique_ptr<RecordSealer> RecordSealer::make(SealingCiphers &ciphers,
                                                 const tls_crypto_info *info) noexcept
{
    if (!info || info->version != TLS_1_3_VERSION)
        return nullptr;
    std::unique_ptr<RecordSealer> made(new (std::nothrow) RecordSealer(ciphers));
    if (!made)
        return nullptr;
    switch (info->cipher_type) {
    case TLS_CIPHER_AES_GCM_128:
        made->take(reinterpret_cast<const tls12_crypto_info_aes_gcm_128 &>(*info),
                   RecordCipher::Aes128);
        break;
    case TLS_CIPHER_AES_GCM_256:
        made->take(reinterpret_cast<const tls12_crypto_info_aes_gcm_256 &>(*info),
                   RecordCipher::Aes256);
        break;
    case TLS_CIPHER_CHACHA20_POLY1305:
        made->take(reinterpret_cast<const tls12_crypto_info_chacha20_poly1305 &>(*info),
                   RecordCipher::ChaCha20);
        break;
    default:
        return nullptr;
    }
    return ciphers.contextOf(*made) ? std::move(made) : nullptr;
}

KernelTlsKey RecordSealer::kernelKey() const noexcept
{
    return {m_cipher, m_key, m_iv, m_number};
}

RecordSealer::~RecordSealer()
{
    m_ciphers.forget(*this);
    OPENSSL_cleanse(m_key.data(), m_key.size());
}

size_t RecordSealer::seal(Type type, std::string_view plain, char *to) noexcept
{
    evp_cipher_ctx_st *context = m_ciphers.contextOf(*this);
    auto *const head = reinterpret_cast<unsigned char *>(to);
    unsigned char *const inner = head + kHeadBytes;
    const size_t innerBytes = plain.size() + 1;
    const size_t sealedBytes = innerBytes + kTagBytes;
    head[0] = static_cast<unsigned char>(Type::Data); // the true one is inside
    head[1] = head[2] = 3;
    head[3] = static_cast<unsigned char>(sealedBytes >> 8);
    head[4] = static_cast<unsigned char>(sealedBytes);
    std::memcpy(inner, plain.data(), plain.size());
    inner[plain.size()] = static_cast<unsigned char>(type);

    std::array<unsigned char, 12> nonce = m_iv; // with the number in its last bytes
    uint64_t number = 0;
    std::memcpy(&number, nonce.data() + 4, sizeof number);
    number ^= __builtin_bswap64(m_number++);
    std::memcpy(nonce.data() + 4, &number, sizeof number);

    int done = 0;
    int rest = 0;
    if (!context || EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) != 1
        || EVP_EncryptUpdate(context, nullptr, &rest, head, kHeadBytes) != 1
        || EVP_EncryptUpdate(context, inner, &done, inner, static_cast<int>(innerBytes)) != 1
        || EVP_EncryptFinal_ex(context, inner + done, &rest) != 1
        || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, inner + innerBytes)
            != 1) {
        ERR_clear_error();
        return 0;
    }
    return kHeadBytes + sealedBytes;
}

} // namespace arc
