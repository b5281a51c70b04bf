// SPDX-License-Identifier: Apache-2.0
#include "server/tls/openssl_memory.h"

#include <cstddef>
#include <cstdlib>

#include <malloc.h>
#include <openssl/crypto.h>

namespace arc {

namespace {

/// A record of 16 KiB with header, padding and tag needs a little more than that.
constexpr size_t kRecordBytesMin = 16 * 1024;
constexpr size_t kBufferBytes = 18 * 1024;
/// A thread has one or two in use at a time; more are held by connections with half a record.
constexpr size_t kKeptMax = 8;

struct Kept {
    void *buffers[kKeptMax];
    size_t count;
    bool hasEnded; // the thread has; OpenSSL may give back more after that
};
thread_local constinit Kept tKept {};

struct AtThreadEnd {
    ~AtThreadEnd()
    {
        tKept.hasEnded = true;
        while (tKept.count)
            std::free(tKept.buffers[--tKept.count]);
    }
    void isNeeded() const noexcept { } ///< who never calls it has none
};
thread_local AtThreadEnd tAtThreadEnd;

void *take(size_t size, const char *, int)
{
    if (size <= kRecordBytesMin || size > kBufferBytes)
        return size ? std::malloc(size) : nullptr; // of nothing: as OpenSSL's own
    return tKept.count ? tKept.buffers[--tKept.count] : std::malloc(kBufferBytes);
}

void *resize(void *memory, size_t size, const char *, int)
{
    return std::realloc(memory, size);
}

void give(void *memory, const char *, int)
{
    const size_t size = ::malloc_usable_size(memory); // 0 of null
    if (size < kBufferBytes || size >= kBufferBytes + 64 || tKept.count == kKeptMax
        || tKept.hasEnded) {
        std::free(memory);
        return;
    }
    tAtThreadEnd.isNeeded();
    tKept.buffers[tKept.count++] = memory;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsWatched = true; // what is kept would hide that it is used after it was freed
#else
constexpr bool kIsWatched = false;
#endif

} // namespace

bool keepRecordBuffers() noexcept
{
    return !kIsWatched && CRYPTO_set_mem_functions(&take, &resize, &give) == 1;
}

} // namespace arc
