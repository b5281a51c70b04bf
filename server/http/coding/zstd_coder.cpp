// SPDX-License-Identifier: Apache-2.0
#include "server/http/coding/coders.h"

#include <zstd.h>

namespace arc {

namespace {

constexpr int kStreamLevel[] = {1, 3, 5};
// Bound the memory of a stream to about 1 MiB; what apps answer is rarely longer than the window.
constexpr int kStreamWindowLog = 17;
constexpr int kStreamTableLog = 16;
constexpr int kWholeLevel[] = {3, 6, 9};
constexpr int kStrongest = 19;
/// Clients of the content coding need not have room for more (RFC 9659).
constexpr int kWholeWindowLog = 23;

struct Free {
    void operator()(ZSTD_CCtx *context) const noexcept { ZSTD_freeCCtx(context); }
};
using Context = std::unique_ptr<ZSTD_CCtx, Free>;

bool set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value) noexcept
{
    return !ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value));
}

class ZstdCoder final : public Coder {
public:
    explicit ZstdCoder(CodingLevel level) : Coder(Coding::Zstd, level), m_context(ZSTD_createCCtx())
    {
        m_isSound = m_context
            && set(m_context.get(), ZSTD_c_compressionLevel,
                   kStreamLevel[static_cast<size_t>(level)])
            && set(m_context.get(), ZSTD_c_windowLog, kStreamWindowLog)
            && set(m_context.get(), ZSTD_c_hashLog, kStreamTableLog)
            && set(m_context.get(), ZSTD_c_chainLog, kStreamTableLog);
    }

    bool start() noexcept override
    {
        return m_isSound
            && !ZSTD_isError(ZSTD_CCtx_reset(m_context.get(), ZSTD_reset_session_only));
    }

    bool code(std::string_view bytes, Step step, std::string &out) noexcept override
    {
        const ZSTD_EndDirective directive = step == Step::Finish ? ZSTD_e_end
            : step == Step::Flush                                ? ZSTD_e_flush
                                                                 : ZSTD_e_continue;
        ZSTD_inBuffer input {bytes.data(), bytes.size(), 0};
        while (true) {
            const size_t have = out.size();
            out.resize(have + kCoderStep);
            ZSTD_outBuffer output {out.data() + have, kCoderStep, 0};
            const size_t left = ZSTD_compressStream2(m_context.get(), &output, &input, directive);
            out.resize(have + output.pos);
            if (ZSTD_isError(left))
                return false;
            const bool isAllIn = input.pos == input.size;
            if (isAllIn && (step == Step::More || left == 0))
                return true;
        }
    }

private:
    Context m_context;
    bool m_isSound = false;
};

} // namespace

std::unique_ptr<Coder> makeZstdCoder(CodingLevel level)
{
    return std::make_unique<ZstdCoder>(level);
}

std::string zstdWhole(CodingLevel level, bool mayTakeLong, std::string_view bytes)
{
    const Context context(ZSTD_createCCtx());
    const int rank = level == CodingLevel::Small && mayTakeLong
        ? kStrongest
        : kWholeLevel[static_cast<size_t>(level)];
    if (!context || !set(context.get(), ZSTD_c_compressionLevel, rank)
        || !set(context.get(), ZSTD_c_checksumFlag, 0))
        return {};
    if (bytes.size() > size_t {1} << kWholeWindowLog
        && !set(context.get(), ZSTD_c_windowLog, kWholeWindowLog))
        return {};
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const size_t size =
        ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
    out.resize(ZSTD_isError(size) ? 0 : size);
    return out;
}

} // namespace arc
