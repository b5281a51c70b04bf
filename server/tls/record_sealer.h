// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/tls/kernel_tls.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct evp_cipher_st;
struct evp_cipher_ctx_st;
struct tls_crypto_info;

namespace arc {

class RecordSealer;

/// The ciphers of the sealers of one loop. A cipher with its key takes more than a kilobyte, so
/// only those connections have one that wrote last; who comes back sets its key anew. Confined to
/// its loop.
class SealingCiphers {
public:
    static constexpr size_t kSlots = 256;

    SealingCiphers() = default;
    ~SealingCiphers();
    SealingCiphers(const SealingCiphers &) = delete;

private:
    friend class RecordSealer;
    struct Slot {
        const RecordSealer *owner = nullptr;
        evp_cipher_ctx_st *context = nullptr;
    };
    const evp_cipher_st *cipher(RecordCipher kind) noexcept;
    /// Null without memory.
    evp_cipher_ctx_st *contextOf(RecordSealer &sealer) noexcept;
    void forget(const RecordSealer &sealer) noexcept;

    std::array<Slot, kSlots> m_slots {};
    std::array<evp_cipher_st *, kRecordCiphers> m_ciphers {};
    size_t m_next = 0;
};

/// Makes the records of one side of a TLS 1.3 connection (RFC 8446 5.2), straight into the memory
/// they are sent from. The cipher is OpenSSL's; what its own record layer does around it costs more
/// than the cipher of a small record.
///
/// OpenSSL gives the key away as it would to a kernel that can do TLS, in the kernel's form.
/// Confined to its loop.
class RecordSealer {
public:
    enum class Type : uint8_t { Alert = 21, Handshake = 22, Data = 23 };
    static constexpr size_t kPlainBytesMax = 16 * 1024;
    static constexpr size_t kOverhead = 5 + 1 + 16; ///< header, type, tag

    /// Null: another version or cipher than we know, or no memory; OpenSSL then does it itself.
    static std::unique_ptr<RecordSealer> make(SealingCiphers &ciphers,
                                              const tls_crypto_info *info) noexcept;
    ~RecordSealer();
    RecordSealer(const RecordSealer &) = delete;

    /// Writes one record of at most kPlainBytesMax; `to` has room for it. Returns its size; 0: it
    /// failed, and no record may follow.
    size_t seal(Type type, std::string_view plain, char *to) noexcept;

    RecordCipher cipher() const noexcept { return m_cipher; }
    /// For whoever makes the records in our place, beginning with the next one.
    KernelTlsKey kernelKey() const noexcept;

private:
    friend class SealingCiphers;
    explicit RecordSealer(SealingCiphers &ciphers) noexcept : m_ciphers(ciphers) { }
    template <class Info>
    void take(const Info &info, RecordCipher cipher) noexcept;

    SealingCiphers &m_ciphers;
    uint64_t m_number = 0; ///< of the next record
    std::array<unsigned char, KernelTlsKey::kNonceBytes> m_iv {};
    std::array<unsigned char, 32> m_key {};
    uint16_t m_slot = 0; ///< of the ciphers, if that still has us as its owner
    RecordCipher m_cipher = RecordCipher::Aes128;
};

} // namespace arc
