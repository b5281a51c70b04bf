// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

struct bio_st;

namespace arc {

class TlsStream;

/// Between OpenSSL and the loop's buffers: reads what the last receive() brought, gathers what is
/// to be sent. Makes no system call. For tls_stream.cpp.
///
/// To OpenSSL it looks like a socket whose kernel can do TLS (kTLS): so it is given the key for
/// what is sent once a handshake of TLS 1.3 is done, and from then on plain text, record by record.
struct TlsBio {
    static bio_st *make(TlsStream &stream) noexcept; ///< null without memory
    static int read(bio_st *bio, char *into, int size) noexcept;
    static int write(bio_st *bio, const char *bytes, int size) noexcept;
    static long control(bio_st *bio, int command, long number, void *pointer) noexcept;

private:
    static bool gathered(TlsStream &stream, std::string_view bytes) noexcept;
    static bool sealed(TlsStream &stream, std::string_view bytes) noexcept;
    static bool heldForKernel(TlsStream &stream, std::string_view bytes) noexcept;
};

} // namespace arc
