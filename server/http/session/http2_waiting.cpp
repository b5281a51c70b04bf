// SPDX-License-Identifier: Apache-2.0
// Http2Connection between its turns: what it waits for, for how long, and how it says goodbye.
#include "server/http/session/http2_connection.h"
#include "server/http/session/session_loop.h"

#include <algorithm>

#include <nghttp2/nghttp2.h>

namespace arc {

namespace {

/// A frame that waits in the library, without the fields of a head.
constexpr size_t kQueuedFrameBytes = 200;

void takeEarlier(SteadyTime &due, SteadyTime other) noexcept
{
    if (other != SteadyTime() && (due == SteadyTime() || other < due))
        due = other;
}

/// `place` is the deadline of a time that runs while something is so.
void runWhile(SteadyTime &place, bool isSo, SteadyTime now, std::chrono::milliseconds time) noexcept
{
    if (!isSo)
        place = {};
    else if (place == SteadyTime())
        place = now + time;
}

} // namespace

bool Http2Connection::isIdle() const noexcept
{
    return m_streams.empty() && !m_opening && (!m_outbox || m_outbox->isIdle()) && !hasOutput();
}

bool Http2Connection::expectsNothing() const noexcept
{
    return isIdle() && m_requests > 0 && m_transport.peek() != Transport::Peek::Bytes;
}

void Http2Connection::comeBack() noexcept
{
    m_askedToComeBack = true;
    askForTurn();
}

/// Graceful, in two steps (RFC 9113 6.8): the notice lets requests that are on their way in; once
/// the client has answered the PING behind it, or had the time to, the last stream is named.
void Http2Connection::goAwayIfDue() noexcept
{
    if (m_deaf || !(m_askedToComeBack || m_home.isDraining()))
        return;
    if (m_goingAway == GoingAway::No) {
        m_goingAway = GoingAway::Noticed;
        m_noticeDue = m_home.loop().now() + kNoticeTime;
        submitNotice();
    } else if (m_goingAway == GoingAway::Noticed
               && (m_noticeAnswered || m_home.loop().now() >= m_noticeDue)) {
        m_noticeMissed = !m_noticeAnswered;
        lastStreamsOnly();
    }
}

void Http2Connection::lastStreamsOnly() noexcept
{
    m_goingAway = GoingAway::Final;
    m_noticeDue = {};
    nghttp2_submit_goaway(m_session.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(m_session.get()),
                          NGHTTP2_NO_ERROR, nullptr, 0);
}

void Http2Connection::settle() noexcept
{
    // After the notice nghttp2 wants nothing more, but requests may be on their way.
    const bool ends = m_deaf
        || (m_goingAway != GoingAway::Noticed && !nghttp2_session_want_read(m_session.get()));
    if (ends && !nghttp2_session_want_write(m_session.get()) && !hasOutput()) {
        afterGoAway();
        return;
    }
    if (m_streams.empty())
        returnOutbox();
    settleWatch();
    setDeadlines(nextDue());
    if (isIdle()) {
        m_home.table().markIdle(*this, m_home.loop().now());
        m_home.becameIdle();
    } else {
        m_home.table().markBusy(*this);
    }
    account(held());
}

int64_t Http2Connection::held() const noexcept
{
    uint64_t bytes = nghttp2_session_get_outbound_queue_size(m_session.get()) * kQueuedFrameBytes;
    bytes += m_opening ? m_opening->ownedBytes() : 0;
    for (const auto &stream : m_streams)
        bytes += stream->ownedBytes();
    return static_cast<int64_t>(bytes);
}

/// GOAWAY has left, and the streams it let finish have.
void Http2Connection::afterGoAway() noexcept
{
    const bool isAgreed = m_goingAway == GoingAway::Final && !m_deaf && !m_noticeMissed;
    if (m_peerClosed || (isAgreed && !m_readable)) {
        close(CloseHow::Plainly);
        return;
    }
    // Closing with unread bytes would send a reset, which can overtake GOAWAY.
    for (auto &stream : std::exchange(m_streams, {})) {
        finish(std::move(stream), true);
    }
    m_transport.endOutput();
    m_lingering = true;
    m_moreToDo = m_readable;
    setDeadlines(m_home.loop().now() + kLingerTime);
    account(0);
}

void Http2Connection::lingerOn() noexcept
{
    while (m_lingered <= kLingerBytesMax) {
        if (m_turnBytes >= kTurnBytesMax) {
            m_moreToDo = true;
            return;
        }
        const uint64_t before = m_turnBytes;
        const Input got = receive();
        m_home.input().clear();
        m_lingered += m_turnBytes - before;
        if (got == Input::Nothing)
            return;
        if (got == Input::Ended)
            break;
    }
    close(CloseHow::Plainly);
}

/// What each body that is waited for has of the bytes that came. A client may send one body after
/// the other, so none is slow because it is not its turn; but it has to send enough for all of
/// them.
uint64_t Http2Connection::bodyShare() noexcept
{
    if (!m_bodyBytes)
        return 0;
    const auto waiting = std::count_if(m_streams.begin(), m_streams.end(), [](const auto &stream) {
        return !stream->isEnded() && stream->wantsBody() && !stream->isBodyComplete();
    });
    return std::exchange(m_bodyBytes, 0) / static_cast<uint64_t>(std::max<ptrdiff_t>(waiting, 1));
}

/// Of the next byte of its body, and of the pace at which it comes.
SteadyTime Http2Connection::bodyDueOf(Http2Exchange &exchange, bool mayReceive,
                                      uint64_t share) noexcept
{
    auto &state = exchange.state;
    const SteadyTime now = m_home.loop().now();
    const bool isAwaited = mayReceive && exchange.awaitsBody();
    if (share) // the client sends: its turn may yet come
        state.bodyDue = {};
    runWhile(state.bodyDue, isAwaited, now, m_rules->body.pauseMax);
    runWhile(state.roomDue, !mayReceive && exchange.awaitsBody(), now, m_rules->body.pauseMax);
    const uint64_t bytes = std::max(std::exchange(state.bodyBytes, 0), share);
    state.paceDue = state.pace.next(state.paceDue, isAwaited, bytes, now, m_rules->body);
    SteadyTime due = state.bodyDue;
    takeEarlier(due, state.roomDue);
    takeEarlier(due, state.paceDue);
    return due;
}

/// The earliest of all deadlines but that of writing; begins those that are due to begin.
SteadyTime Http2Connection::nextDue() noexcept
{
    const SteadyTime now = m_home.loop().now();
    SteadyTime due = m_headDue;
    takeEarlier(due, m_settingsDue);
    if (!m_deaf)
        takeEarlier(due, m_noticeDue);
    if (isIdle() && m_settingsSeen) {
        if (m_idleDue == SteadyTime()) // PING does not move it: nobody asks for anything
            m_idleDue = now + m_rules->idleTimeout;
        takeEarlier(due, m_idleDue);
        return due;
    }
    m_idleDue = {};
    nghttp2_session *session = m_session.get();
    const bool mayReceive = nghttp2_session_get_local_window_size(session) > 0;
    const uint64_t share = bodyShare();
    bool hasData = false;
    for (const auto &stream : m_streams) {
        auto &state = stream->state;
        takeEarlier(due,
                    stream->socket() ? socketDue(*stream) : bodyDueOf(*stream, mayReceive, share));
        const bool isStuck = stream->hasDataToSend()
            && nghttp2_session_get_stream_remote_window_size(session, stream->stream()) <= 0;
        runWhile(state.sendDue, isStuck, now, m_rules->writeTimeout);
        takeEarlier(due, state.sendDue);
        hasData = hasData || stream->hasDataToSend();
    }
    // Output has one more reason to wait than the socket and the streams.
    runWhile(m_windowDue,
             hasData && !hasOutput() && nghttp2_session_get_remote_window_size(session) <= 0, now,
             m_rules->writeTimeout);
    takeEarlier(due, m_windowDue);
    return due;
}

void Http2Connection::readDeadlinePassed() noexcept
{
    const SteadyTime now = m_home.loop().now();
    const auto passed = [now](SteadyTime due) {
        return due != SteadyTime() && due <= now;
    };
    if (m_lingering) {
        close(CloseHow::Plainly);
        return;
    }
    if (passed(m_windowDue)) {
        close(CloseHow::WithReset); // as who takes no bytes from the socket
        return;
    }
    if (passed(m_headDue)) {
        noteBadRequest();
        m_headDue = {};
        m_deaf = true;
        nghttp2_session_terminate_session(m_session.get(), NGHTTP2_PROTOCOL_ERROR);
    } else if (passed(m_settingsDue)) { // RFC 9113 6.5.3
        noteBadRequest();
        m_settingsDue = {};
        m_deaf = true;
        nghttp2_session_terminate_session(m_session.get(), NGHTTP2_SETTINGS_TIMEOUT);
    } else if (passed(m_idleDue)) {
        m_idleDue = {};
        lastStreamsOnly();
    }
    for (size_t i = 0; i < m_streams.size(); ++i) {
        Http2Exchange &exchange = *m_streams[i];
        if (passed(exchange.state.sendDue)) {
            exchange.state.sendDue = {};
            resetStream(exchange, NGHTTP2_CANCEL);
        } else if (exchange.socket()) {
            socketDeadlinePassed(exchange);
        } else if (passed(exchange.state.roomDue)) { // what waits together would wait for ever
            exchange.state.roomDue = {};
            exchange.fail(503, kShortOfMemory);
        } else if (passed(exchange.state.bodyDue) || passed(exchange.state.paceDue)) {
            exchange.state.bodyDue = exchange.state.paceDue = {};
            noteBadRequest();
            exchange.fail(408, "The request body did not arrive in time.");
        }
    }
    run();
}

} // namespace arc
