// SPDX-License-Identifier: Apache-2.0
// Http2Connection: what is held against a client.
#include "server/http/session/http2_connection.h"
#include "server/http/session/session_loop.h"

#include <algorithm>

#include <nghttp2/nghttp2.h>

namespace arc {

namespace {

/// A head that nobody wants is decoded all the same, or the table of fields would be lost.
constexpr size_t kDroppedBytesPerGlitch = 1024;

} // namespace

/// Frames that the library drops, or that carry nothing, are told by their beginning only. Of DATA
/// on a stream that is gone it does not tell at all; that costs no more than its bytes.
bool Http2Connection::mayBegin(uint8_t type, uint8_t flags, int32_t stream, size_t bytes) noexcept
{
    switch (type) {
    case NGHTTP2_DATA:
        return bytes || flags & NGHTTP2_FLAG_END_STREAM || blame(kGlitch);
    case NGHTTP2_HEADERS: {
        // Behind the last GOAWAY, requests that were on their way are dropped.
        const bool isDropped =
            stream > m_newestStream ? m_goingAway == GoingAway::Final : isGone(stream);
        m_newestStream = std::max(m_newestStream, stream);
        if (!isDropped)
            return true;
        if (!(flags & NGHTTP2_FLAG_END_HEADERS)) // what follows is not told
            bytes += kContinuationsMax * static_cast<size_t>(m_rules->http2.frameBytes);
        return blame(kGlitch + static_cast<int64_t>(bytes / kDroppedBytesPerGlitch));
    }
    case NGHTTP2_WINDOW_UPDATE: // the library tells of those on streams it knows
        return !stream || !isGone(stream) || takeDue(m_updatesDue) || blame(kGlitch);
    case NGHTTP2_PRIORITY:
        return blame(kGlitch);
    default:
        return type <= NGHTTP2_CONTINUATION || blame(kGlitch);
    }
}

/// Those that the library queues by itself were scored when their frames came, if it told of them.
void Http2Connection::resetLeft(const Http2Exchange *exchange, uint32_t code) noexcept
{
    const bool isOurs = exchange && exchange->state.resetSent;
    if (code == NGHTTP2_NO_ERROR) // the request was answered
        return;
    if (isOurs || !takeDue(m_resetsPaid))
        blame(kResetByUs);
}

/// Nothing that comes on it is wanted any more.
bool Http2Connection::isGone(int32_t stream) const noexcept
{
    if (stream == m_openingStream)
        return false;
    const auto *exchange = static_cast<const Http2Exchange *>(
        nghttp2_session_get_stream_user_data(m_session.get(), stream));
    return !exchange || exchange->state.resetSent || exchange->state.isBroken;
}

bool Http2Connection::takeDue(int64_t &due) noexcept
{
    if (due <= 0)
        return false;
    --due;
    return true;
}

bool Http2Connection::blame(int64_t points) noexcept
{
    if (m_glitches.add(points, m_home.loop().now()))
        return true;
    calmDown();
    return false;
}

void Http2Connection::calmDown() noexcept
{
    if (std::exchange(m_deaf, true))
        return;
    m_home.metrics().http2Calmed.add(1);
    nghttp2_session_terminate_session(m_session.get(), NGHTTP2_ENHANCE_YOUR_CALM);
    askForTurn();
}

} // namespace arc
