// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/chunked.h"

#include "server/base/assert.h"
#include "server/http/syntax/scan.h"

#include <algorithm>

namespace arc {

namespace {

constexpr const char *kBadSize = "A chunk size is not a hexadecimal number.";
constexpr const char *kBadLine = "A chunk line does not end with CR LF.";
constexpr const char *kBadExtension = "A chunk extension is malformed.";
constexpr const char *kBadTrailer = "A trailer line is malformed.";

int hexValue(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

} // namespace

const char *ChunkedDecoder::sizeStep(char byte) noexcept
{
    switch (m_state) {
    case State::SizeFirst:
        m_left = 0;
        m_digits = 0;
        m_state = State::Size;
        [[fallthrough]];
    case State::Size:
        if (const int digit = hexValue(byte); digit >= 0) {
            if (++m_digits > kSizeDigitsMax)
                return "A chunk size is too large.";
            m_left = m_left << 4 | static_cast<uint64_t>(digit);
            return nullptr;
        }
        if (m_digits == 0)
            return kBadSize;
        if (byte == '\r')
            m_state = State::SizeLf;
        else if (byte == ';')
            m_state = State::NameFirst;
        else
            return kBadSize;
        return nullptr;
    default: // SizeLf
        if (byte != '\n')
            return kBadLine;
        m_state = m_left ? State::Data : State::TrailerStart;
        return nullptr;
    }
}

/// ";" name [ "=" ( token / quoted-string ) ], without the blanks that RFC 9112 7.1.1 only
/// tolerates.
const char *ChunkedDecoder::extensionStep(char byte) noexcept
{
    if (++m_extensionBytes > kExtensionBytesMax)
        return "The chunk extensions are too long.";
    const bool mayEnd =
        m_state == State::Name || m_state == State::Value || m_state == State::QuotedEnd;
    if (m_state == State::Quoted || m_state == State::QuotedPair) {
        if (!isValueByte(byte))
            return kBadExtension;
        if (m_state == State::QuotedPair)
            m_state = State::Quoted;
        else if (byte == '\\')
            m_state = State::QuotedPair;
        else if (byte == '"')
            m_state = State::QuotedEnd;
    } else if (mayEnd && byte == '\r') {
        m_state = State::SizeLf;
    } else if (mayEnd && byte == ';') {
        m_state = State::NameFirst;
    } else if (m_state == State::Name && byte == '=') {
        m_state = State::ValueFirst;
    } else if (m_state == State::ValueFirst && byte == '"') {
        m_state = State::Quoted;
    } else if (m_state == State::QuotedEnd || !isTokenByte(byte)) {
        return kBadExtension;
    } else if (m_state == State::NameFirst) {
        m_state = State::Name;
    } else if (m_state == State::ValueFirst) {
        m_state = State::Value;
    }
    return nullptr;
}

const char *ChunkedDecoder::trailerStep(char byte) noexcept
{
    if (++m_trailerBytes > kTrailerBytesMax)
        return "The trailers are too long.";
    switch (m_state) {
    case State::TrailerStart:
        if (byte == '\r')
            m_state = State::EndLf;
        else if (isTokenByte(byte))
            m_state = State::TrailerName;
        else
            return kBadTrailer;
        return nullptr;
    case State::TrailerName:
        if (byte == ':')
            m_state = State::TrailerValue;
        else if (!isTokenByte(byte))
            return kBadTrailer;
        return nullptr;
    case State::TrailerValue:
        if (byte == '\r')
            m_state = State::TrailerLf;
        else if (!isValueByte(byte))
            return kBadTrailer;
        return nullptr;
    case State::TrailerLf:
        m_state = State::TrailerStart;
        return byte == '\n' ? nullptr : kBadTrailer;
    default: // EndLf
        m_state = State::Done;
        return byte == '\n' ? nullptr : kBadTrailer;
    }
}

const char *ChunkedDecoder::step(char byte) noexcept
{
    switch (m_state) {
    case State::SizeFirst:
    case State::Size:
    case State::SizeLf:
        return sizeStep(byte);
    case State::NameFirst:
    case State::Name:
    case State::ValueFirst:
    case State::Value:
    case State::Quoted:
    case State::QuotedPair:
    case State::QuotedEnd:
        return extensionStep(byte);
    case State::DataCr:
        m_state = State::DataLf;
        return byte == '\r' ? nullptr : "A chunk is longer than its size says.";
    case State::DataLf:
        m_state = State::SizeFirst;
        return byte == '\n' ? nullptr : kBadLine;
    default:
        return trailerStep(byte);
    }
}

ChunkPiece ChunkedDecoder::decode(std::string_view bytes) noexcept
{
    size_t used = 0;
    while (m_state != State::Done && used < bytes.size()) {
        if (m_state == State::Bad)
            return {.step = ChunkStep::Refuse, .bytesUsed = used, .reason = kBadSize};
        if (m_state == State::Data) {
            const auto size = static_cast<size_t>(std::min<uint64_t>(m_left, bytes.size() - used));
            m_left -= size;
            if (m_left == 0)
                m_state = State::DataCr;
            return {.step = ChunkStep::Data,
                    .bytesUsed = used + size,
                    .data = bytes.substr(used, size)};
        }
        if (const char *fault = step(bytes[used])) {
            m_state = State::Bad;
            return {.step = ChunkStep::Refuse, .bytesUsed = used, .reason = fault};
        }
        ++used;
    }
    return {.step = m_state == State::Done ? ChunkStep::Done : ChunkStep::NeedMore,
            .bytesUsed = used};
}

ChunkHeader::ChunkHeader(uint64_t size) noexcept
{
    ARC_ASSERT(size > 0);
    m_text[--m_from] = '\n';
    m_text[--m_from] = '\r';
    for (; size; size >>= 4)
        m_text[--m_from] = "0123456789abcdef"[size & 15];
}

} // namespace arc
