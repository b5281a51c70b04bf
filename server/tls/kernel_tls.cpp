// SPDX-License-Identifier: Apache-2.0
#include "server/tls/kernel_tls.h"

#include "server/base/assert.h"
#include "server/base/file_descriptor.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/socket.h>

namespace arc {

namespace {

constexpr std::array<std::string_view, kRecordCiphers> kNames {"AES-128-GCM", "AES-256-GCM",
                                                               "ChaCha20-Poly1305"};

/// One end of a connection of this computer with itself; the other one lives as long as `peer`.
FileDescriptor connectToSelf(FileDescriptor &peer) noexcept
{
    const auto make = [] {
        return FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    };
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *const where = reinterpret_cast<sockaddr *>(&address);
    const FileDescriptor listener = make();
    peer = make();
    if (!listener || !peer || ::bind(listener.get(), where, size) != 0
        || ::listen(listener.get(), 1) != 0 || ::getsockname(listener.get(), where, &size) != 0
        || ::connect(peer.get(), where, size) != 0)
        return {};
    return FileDescriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

std::string obstacleOf(int error)
{
    if (error == ENOENT)
        return "the kernel has none, or its module tls is not loaded (modprobe tls)";
    return fmt::format("the kernel says: {}", std::strerror(error));
}

} // namespace

std::string_view recordCipherName(RecordCipher cipher) noexcept
{
    return kNames[static_cast<size_t>(cipher)];
}

std::string KernelTls::cipherList() const
{
    std::string list;
    for (size_t i = 0; i < kRecordCiphers; ++i) {
        if (ciphers[i])
            list.append(list.empty() ? "" : ", ").append(kNames[i]);
    }
    return list;
}

KernelTls tryKernelTls()
{
    constexpr std::array<unsigned char, 32> kNoKey {};
    constexpr std::array<unsigned char, KernelTlsKey::kNonceBytes> kNoIv {};
    KernelTls found;
    int error = 0;
    for (size_t i = 0; i < kRecordCiphers; ++i) {
        FileDescriptor peer;
        const FileDescriptor socket = connectToSelf(peer);
        const KernelTlsKey key(static_cast<RecordCipher>(i), kNoKey, kNoIv, 0);
        found.ciphers[i] = socket && beginKernelTls(socket.get(), key);
        if (!found.ciphers[i] && !error)
            error = errno;
    }
    if (!found.isThere())
        found.obstacle = obstacleOf(error);
    return found;
}

template <class Info>
void KernelTlsKey::fill(std::span<const unsigned char> key,
                        std::span<const unsigned char, kNonceBytes> iv, uint64_t record,
                        uint16_t type) noexcept
{
    Info info {};
    static_assert(sizeof info.salt + sizeof info.iv == kNonceBytes);
    static_assert(sizeof info <= sizeof m_bytes && sizeof info.rec_seq == sizeof record);
    ARC_ASSERT(key.size() >= sizeof info.key);
    info.info = {.version = TLS_1_3_VERSION, .cipher_type = type};
    std::memcpy(info.key, key.data(), sizeof info.key);
    std::memcpy(info.salt, iv.data(), sizeof info.salt); // ChaCha20 has none
    std::memcpy(info.iv, iv.data() + sizeof info.salt, sizeof info.iv);
    const uint64_t number = __builtin_bswap64(record);
    std::memcpy(info.rec_seq, &number, sizeof number);
    std::memcpy(m_bytes.data(), &info, sizeof info);
    m_size = sizeof info;
    OPENSSL_cleanse(&info, sizeof info);
}

KernelTlsKey::KernelTlsKey(RecordCipher cipher, std::span<const unsigned char> key,
                           std::span<const unsigned char, kNonceBytes> iv, uint64_t record) noexcept
{
    switch (cipher) {
    case RecordCipher::Aes128:
        fill<tls12_crypto_info_aes_gcm_128>(key, iv, record, TLS_CIPHER_AES_GCM_128);
        return;
    case RecordCipher::Aes256:
        fill<tls12_crypto_info_aes_gcm_256>(key, iv, record, TLS_CIPHER_AES_GCM_256);
        return;
    case RecordCipher::ChaCha20:
        fill<tls12_crypto_info_chacha20_poly1305>(key, iv, record, TLS_CIPHER_CHACHA20_POLY1305);
        return;
    }
}

KernelTlsKey::~KernelTlsKey()
{
    OPENSSL_cleanse(m_bytes.data(), m_bytes.size());
}

bool beginKernelTls(int socket, const KernelTlsKey &key) noexcept
{
    constexpr std::string_view kProtocol = "tls";
    // The first of the two changes nothing by itself: what is written goes to TCP until there is a
    // key.
    return ::setsockopt(socket, IPPROTO_TCP, TCP_ULP, kProtocol.data(), kProtocol.size()) == 0
        && ::setsockopt(socket, SOL_TLS, TLS_TX, key.bytes().data(),
                        static_cast<socklen_t>(key.bytes().size()))
        == 0;
}

ssize_t sendKernelTlsRecord(int socket, uint8_t type, std::string_view plain) noexcept
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof type)> room {};
    iovec bytes {const_cast<char *>(plain.data()), plain.size()};
    msghdr message {};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_TLS;
    head->cmsg_type = TLS_SET_RECORD_TYPE;
    head->cmsg_len = CMSG_LEN(sizeof type);
    *CMSG_DATA(head) = type;
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

bool mayHoldKernelTlsRecord(int socket) noexcept
{
    pollfd one {.fd = socket, .events = POLLOUT, .revents = 0};
    return ::poll(&one, 1, 0) == 0;
}

} // namespace arc
