// SPDX-License-Identifier: Apache-2.0
#include "server/tls/tls_bio.h"

#include "server/tls/openssl_ptr.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace arc {

namespace {

BIO_METHOD *makeMethod() noexcept
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "arcology");
    if (method) {
        BIO_meth_set_read(method, &TlsBio::read);
        BIO_meth_set_write(method, &TlsBio::write);
        BIO_meth_set_ctrl(method, &TlsBio::control);
    }
    return method;
}

TlsStream &streamOf(BIO *bio) noexcept
{
    return *static_cast<TlsStream *>(BIO_get_data(bio));
}

} // namespace

bio_st *TlsBio::make(TlsStream &stream) noexcept
{
    static BIO_METHOD *const method = makeMethod(); // lives as long as the program
    BIO *bio = method ? BIO_new(method) : nullptr;
    if (bio) {
        BIO_set_data(bio, &stream);
        BIO_set_init(bio, 1);
    }
    return bio;
}

int TlsBio::read(bio_st *bio, char *into, int size) noexcept
{
    TlsLoop &loop = streamOf(bio).m_loop;
    BIO_clear_retry_flags(bio);
    const size_t count =
        std::min(static_cast<size_t>(std::max(size, 0)), loop.m_inputEnd - loop.m_inputAt);
    if (!count) {
        BIO_set_retry_read(bio);
        return -1;
    }
    std::memcpy(into, loop.m_input.get() + loop.m_inputAt, count);
    loop.m_inputAt += count;
    return static_cast<int>(count);
}

int TlsBio::write(bio_st *bio, const char *bytes, int size) noexcept
{
    TlsStream &stream = streamOf(bio);
    const std::string_view text(bytes, static_cast<size_t>(std::max(size, 0)));
    BIO_clear_retry_flags(bio);
    const bool taken = stream.m_isInKernel ? heldForKernel(stream, text)
        : stream.m_sealer                  ? sealed(stream, text)
                                           : gathered(stream, text);
    return taken ? size : -1;
}

bool TlsBio::gathered(TlsStream &stream, std::string_view bytes) noexcept
{
    TlsLoop &loop = stream.m_loop;
    if (!stream.m_held.empty()) { // alerts and key updates while the socket is full
        if (stream.m_held.size() + bytes.size() > TlsLoop::kGatherBytesMax * 2)
            return false;
        stream.m_held.append(bytes);
        return true;
    }
    if (loop.m_outputSize + bytes.size() > TlsLoop::kGatherBytesMax + TlsLoop::kGatherSlack)
        return false;
    std::memcpy(loop.m_output.get() + loop.m_outputSize, bytes.data(), bytes.size());
    loop.m_outputSize += bytes.size();
    return true;
}

/// Messages that OpenSSL makes by itself: session tickets, alerts, key updates.
bool TlsBio::sealed(TlsStream &stream, std::string_view bytes) noexcept
{
    constexpr char kKeyUpdate = 24;      // RFC 8446 4
    constexpr size_t kKeyUpdateSize = 5; // RFC 8446 4.6.3: type, length, one byte
    constexpr auto kHandshake = RecordSealer::Type::Handshake;
    // In the handshake OpenSSL may send one message in several pieces, but tells the type once.
    const auto type = std::exchange(stream.m_sealedType,
                                    stream.isHandshaking() ? kHandshake : RecordSealer::Type::Data);
    char record[RecordSealer::kPlainBytesMax + RecordSealer::kOverhead];
    for (std::string_view left = bytes; !left.empty();) {
        const std::string_view part = left.substr(0, RecordSealer::kPlainBytesMax);
        const size_t size = stream.m_sealer->seal(type, part, record);
        if (!size || !gathered(stream, {record, size}))
            return false;
        left.remove_prefix(part.size());
    }
    // What follows is sealed with a key that we are not told.
    if (type == kHandshake && bytes.size() == kKeyUpdateSize && bytes.starts_with(kKeyUpdate))
        stream.m_sealer.reset();
    return true;
}

/// An alert; the stream writes nothing else through OpenSSL then.
bool TlsBio::heldForKernel(TlsStream &stream, std::string_view bytes) noexcept
{
    if (stream.m_sealedType != RecordSealer::Type::Alert)
        return false;
    stream.m_held.append(bytes);
    return true;
}

long TlsBio::control(bio_st *bio, int command, long number, void *pointer) noexcept
{
    // Those that bio.h names in a comment only.
    constexpr int kSetSendKey = 72;
    constexpr int kSetRecordType = 74;
    TlsStream &stream = streamOf(bio);
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case kSetSendKey: // or, with a zero, the one for what is received
        if (!number || stream.m_isInKernel)
            return 0;
        stream.m_sealer = RecordSealer::make(stream.m_loop.m_sealing,
                                             static_cast<const tls_crypto_info *>(pointer));
        // In the handshake tickets come next. Later it is the key behind a key update, which
        // OpenSSL tells from 3.2 on; data follows, of which the type is not told.
        stream.m_sealedType =
            stream.isHandshaking() ? RecordSealer::Type::Handshake : RecordSealer::Type::Data;
        return stream.m_sealer != nullptr;
    case BIO_CTRL_GET_KTLS_SEND:
        return stream.m_sealer || stream.m_isInKernel;
    case kSetRecordType:
        stream.m_sealedType = static_cast<RecordSealer::Type>(number);
        return 0;
    default:
        return 0;
    }
}

} // namespace arc
