// SPDX-License-Identifier: Apache-2.0
#include "tests/support/decoding.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

namespace arc {

namespace {
const std::string kBroken = "(broken)";
constexpr size_t kStep = 64 * 1024;
} // namespace

struct Decoder::Implementation {
    Coding coding;
    z_stream gzip {};
    BrotliDecoderState *brotli = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    bool isAtEnd = false;

    explicit Implementation(Coding which) : coding(which)
    {
        inflateInit2(&gzip, 15 + 16); // a gzip header, not zlib's
    }
    ~Implementation()
    {
        inflateEnd(&gzip);
        BrotliDecoderDestroyInstance(brotli);
        ZSTD_freeDCtx(zstd);
    }

    std::string feedGzip(std::string_view bytes)
    {
        std::string out;
        gzip.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
        gzip.avail_in = static_cast<uInt>(bytes.size());
        do {
            const size_t have = out.size();
            out.resize(have + kStep);
            gzip.next_out = reinterpret_cast<Bytef *>(out.data() + have);
            gzip.avail_out = kStep;
            const int outcome = inflate(&gzip, Z_SYNC_FLUSH);
            out.resize(have + kStep - gzip.avail_out);
            isAtEnd = outcome == Z_STREAM_END;
            if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR)
                return kBroken;
        } while (gzip.avail_out == 0 && !isAtEnd);
        return out;
    }

    std::string feedBrotli(std::string_view bytes)
    {
        std::string out(kStep, '\0');
        size_t left = bytes.size();
        auto next = reinterpret_cast<const uint8_t *>(bytes.data());
        std::string all;
        BrotliDecoderResult outcome = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
        // It asks for input while output still waits, when there was no room for it.
        while (outcome == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT
               || BrotliDecoderHasMoreOutput(brotli)) {
            size_t room = out.size();
            auto to = reinterpret_cast<uint8_t *>(out.data());
            outcome = BrotliDecoderDecompressStream(brotli, &left, &next, &room, &to, nullptr);
            all.append(out, 0, out.size() - room);
        }
        isAtEnd = outcome == BROTLI_DECODER_RESULT_SUCCESS;
        return outcome == BROTLI_DECODER_RESULT_ERROR ? kBroken : all;
    }

    std::string feedZstd(std::string_view bytes)
    {
        std::string out(kStep, '\0');
        std::string all;
        ZSTD_inBuffer input {bytes.data(), bytes.size(), 0};
        while (true) {
            ZSTD_outBuffer output {out.data(), out.size(), 0};
            const size_t left = ZSTD_decompressStream(zstd, &output, &input);
            if (ZSTD_isError(left))
                return kBroken;
            all.append(out, 0, output.pos);
            isAtEnd = left == 0;
            if (input.pos == input.size && (isAtEnd || output.pos < output.size))
                return all;
        }
    }
};

Decoder::Decoder(Coding coding) : m_impl(std::make_unique<Implementation>(coding))
{
}
Decoder::~Decoder() = default;

std::string Decoder::feed(std::string_view bytes)
{
    if (m_impl->coding == Coding::Gzip)
        return m_impl->feedGzip(bytes);
    return m_impl->coding == Coding::Brotli ? m_impl->feedBrotli(bytes) : m_impl->feedZstd(bytes);
}

bool Decoder::isAtEnd() const
{
    return m_impl->isAtEnd;
}

std::string decodeWhole(Coding coding, std::string_view bytes)
{
    Decoder decoder(coding);
    std::string out = decoder.feed(bytes);
    return decoder.isAtEnd() ? out : kBroken;
}

} // namespace arc
