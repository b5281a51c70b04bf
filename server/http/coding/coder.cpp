// SPDX-License-Identifier: Apache-2.0
#include "server/http/coding/coder.h"

#include "server/base/assert.h"
#include "server/http/coding/coders.h"

namespace arc {

Coder::~Coder() = default;

std::unique_ptr<Coder> makeCoder(Coding coding, CodingLevel level)
{
    switch (coding) {
    case Coding::Gzip:
        return makeGzipCoder(level);
    case Coding::Brotli:
        return makeBrotliCoder(level);
    case Coding::Zstd:
        return makeZstdCoder(level);
    case Coding::Identity:
        break;
    }
    ARC_ASSERT(coding != Coding::Identity);
    return nullptr;
}

std::string codeWhole(Coding coding, CodingLevel level, std::string_view bytes)
{
    // Beyond this the strongest levels need seconds, and a client waits for the first answer.
    constexpr size_t kStrongestMax = 128 * 1024;
    const bool mayTakeLong = bytes.size() <= kStrongestMax;
    switch (coding) {
    case Coding::Gzip:
        return gzipWhole(level, bytes);
    case Coding::Brotli:
        return brotliWhole(level, mayTakeLong, bytes);
    case Coding::Zstd:
        return zstdWhole(level, mayTakeLong, bytes);
    case Coding::Identity:
        break;
    }
    return {};
}

} // namespace arc
