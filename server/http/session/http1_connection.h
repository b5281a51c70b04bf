// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/connection.h"
#include "server/http/session/http1_exchange.h"
#include "server/http/session/session_loop.h"

#include <memory>
#include <string>

namespace arc {

/// One client connection that speaks HTTP/1. Confined to its loop, owned by the loop's table.
///
/// All work happens in a turn: send what waits, read, answer every complete request that is there,
/// send once more. A turn ends at limits.pipeline requests or 256 KiB, and the rest comes in the
/// next one, after others had theirs. Idle it holds no buffer. It never reads ahead of an exchange
/// that is not finished: bytes stay in the kernel.
class Http1Connection final : public Connection {
public:
    /// How long, and how many bytes, a connection is read and dropped after its last answer, so
    /// that a client that is still sending sees the answer and not a reset.
    static constexpr std::chrono::milliseconds kLingerTime {3000};
    static constexpr uint64_t kLingerBytesMax = 4 * 1024 * 1024;
    /// A draining loop closes a connection that may go on once it has been quiet for so long. A
    /// request that comes before is answered with Connection: close; it may be on its way already,
    /// and a client cannot know whether a request that finds the connection closed was carried out
    /// (RFC 9112 9.3.1).
    static constexpr std::chrono::milliseconds kLastRequestTime {1000};

    Http1Connection(SessionLoop &home, uint32_t slot, Origin origin);
    ~Http1Connection() override;

    bool isIdle() const noexcept override;
    bool expectsNothing() const noexcept override;
    void drainBegan() noexcept override;
    void comeBack() noexcept override { m_isAskedBack = true; } ///< with its next answer
    void newcomerTimePassed() noexcept override;
    Exchange *exchange(uint32_t generation) noexcept override;

    // ---- what its exchange uses
    /// False when this answer must be the last one.
    bool mayContinue(const RequestHead &head) const noexcept;
    void closeAfterAnswer() noexcept { m_lastAnswer = true; }
    bool continues() const noexcept { return !m_lastAnswer; }

private:
    /// Bytes read but not used when a turn ended, and how far they were looked at.
    struct Unused {
        std::string bytes; ///< never empty
        HeadProgress progress;
    };
    /// What the connection waits to read, and so which deadline runs.
    enum class Phase : uint8_t { Idle, Head, Answer, Body, Room, Skip, Linger };
    enum class Go { On, Stop };

    // http1_connection.cpp: the turn, in and out
    void turn() noexcept override;
    void closing() noexcept override;
    void flushed() noexcept override;
    Go step() noexcept;
    Go readMore() noexcept;
    Go lingerOn() noexcept;
    void peerEnded() noexcept;

    // http1_requests.cpp: heads in, exchanges begun and ended
    Go nextRequest() noexcept;
    bool mayBeHttp2(std::string_view bytes) const noexcept;
    Go becomeHttp2() noexcept;
    void beginExchange(const RequestHead &head, std::string_view bytes) noexcept;
    Go advanceExchange() noexcept;
    Go deliverBody() noexcept;
    Go skipBody() noexcept;
    void endExchange() noexcept;
    void becomeWebSocket() noexcept;
    void refuse(int status, std::string_view reason, const RequestHead *asked = nullptr) noexcept;
    void sendRefusal(const ResponseHead &head, std::string_view body, AccessLine line);
    void bodyRefused(int status, std::string_view reason) noexcept;

    // http1_waiting.cpp: between turns
    void settle() noexcept;
    void keepInput();
    void afterLastAnswer() noexcept;
    Phase phaseNow() const noexcept;
    SteadyTime readDueIn(Phase phase) noexcept;
    SteadyTime::duration idleTime() const noexcept;
    void readDeadlinePassed() noexcept override;

    Phase m_phase = Phase::Idle;
    bool m_lastAnswer = false; ///< close when everything is sent
    bool m_isAskedBack = false;
    bool m_unreadInput = false; ///< the client may still be sending: linger
    int32_t m_turnRequests = 0;
    int64_t m_requests = 0;
    uint64_t m_lingered = 0; ///< bytes dropped so far
    uint64_t m_toSkip = 0;   ///< body bytes of an answered request, dropped before the next one
    BodyPace m_bodyPace;     ///< of the body that is read or skipped
    std::unique_ptr<Unused> m_unused; ///< null: nothing; kept apart because few have any
    std::unique_ptr<Http1Exchange> m_exchange;
};

} // namespace arc
