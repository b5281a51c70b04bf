// SPDX-License-Identifier: Apache-2.0
#include "server/http/coding/coders.h"

#include <brotli/encode.h>

namespace arc {

namespace {

constexpr uint32_t kStreamQuality[] = {1, 3, 5};
constexpr uint32_t kStreamWindowBits = 18; ///< bounds the memory of a stream to about 1 MiB
constexpr int kWholeQuality[] = {4, 5, 6};
constexpr int kStrongest = BROTLI_MAX_QUALITY;

class BrotliCoder final : public Coder {
public:
    explicit BrotliCoder(CodingLevel level) : Coder(Coding::Brotli, level) { }

    bool start() noexcept override
    {
        // The library has no way to use a state again.
        m_state.reset(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr));
        return m_state
            && BrotliEncoderSetParameter(m_state.get(), BROTLI_PARAM_QUALITY,
                                         kStreamQuality[static_cast<size_t>(level())])
            && BrotliEncoderSetParameter(m_state.get(), BROTLI_PARAM_LGWIN, kStreamWindowBits);
    }

    bool code(std::string_view bytes, Step step, std::string &out) noexcept override
    {
        const BrotliEncoderOperation operation = step == Step::Finish ? BROTLI_OPERATION_FINISH
            : step == Step::Flush                                     ? BROTLI_OPERATION_FLUSH
                                                                      : BROTLI_OPERATION_PROCESS;
        size_t left = bytes.size();
        auto next = reinterpret_cast<const uint8_t *>(bytes.data());
        do {
            size_t noRoom = 0; // what is ready is taken from the encoder's own buffer below
            if (!BrotliEncoderCompressStream(m_state.get(), operation, &left, &next, &noRoom,
                                             nullptr, nullptr))
                return false;
            size_t size = 0;
            while (const uint8_t *ready = BrotliEncoderTakeOutput(m_state.get(), &size)) {
                if (!size)
                    break;
                out.append(reinterpret_cast<const char *>(ready), size);
                size = 0;
            }
        } while (left || BrotliEncoderHasMoreOutput(m_state.get()));
        if (step == Step::Finish)
            m_state.reset();
        return true;
    }

private:
    struct Destroy {
        void operator()(BrotliEncoderState *state) const noexcept
        {
            BrotliEncoderDestroyInstance(state);
        }
    };
    std::unique_ptr<BrotliEncoderState, Destroy> m_state;
};

} // namespace

std::unique_ptr<Coder> makeBrotliCoder(CodingLevel level)
{
    return std::make_unique<BrotliCoder>(level);
}

std::string brotliWhole(CodingLevel level, bool mayTakeLong, std::string_view bytes)
{
    const int quality = level == CodingLevel::Small && mayTakeLong
        ? kStrongest
        : kWholeQuality[static_cast<size_t>(level)];
    std::string out(BrotliEncoderMaxCompressedSize(bytes.size()), '\0');
    size_t size = out.size();
    const bool done =
        BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, bytes.size(),
                              reinterpret_cast<const uint8_t *>(bytes.data()), &size,
                              reinterpret_cast<uint8_t *>(out.data()));
    out.resize(done ? size : 0);
    return out;
}

} // namespace arc
