// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/coding/coded_answer.h"
#include "server/http/exchange.h"
#include "server/workers/held_body.h"
#include "server/workers/messages.h"
#include "server/workers/response_head.h"
#include "server/workers/to_sides.h"

#include <memory>
#include <optional>
#include <string>

namespace arc {

class AppSocket;
class LoopSide;

/// One exchange that an app answers, on the exchange's loop: sends the request to the home loop,
/// pumps its body within the worker's window, and turns the worker's frames into the answer. Used
/// again after it ended.
///
/// A body that is announced and at most kHeldBytesMax long is collected before the request queues,
/// so that a slow upload never holds a worker and the request can be repeated. So is a longer one
/// by pool.collect_bodies, as far as there is space; else the first kHeldBytesMax of it are.
class AppRequest final : public ExchangeListener, private HeldBody::Owner {
public:
    static constexpr size_t kHeldBytesMax = protocol::kBodyFrameMax;
    static constexpr uint64_t kGrantStep = 64 * 1024; ///< room is given back in pieces of this size

    AppRequest(LoopSide &side, RequestId id);
    ~AppRequest();

    RequestId id() const noexcept { return m_id; }
    bool isOpen() const noexcept { return m_exchange || m_socket; }
    void begin(Exchange &exchange) noexcept;

    // From the home loop.
    void onResponse(std::string_view payload, uint8_t flags, uint32_t queueUs) noexcept;
    void onData(std::string_view bytes, uint8_t flags) noexcept;
    void onHints(std::string_view payload) noexcept;
    void onTrailers(std::string_view payload) noexcept;
    void onMessage(std::string_view bytes, uint8_t flags) noexcept;
    void onSocketClose(uint16_t code, std::string_view reason) noexcept;
    void onCredit(uint32_t bytes) noexcept;
    void onRefused(const ToSides::Refusal &refusal) noexcept;

    void onFile(const std::shared_ptr<const FileEntry> &entry) noexcept;
    /// The turn ends: what was written must reach the client.
    void flush() noexcept;

    // ExchangeListener
    void onBody(std::string_view bytes) noexcept override;
    void onBodyEnd() noexcept override;
    void onDrained() noexcept override;
    void onGone() noexcept override;

    /// From its WebSocket: the client has closed, or the app has.
    void socketEnded(uint16_t code, std::string_view reason) noexcept;

private:
    bool refusesUpgrade(Exchange &exchange) noexcept;
    void accept(protocol::ResponseReader &reader) noexcept;
    /// The app has said all, and a file that it asked for is on its way: nobody takes the body.
    bool isAnswered() const noexcept { return m_hasQueued && !m_homeHolds; }
    void enqueue(bool complete) noexcept;
    void enqueueSoFar() noexcept;
    bool fillPayload(std::string_view &bytes) noexcept;
    void onHeldBody() noexcept override;
    void pump() noexcept;
    void settleReading() noexcept;
    void account() noexcept;
    void chargeFor(int64_t held) noexcept;
    bool pass(std::string_view bytes) noexcept;
    void cut() noexcept; ///< the rest of the answer cannot be sent
    void endAnswer(uint8_t flags, const HeaderBlock &trailers = {}) noexcept;
    void askForFile(uint8_t flags) noexcept;
    void giveRoom(uint64_t bytes) noexcept;
    /// The answer cannot be used: the client hears it, the app's output says why.
    void spoil(std::string why) noexcept;
    void finish() noexcept;

    LoopSide &m_side;
    RequestId m_id;
    Exchange *m_exchange = nullptr;      ///< null when ended, or when it became a WebSocket
    std::unique_ptr<AppSocket> m_socket; ///< instead of it
    bool m_asksSocket = false;
    bool m_hasQueued = false; ///< the home loop was given it
    bool m_homeHolds = false; ///< and has not ended it

    std::string m_payload; ///< of the REQUEST frame, until it is sent
    size_t m_headBytes = 0;
    HeldBody m_body;         ///< behind it: read from the client, waiting for the worker's window
    uint64_t m_credit = 0;   ///< body bytes the worker has room for
    bool m_collects = false; ///< the whole body, before the request queues
    HttpLoop *m_http = nullptr; ///< of a request with a body: whose budget pays for it
    int64_t m_charged = 0;
    size_t m_payloadBody = 0; ///< body bytes in the payload, wherever that is by now
    bool m_bodyEnded = false;
    bool m_bodyEndSent = false;
    bool m_paused = false;

    CodedAnswer m_answer;
    /// The app has a file sent: what it said of it, until its own answer has ended.
    std::optional<AppAnswer> m_fileAnswer;
    bool m_flushes = false;      ///< flush() will be called
    bool m_answerHasBody = true; ///< false for HEAD, 204, 304: its bytes are dropped
    std::optional<uint64_t> m_announced;
    uint64_t m_passed = 0;
    uint64_t m_roomOwed = 0; ///< taken from the worker, not yet given back as room
    uint64_t m_ahead = 0;    ///< given back while the client was slow
};

} // namespace arc
