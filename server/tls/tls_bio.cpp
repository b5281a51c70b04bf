// SPDX-License-Identifier: Apache-2.0
#include "server/tls/tls_bio.h"

#include "server/tls/openssl_ptr.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"

#include <algorithm>
#include <cstring>

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
    TlsLoop &loop = stream.m_loop;
    const auto count = static_cast<size_t>(std::max(size, 0));
    BIO_clear_retry_flags(bio);
    if (!stream.m_held.empty()) { // alerts and key updates while the socket is full
        if (stream.m_held.size() + count > TlsLoop::kGatherBytesMax * 2)
            return -1;
        stream.m_held.append(bytes, count);
        return size;
    }
    if (loop.m_outputSize + count > TlsLoop::kGatherBytesMax + TlsLoop::kGatherSlack)
        return -1;
    std::memcpy(loop.m_output.get() + loop.m_outputSize, bytes, count);
    loop.m_outputSize += count;
    return size;
}

long TlsBio::control(bio_st *, int command, long, void *) noexcept
{
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

} // namespace arc
