// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arc {

enum class ChunkStep {
    NeedMore, ///< all bytes were used
    Data,     ///< `data` is a piece of the body; go on with the rest
    Done,     ///< the body and its trailers ended; `bytesUsed` says where
    Refuse,   ///< 400 and close
};

struct ChunkPiece {
    ChunkStep step = ChunkStep::NeedMore;
    size_t bytesUsed = 0;    ///< go on behind them
    std::string_view data;   ///< of Data; a view into the bytes given
    std::string_view reason; ///< of Refuse; constant text
};

/// Takes the chunked coding off a body (RFC 9112 7.1), strictly: CRLF only, no blanks around sizes.
/// Extensions and trailers are checked, limited and dropped. A plain value; keeps no bytes.
class ChunkedDecoder {
public:
    static constexpr unsigned kSizeDigitsMax = 16;
    static constexpr size_t kExtensionBytesMax = 256; ///< of a whole body
    static constexpr size_t kTrailerBytesMax = 8 * 1024;

    /// Reads on. The caller repeats the call with the bytes behind `bytesUsed` while the step is
    /// Data.
    ChunkPiece decode(std::string_view bytes) noexcept;
    bool isDone() const noexcept { return m_state == State::Done; }

private:
    enum class State : uint8_t {
        SizeFirst,
        Size,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        NameFirst,
        Name,
        ValueFirst,
        Value,
        Quoted,
        QuotedPair,
        QuotedEnd, // of an extension
        TrailerStart,
        TrailerName,
        TrailerValue,
        TrailerLf,
        EndLf,
        Done,
        Bad,
    };
    const char *step(char byte) noexcept;
    const char *sizeStep(char byte) noexcept;
    const char *extensionStep(char byte) noexcept;
    const char *trailerStep(char byte) noexcept;

    uint64_t m_left = 0; ///< of the current chunk
    uint16_t m_trailerBytes = 0;
    uint16_t m_extensionBytes = 0;
    uint8_t m_digits = 0;
    State m_state = State::SizeFirst;
};

/// The line in front of a chunk's data: "1a\r\n". Behind the data comes kChunkEnd. A chunk of size
/// 0 would end the body, so it is refused by an assertion: use kLastChunk.
class ChunkHeader {
public:
    explicit ChunkHeader(uint64_t size) noexcept;
    std::string_view text() const noexcept
    {
        return {m_text.data() + m_from, m_text.size() - m_from};
    }

private:
    std::array<char, 18> m_text;
    uint8_t m_from = 18;
};

constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

} // namespace arc
