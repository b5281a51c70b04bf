// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace arc {

/// Ciphers of TLS 1.3 whose records we make, or have made.
enum class RecordCipher : uint8_t { Aes128, Aes256, ChaCha20 };
inline constexpr size_t kRecordCiphers = 3;
/// "AES-128-GCM": OpenSSL's name, with a zero behind it.
std::string_view recordCipherName(RecordCipher cipher) noexcept;

/// What the kernel can do for TLS 1.3 in the direction we send (kTLS). Immutable.
struct KernelTls {
    std::array<bool, kRecordCiphers> ciphers {};
    std::string obstacle; ///< why it has no cipher; empty when it has one

    bool isThere() const noexcept { return ciphers != std::array<bool, kRecordCiphers> {}; }
    bool knows(RecordCipher cipher) const noexcept { return ciphers[static_cast<size_t>(cipher)]; }
    std::string cipherList() const; ///< "AES-128-GCM, AES-256-GCM"
};

/// Tries it over connections of this computer with itself. Takes milliseconds; where we may, the
/// kernel loads its module for it.
KernelTls tryKernelTls();

/// A key and the number of the next record, in the form that the kernel takes. Wiped at its end.
class KernelTlsKey {
public:
    static constexpr size_t kNonceBytes = 12;
    /// `key` may be longer than the cipher wants.
    KernelTlsKey(RecordCipher cipher, std::span<const unsigned char> key,
                 std::span<const unsigned char, kNonceBytes> iv, uint64_t record) noexcept;
    ~KernelTlsKey();
    KernelTlsKey(const KernelTlsKey &) = delete;

    /// One of the structs of linux/tls.h.
    std::span<const unsigned char> bytes() const noexcept { return {m_bytes.data(), m_size}; }

private:
    template <class Info>
    void fill(std::span<const unsigned char> key, std::span<const unsigned char, kNonceBytes> iv,
              uint64_t record, uint16_t type) noexcept;

    alignas(8) std::array<unsigned char, 56> m_bytes {};
    size_t m_size = 0;
};

/// From now on the kernel makes records of what is written to the socket: bytes of any size, parts
/// of files by sendfile. There is no way back. False: nothing has changed.
bool beginKernelTls(int socket, const KernelTlsKey &key) noexcept;
/// Sends what is no data, of which the kernel is told the type. As send(); all or nothing.
ssize_t sendKernelTlsRecord(int socket, uint8_t type, std::string_view plain) noexcept;
/// Whether a part of the last record may still be in the kernel's TLS because TCP has no room: that
/// is lost when the socket is closed now. Where a third of the socket's buffer is free, the kernel
/// finds room for it as it closes.
bool mayHoldKernelTlsRecord(int socket) noexcept;

} // namespace arc
