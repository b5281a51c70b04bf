// SPDX-License-Identifier: Apache-2.0
#include "server/http/coding/coders.h"

#include <vector>

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>

namespace arc {

namespace {

struct IgzipLevel {
    uint32_t number;
    uint32_t bufferBytes;
};
// Level 2 costs what level 1 does and packs a little better; 3 costs three times as much.
constexpr IgzipLevel kIgzipLevels[] = {
    {1, ISAL_DEF_LVL1_DEFAULT}, {2, ISAL_DEF_LVL2_DEFAULT}, {3, ISAL_DEF_LVL3_DEFAULT}};

class GzipCoder final : public Coder {
public:
    explicit GzipCoder(CodingLevel level)
        : Coder(Coding::Gzip, level), m_rank(kIgzipLevels[static_cast<size_t>(level)]),
          m_stream(std::make_unique<isal_zstream>()), m_buffer(m_rank.bufferBytes)
    {
    }

    bool start() noexcept override
    {
        isal_deflate_init(m_stream.get());
        m_stream->gzip_flag = IGZIP_GZIP;
        m_stream->level = m_rank.number;
        m_stream->level_buf = m_buffer.data();
        m_stream->level_buf_size = m_rank.bufferBytes;
        return true;
    }

    bool code(std::string_view bytes, Step step, std::string &out) noexcept override
    {
        isal_zstream &stream = *m_stream;
        stream.next_in = reinterpret_cast<uint8_t *>(const_cast<char *>(bytes.data()));
        stream.avail_in = static_cast<uint32_t>(bytes.size());
        stream.end_of_stream = step == Step::Finish;
        stream.flush = step == Step::Flush ? SYNC_FLUSH : NO_FLUSH;
        do {
            const size_t have = out.size();
            out.resize(have + kCoderStep);
            stream.next_out = reinterpret_cast<uint8_t *>(out.data() + have);
            stream.avail_out = kCoderStep;
            const int outcome = isal_deflate(&stream);
            out.resize(have + kCoderStep - stream.avail_out);
            if (outcome != COMP_OK)
                return false;
        } while (stream.avail_out == 0);
        return true;
    }

private:
    const IgzipLevel m_rank;
    std::unique_ptr<isal_zstream> m_stream;
    std::vector<uint8_t> m_buffer;
};

constexpr int kDeflateLevels[] = {1, 6, 12};

} // namespace

std::unique_ptr<Coder> makeGzipCoder(CodingLevel level)
{
    return std::make_unique<GzipCoder>(level);
}

std::string gzipWhole(CodingLevel level, std::string_view bytes)
{
    const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor *)> compressor(
        libdeflate_alloc_compressor(kDeflateLevels[static_cast<size_t>(level)]),
        libdeflate_free_compressor);
    if (!compressor)
        return {};
    std::string out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
    out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                        out.size()));
    return out;
}

} // namespace arc
