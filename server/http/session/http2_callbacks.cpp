// SPDX-License-Identifier: Apache-2.0
// What nghttp2 calls: each call is turned into one of Http2Connection. None may close it.
#include "server/http/session/http2_connection.h"
#include "server/http/session/http2_fields.h"
#include "server/http/session/http2_memory.h"
#include "server/http/session/session_loop.h"

#include <algorithm>
#include <cstring>

namespace arc {

namespace {

constexpr uint8_t kNoticePing[8] {'a', 'r', 'c', 'b', 'y', 'e', '!', '\n'};
constexpr size_t kFrameHeadBytes = 9;
/// DATA of this size may be answered by one WINDOW_UPDATE of the stream and one of the connection.
constexpr int64_t kBytesPerUpdate = 1024;
constexpr int64_t kUpdatesDueMax = 4096;

} // namespace

struct Http2Callbacks {
    static constexpr int64_t kGlitch = Http2Connection::kGlitch;
    static constexpr int64_t kResetByUs = Http2Connection::kResetByUs;

    static Http2Connection &self(void *context) noexcept
    {
        return *static_cast<Http2Connection *>(context);
    }
    static Http2Exchange *exchangeOf(nghttp2_session *session, int32_t stream) noexcept
    {
        return static_cast<Http2Exchange *>(nghttp2_session_get_stream_user_data(session, stream));
    }
    static bool isRequest(const nghttp2_frame *frame) noexcept
    {
        return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
    }

    static int frameBegan(nghttp2_session *, const nghttp2_frame_hd *head, void *context) noexcept;
    static int headBegan(nghttp2_session *, const nghttp2_frame *frame, void *context) noexcept;
    static int field(nghttp2_session *, const nghttp2_frame *frame, const uint8_t *name,
                     size_t nameSize, const uint8_t *value, size_t valueSize, uint8_t,
                     void *context) noexcept;
    static int badField(nghttp2_session *, const nghttp2_frame *frame, const uint8_t *, size_t,
                        const uint8_t *, size_t, uint8_t, void *context) noexcept;
    static int data(nghttp2_session *, uint8_t, int32_t stream, const uint8_t *bytes, size_t size,
                    void *context) noexcept;
    static int invalid(nghttp2_session *, const nghttp2_frame *, int, void *context) noexcept;
    static int received(nghttp2_session *, const nghttp2_frame *frame, void *context) noexcept;
    static int sent(nghttp2_session *, const nghttp2_frame *frame, void *context) noexcept;
    static int notSent(nghttp2_session *, const nghttp2_frame *frame, int, void *context) noexcept;
    static int closed(nghttp2_session *, int32_t stream, uint32_t, void *context) noexcept;
    static int sendData(nghttp2_session *, nghttp2_frame *frame, const uint8_t *head, size_t size,
                        nghttp2_data_source *source, void *context) noexcept;
    static int unpackUnknown(nghttp2_session *, void **, const nghttp2_frame_hd *, void *) noexcept
    {
        return NGHTTP2_ERR_CANCEL;
    }
    static int skipUnknown(nghttp2_session *, const nghttp2_frame_hd *, const uint8_t *, size_t,
                           void *) noexcept
    {
        return NGHTTP2_ERR_CANCEL;
    }
    static bool control(Http2Connection &connection, const nghttp2_frame &frame) noexcept;
};

int Http2Callbacks::frameBegan(nghttp2_session *, const nghttp2_frame_hd *head,
                               void *context) noexcept
{
    Http2Connection &connection = self(context);
    if (connection.m_deaf
        || !connection.mayBegin(head->type, head->flags, head->stream_id, head->length))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return 0;
}

int Http2Callbacks::headBegan(nghttp2_session *, const nghttp2_frame *frame, void *context) noexcept
{
    self(context).m_trailerBytes = 0;
    if (isRequest(frame))
        self(context).headBegan(frame->hd.stream_id);
    return 0;
}

int Http2Callbacks::field(nghttp2_session *, const nghttp2_frame *frame, const uint8_t *name,
                          size_t nameSize, const uint8_t *value, size_t valueSize, uint8_t,
                          void *context) noexcept
{
    Http2Connection &connection = self(context);
    const HeadLimits &limits = connection.m_rules->head;
    if (!isRequest(frame)) { // trailers, which are read past as in HTTP/1
        connection.m_trailerBytes += nameSize + valueSize;
        if (connection.m_trailerBytes <= Http2Head::kBombFactor * limits.headerBytesMax)
            return 0;
        connection.calmDown();
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (!connection.m_opening)
        return 0;
    const auto text = [](const uint8_t *bytes, size_t size) {
        return std::string_view(reinterpret_cast<const char *>(bytes), size);
    };
    if (connection.m_opening->head().add(text(name, nameSize), text(value, valueSize), limits))
        return 0;
    connection.calmDown();
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

int Http2Callbacks::badField(nghttp2_session *, const nghttp2_frame *frame, const uint8_t *, size_t,
                             const uint8_t *, size_t, uint8_t, void *context) noexcept
{
    if (Http2Connection &connection = self(context); isRequest(frame) && connection.m_opening)
        connection.m_opening->head().spoil();
    return 0;
}

int Http2Callbacks::data(nghttp2_session *session, uint8_t, int32_t stream, const uint8_t *bytes,
                         size_t size, void *context) noexcept
{
    Http2Connection &connection = self(context);
    Http2Exchange *exchange = exchangeOf(session, stream);
    if (!exchange) {
        connection.dropBody(size);
        return 0;
    }
    exchange->state.bodyBytes += size;
    connection.m_bodyBytes += size;
    exchange->bodyArrived({reinterpret_cast<const char *>(bytes), size});
    if (exchange->wantsBody())
        exchange->state.bodyDue = {};
    return 0;
}

bool Http2Callbacks::control(Http2Connection &connection, const nghttp2_frame &frame) noexcept
{
    switch (frame.hd.type) {
    case NGHTTP2_SETTINGS:
        if (frame.hd.flags & NGHTTP2_FLAG_ACK) {
            connection.m_settingsDue = {};
            return true;
        }
        if (!std::exchange(connection.m_settingsSeen, true)) {
            connection.m_headDue = {};
            return true;
        }
        return connection.blame(kGlitch);
    case NGHTTP2_PING:
        if (!(frame.hd.flags & NGHTTP2_FLAG_ACK)
            || connection.m_goingAway != Http2Connection::GoingAway::Noticed
            || std::memcmp(frame.ping.opaque_data, kNoticePing, sizeof kNoticePing) != 0)
            return connection.blame(kGlitch);
        connection.m_noticeAnswered = true;
        return true;
    case NGHTTP2_GOAWAY:
        return connection.blame(kGlitch);
    case NGHTTP2_DATA: // the length of its padding counts in it
        return frame.hd.length == 0 || frame.hd.length > frame.data.padlen
            || (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) || connection.blame(kGlitch);
    case NGHTTP2_WINDOW_UPDATE:
        return Http2Connection::takeDue(connection.m_updatesDue) || connection.blame(kGlitch);
    case NGHTTP2_RST_STREAM:
        if (connection.m_resets.add(1, connection.m_home.loop().now()))
            return true;
        connection.calmDown();
        return false;
    default:
        return true;
    }
}

/// A stream that is refused or broken: the library has queued its reset. The client pays at once,
/// for the reset may never leave.
int Http2Callbacks::invalid(nghttp2_session *session, const nghttp2_frame *frame, int,
                            void *context) noexcept
{
    Http2Connection &connection = self(context);
    if (Http2Exchange *exchange = exchangeOf(session, frame->hd.stream_id))
        exchange->state.isBroken = true;
    ++connection.m_resetsPaid;
    return connection.blame(kResetByUs) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int Http2Callbacks::received(nghttp2_session *session, const nghttp2_frame *frame,
                             void *context) noexcept
{
    Http2Connection &connection = self(context);
    if (connection.m_deaf || !control(connection, *frame))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    const bool endStream = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (isRequest(frame)) {
        if (connection.m_opening)
            connection.headComplete(endStream);
    } else if (endStream && (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS)) {
        if (Http2Exchange *exchange = exchangeOf(session, frame->hd.stream_id))
            exchange->bodyEnded();
    }
    return 0;
}

int Http2Callbacks::sent(nghttp2_session *session, const nghttp2_frame *frame,
                         void *context) noexcept
{
    Http2Connection &connection = self(context);
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        if (Http2Exchange *exchange = exchangeOf(session, frame->hd.stream_id)) {
            exchange->noteFrame(kFrameHeadBytes + frame->hd.length);
            exchange->state.sendDue = {};
            if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
                connection.answerSent(*exchange);
        }
        if (frame->hd.type == NGHTTP2_DATA) {
            connection.m_windowDue = {};
            connection.m_updatesDue =
                std::min(kUpdatesDueMax,
                         connection.m_updatesDue
                             + 2 * (1 + static_cast<int64_t>(frame->hd.length) / kBytesPerUpdate));
        }
        break;
    case NGHTTP2_RST_STREAM:
        connection.resetLeft(exchangeOf(session, frame->hd.stream_id),
                             frame->rst_stream.error_code);
        break;
    case NGHTTP2_GOAWAY: // of the library's own accord: what comes now, it drops
        connection.m_deaf = connection.m_deaf || frame->goaway.error_code != NGHTTP2_NO_ERROR;
        break;
    default:
        break;
    }
    return 0;
}

int Http2Callbacks::notSent(nghttp2_session *session, const nghttp2_frame *frame, int,
                            void *context) noexcept
{
    // Header fields of an answer that fit no frame: the client must not wait for them.
    if (frame->hd.type == NGHTTP2_HEADERS) {
        if (Http2Exchange *exchange = exchangeOf(session, frame->hd.stream_id))
            self(context).cut(*exchange);
    }
    return 0;
}

int Http2Callbacks::closed(nghttp2_session *session, int32_t stream, uint32_t,
                           void *context) noexcept
{
    self(context).streamClosed(exchangeOf(session, stream), stream);
    return 0;
}

int Http2Callbacks::sendData(nghttp2_session *, nghttp2_frame *, const uint8_t *head, size_t size,
                             nghttp2_data_source *source, void *context) noexcept
{
    Http2Connection &connection = self(context);
    OutputQueue &queue = connection.m_outbox->queue;
    queue.addText({reinterpret_cast<const char *>(head), kFrameHeadBytes});
    static_cast<Http2Exchange *>(source->ptr)->takeOutput(size, queue);
    if (queue.pending() < Http2Connection::kPullBytes)
        return 0;
    connection.m_pullPaused = true;
    return NGHTTP2_ERR_PAUSE;
}

void Http2Connection::submitNotice() noexcept
{
    nghttp2_submit_shutdown_notice(m_session.get());
    nghttp2_submit_ping(m_session.get(), NGHTTP2_FLAG_NONE, kNoticePing);
}

Http2Shared::Http2Shared() : m_memory(std::make_unique<Http2Memory>())
{
    nghttp2_session_callbacks *made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0)
        return;
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, Http2Callbacks::frameBegan);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, Http2Callbacks::headBegan);
    nghttp2_session_callbacks_set_on_header_callback(made, Http2Callbacks::field);
    nghttp2_session_callbacks_set_on_invalid_header_callback(made, Http2Callbacks::badField);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Http2Callbacks::data);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, Http2Callbacks::invalid);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, Http2Callbacks::received);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, Http2Callbacks::sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, Http2Callbacks::notSent);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, Http2Callbacks::closed);
    nghttp2_session_callbacks_set_send_data_callback(made, Http2Callbacks::sendData);
    nghttp2_session_callbacks_set_unpack_extension_callback(made, Http2Callbacks::unpackUnknown);
    nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(made,
                                                                   Http2Callbacks::skipUnknown);
    m_callbacks = made;
}

Http2Shared::~Http2Shared()
{
    nghttp2_session_callbacks_del(m_callbacks);
}

} // namespace arc
