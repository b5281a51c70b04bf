// SPDX-License-Identifier: Apache-2.0
#include "server/http/websocket/deflate.h"

#include "server/base/assert.h"

#include <array>

#include <zlib.h>

namespace arc {

namespace {

constexpr int kMemoryLevel = 8;
constexpr size_t kTailBytes = 4; // 00 00 ff ff

Bytef *bytesOf(const char *text) noexcept
{
    return reinterpret_cast<Bytef *>(const_cast<char *>(text)); // zlib's input is not const
}

} // namespace

WsInflater::WsInflater() : m_stream(new z_stream_s {})
{
    const int result = ::inflateInit2(m_stream.get(), -kWindowBits); // negative: raw, no header
    ARC_ASSERT(result == Z_OK);
}

WsInflater::~WsInflater()
{
    ::inflateEnd(m_stream.get());
}

void WsInflater::reset() noexcept
{
    ::inflateReset(m_stream.get());
}

/// A block with its final bit ends zlib's stream, but not the message (RFC 7692 7.2.3.4). What was
/// inflated before stays in reach of what comes. Such a block may be of two bytes, so the window is
/// left where it is: copied out and in, it made 2 bytes cost 64 KiB.
bool WsInflater::beginAgain() noexcept
{
    return ::inflateResetKeep(m_stream.get()) == Z_OK;
}

WsInflater::Step WsInflater::inflate(std::string_view in, std::span<char> out) noexcept
{
    m_stream->next_in = bytesOf(in.data());
    m_stream->avail_in = static_cast<uInt>(in.size());
    m_stream->next_out = bytesOf(out.data());
    m_stream->avail_out = static_cast<uInt>(out.size());
    Step step;
    for (;;) {
        const int result = ::inflate(m_stream.get(), Z_SYNC_FLUSH);
        if (result == Z_STREAM_END && beginAgain() && m_stream->avail_in && m_stream->avail_out)
            continue;
        // Z_BUF_ERROR: no room or no bytes, which is no error here.
        step.failed = result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END;
        break;
    }
    step.used = in.size() - m_stream->avail_in;
    step.made = out.size() - m_stream->avail_out;
    return step;
}

WsDeflater::WsDeflater(int windowBits) : m_windowBits(windowBits), m_stream(new z_stream_s {})
{
    ARC_ASSERT(windowBits >= kWindowBitsMin && windowBits <= kWindowBitsMax);
    const int result = ::deflateInit2(m_stream.get(), kLevel, Z_DEFLATED, -windowBits, kMemoryLevel,
                                      Z_DEFAULT_STRATEGY);
    ARC_ASSERT(result == Z_OK);
}

WsDeflater::~WsDeflater()
{
    ::deflateEnd(m_stream.get());
}

void WsDeflater::reset() noexcept
{
    ::deflateReset(m_stream.get());
}

void WsDeflater::deflate(std::string &out, std::string_view piece, bool isLast)
{
    std::array<char, 16 * 1024> buffer;
    const size_t from = out.size();
    m_stream->next_in = bytesOf(piece.data());
    m_stream->avail_in = static_cast<uInt>(piece.size());
    do {
        m_stream->next_out = bytesOf(buffer.data());
        m_stream->avail_out = static_cast<uInt>(buffer.size());
        ::deflate(m_stream.get(), isLast ? Z_SYNC_FLUSH : Z_NO_FLUSH);
        out.append(buffer.data(), buffer.size() - m_stream->avail_out);
    } while (m_stream->avail_out == 0);
    if (!isLast)
        return;
    // Nothing new since the last flush, so zlib wrote nothing: an empty message is one zero byte
    // (RFC 7692 7.2.3.6).
    if (out.size() - from < kTailBytes)
        out.append(1, '\0');
    else
        out.resize(out.size() - kTailBytes);
}

} // namespace arc
