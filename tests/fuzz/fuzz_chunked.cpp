// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/chunked.h"
#include "tests/fuzz/check.h"

#include <algorithm>
#include <string>

using namespace arc;

namespace {

struct Decoded {
    ChunkStep step = ChunkStep::NeedMore;
    std::string body;
    size_t used = 0;
};

Decoded decode(std::string_view bytes, size_t piece)
{
    ChunkedDecoder decoder;
    Decoded all;
    while (!bytes.empty()) {
        const ChunkPiece result = decoder.decode(bytes.substr(0, piece));
        FUZZ_CHECK(result.bytesUsed <= piece);
        all.step = result.step;
        all.used += result.bytesUsed;
        all.body += result.data;
        if (result.step == ChunkStep::Done || result.step == ChunkStep::Refuse)
            return all;
        FUZZ_CHECK(result.bytesUsed > 0);
        bytes.remove_prefix(result.bytesUsed);
    }
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const size_t step = 1 + data[0] % 16;
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
    const Decoded whole = decode(bytes, std::max<size_t>(bytes.size(), 1));
    const Decoded pieces = decode(bytes, step);
    FUZZ_CHECK((whole.step == ChunkStep::Done) == (pieces.step == ChunkStep::Done));
    FUZZ_CHECK((whole.step == ChunkStep::Refuse) == (pieces.step == ChunkStep::Refuse));
    FUZZ_CHECK(whole.body == pieces.body && whole.used == pieces.used);

    // What is encoded decodes to itself, in chunks of any size.
    std::string encoded;
    for (size_t at = 0; at < bytes.size(); at += step) {
        const std::string_view part = bytes.substr(at, step);
        encoded.append(ChunkHeader(part.size()).text()).append(part).append(kChunkEnd);
    }
    encoded += kLastChunk;
    const Decoded again = decode(encoded, step + 3);
    FUZZ_CHECK(again.step == ChunkStep::Done && again.body == bytes
               && again.used == encoded.size());
    return 0;
}
