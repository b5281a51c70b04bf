// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/connection.h"
#include "server/http/session/http2_exchange.h"
#include "server/http/session/leaky_score.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct nghttp2_session;

namespace arc {

/// One client connection that speaks HTTP/2 (RFC 9113), over TLS by ALPN or in clear text by prior
/// knowledge. Confined to its loop, owned by the loop's table. Frames and HPACK are nghttp2's.
///
/// All work happens in a turn: read what is there, hand it to nghttp2, which calls back with heads
/// and bodies; deliver bodies whose listeners want them; then take frames from nghttp2 into the
/// outbox and send them in one write. Which stream's DATA comes next is decided by the client's
/// priorities (RFC 9218). Frames are taken only as the socket takes them, so that a late, urgent
/// answer overtakes what waits.
///
/// What the client may make us do without asking for anything is scored: a flood ends in GOAWAY
/// with ENHANCE_YOUR_CALM.
class Http2Connection final : public Connection {
public:
    /// What a client of prior knowledge begins with (RFC 9113 3.4).
    static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    /// Taken from nghttp2 for one write.
    static constexpr uint64_t kPullBytes = 256 * 1024;
    /// What a client may send on a stream before somebody reads on there: so a connection holds at
    /// most this for each of its streams while they wait. Then it is http2.window_kib.
    static constexpr int64_t kUnreadWindowBytes = 64 * 1024;
    /// A listener that took so much reads on. A request to an app takes half of it while it waits
    /// for a worker.
    static constexpr uint64_t kReadsOnBytes = 128 * 1024;
    /// How long, and how many bytes, are read and dropped after GOAWAY, so that the client sees it
    /// and not a reset.
    static constexpr std::chrono::milliseconds kLingerTime {3000};
    static constexpr uint64_t kLingerBytesMax = 4 * 1024 * 1024;
    /// How long requests may still be on their way behind the notice that the connection will end,
    /// when the client does not answer the PING that came with it. Longer than most ways take.
    static constexpr std::chrono::milliseconds kNoticeTime {2000};

    Http2Connection(SessionLoop &home, uint32_t slot, Origin origin);
    ~Http2Connection() override;

    bool isIdle() const noexcept override;
    bool expectsNothing() const noexcept override;
    Exchange *exchange(uint32_t generation) noexcept override;
    void drainBegan() noexcept override { askForTurn(); }
    void comeBack() noexcept override;

    // ---- what its exchanges use
    void answer(Http2Exchange &exchange, int status, std::string_view lines,
                std::optional<uint64_t> length, bool endsHere);
    void sendInterim(Http2Exchange &exchange, int status, std::string_view lines);
    void endWithTrailers(const Http2Exchange &exchange);
    void outputGrew(Http2Exchange &exchange) noexcept;
    void noteOutput(int64_t bytes) noexcept
    {
        m_outputTotal = static_cast<uint64_t>(static_cast<int64_t>(m_outputTotal) + bytes);
    }
    uint64_t outputTotal() const noexcept { return m_outputTotal; }
    void noteBacklog() noexcept { m_anyBacklogged = true; }
    void wantDelivery() noexcept;
    /// So many bytes of a body wait in memory. Its stream's window holds them; the connection's is
    /// open for the other streams again, unless the buffer budget is exhausted.
    void bodyStored(size_t bytes) noexcept;
    /// The listener took so many bytes: the client may send as many more on that stream.
    void bodyTaken(Http2Exchange &exchange, size_t bytes) noexcept;
    /// They are done with for the connection's window.
    void dropBody(size_t bytes) noexcept;
    void noteBadRequest() noexcept;
    /// Its DATA is mixed with that of others of its urgency from now on.
    void takeTurns(Http2Exchange &exchange) noexcept;
    /// The answer cannot be completed: RST_STREAM with INTERNAL_ERROR.
    void cut(Http2Exchange &exchange) noexcept;

private:
    friend struct Http2Callbacks; // what nghttp2 calls

    struct SessionDelete {
        void operator()(nghttp2_session *session) const noexcept;
    };
    using SessionPtr = std::unique_ptr<nghttp2_session, SessionDelete>;
    /// A frame that makes work and asks for nothing; a stream that we have to reset because of its
    /// client costs more.
    static constexpr int64_t kGlitch = 1;
    static constexpr int64_t kResetByUs = 5;
    /// CONTINUATION frames of one head; a full frame holds more than limits.header_bytes by
    /// default.
    static constexpr size_t kContinuationsMax = 8;
    enum class GoingAway : uint8_t { No, Noticed, Final };

    // http2_connection.cpp: the turn, in and out
    void turn() noexcept override;
    void closing() noexcept override;
    bool fileEnded(uint32_t stream) noexcept override;
    void openSession(std::string_view input) noexcept;
    void readAll() noexcept;
    bool isQueueLong() const noexcept;
    void lookBehind() noexcept;
    void feed(std::string_view bytes) noexcept;
    void deliverBodies() noexcept;
    void giveCredit() noexcept;
    void pump() noexcept;
    bool pull() noexcept;
    bool tellRoom() noexcept;

    // http2_streams.cpp: what nghttp2 tells, stream by stream
    void headBegan(int32_t stream) noexcept;
    void dropOpening() noexcept;
    void headComplete(bool endStream) noexcept;
    void streamClosed(Http2Exchange *exchange, int32_t stream) noexcept;
    void finish(std::unique_ptr<Http2Exchange> exchange, bool clientLeft) noexcept;
    void answerSent(Http2Exchange &exchange) noexcept;
    void resetStream(Http2Exchange &exchange, uint32_t code) noexcept;

    // http2_socket.cpp: streams that have become WebSockets
    void leaveSockets() noexcept;
    void disownSockets() noexcept;
    SteadyTime socketDue(Http2Exchange &exchange) noexcept;
    void socketDeadlinePassed(Http2Exchange &exchange) noexcept;

    // http2_abuse.cpp: what is held against a client. False: it has done too much.
    bool mayBegin(uint8_t type, uint8_t flags, int32_t stream, size_t bytes) noexcept;
    bool blame(int64_t points) noexcept;
    void resetLeft(const Http2Exchange *exchange, uint32_t code) noexcept;
    bool isGone(int32_t stream) const noexcept;
    static bool takeDue(int64_t &due) noexcept;
    void calmDown() noexcept;

    // http2_waiting.cpp: between turns
    void goAwayIfDue() noexcept;
    void submitNotice() noexcept;
    void lastStreamsOnly() noexcept;
    void settle() noexcept;
    void afterGoAway() noexcept;
    void lingerOn() noexcept;
    SteadyTime nextDue() noexcept;
    uint64_t bodyShare() noexcept;
    SteadyTime bodyDueOf(Http2Exchange &exchange, bool mayReceive, uint64_t share) noexcept;
    void readDeadlinePassed() noexcept override;
    int64_t held() const noexcept;

    SessionPtr m_session;
    std::vector<std::unique_ptr<Http2Exchange>> m_streams; ///< in the order of their generations
    std::unique_ptr<Http2Exchange> m_opening; ///< its head is on its way; only one can be
    int32_t m_openingStream = 0;
    int32_t m_newestStream = 0; ///< that the client has begun
    LeakyScore m_glitches;
    LeakyScore m_resets;
    int64_t m_updatesDue = 0; ///< WINDOW_UPDATEs that DATA we sent explains
    int64_t m_resetsPaid = 0; ///< scored when they were earned, and still to leave
    uint64_t m_outputTotal = 0;
    int64_t m_requests = 0;
    uint64_t m_lingered = 0;
    uint64_t m_bodyBytes = 0;  ///< of all bodies, that came since their paces were looked at
    size_t m_creditKept = 0;   ///< of the connection's window, until the budget has room
    size_t m_trailerBytes = 0; ///< decoded so far, of the trailers on their way
    SteadyTime m_headDue {};
    SteadyTime m_settingsDue {}; ///< of the client's acknowledgement; zero: it came
    SteadyTime m_idleDue {};
    SteadyTime m_noticeDue {}; ///< while the answer to the notice is waited for
    SteadyTime m_windowDue {}; ///< of the connection's window, while it is shut
    GoingAway m_goingAway = GoingAway::No;
    bool m_noticeAnswered = false; ///< the client has seen the notice: the last one may go
    bool m_noticeMissed = false;   ///< it has not answered in time
    bool m_askedToComeBack = false;
    bool m_settingsSeen = false;
    bool m_deaf = false; ///< GOAWAY with an error, or a broken stream of frames: nothing is read
    bool m_lingering = false;
    bool m_over = false; ///< the client has ended its side, or frames cannot be made any more
    bool m_anyBacklogged = false;
    bool m_anyToDeliver = false;
    bool m_pullPaused = false;
    bool m_readsLater = false; ///< when the frames that wait have left
    std::string m_early;       ///< read by the protocol before
};

} // namespace arc
