// SPDX-License-Identifier: Apache-2.0
#pragma once

struct bio_st;

namespace arc {

class TlsStream;

/// Between OpenSSL and the loop's buffers: reads what the last receive() brought, gathers what is
/// to be sent. Makes no system call. For tls_stream.cpp.
struct TlsBio {
    static bio_st *make(TlsStream &stream) noexcept; ///< null without memory
    static int read(bio_st *bio, char *into, int size) noexcept;
    static int write(bio_st *bio, const char *bytes, int size) noexcept;
    static long control(bio_st *bio, int command, long number, void *pointer) noexcept;
};

} // namespace arc
