// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/request_body.h"
#include "server/http/session/session_exchange.h"

#include <optional>

namespace arc {

class Http1Connection;

/// The exchange of an HTTP/1 connection. Confined to its loop; pooled there.
///
/// Handlers' calls only append to the connection's outbox and ask for a turn; the connection calls
/// the listener in its turn.
class Http1Exchange final : public SessionExchange {
public:
    // ---- Exchange
    void readBody() noexcept override;
    void resumeBody() noexcept override;
    void respond(ResponseHead head, Chunk body) noexcept override;
    void respondPrepared(int status, std::string_view lines, Chunk body) noexcept override;
    void begin(ResponseHead head, std::optional<uint64_t> length) noexcept override;
    void write(Chunk chunk) noexcept override;
    void end() noexcept override;
    bool isBacklogged() const noexcept override;

    // ---- the connection's side
    void open(Http1Connection &connection, const RequestHead &head);
    void reset() noexcept; ///< ready for the pool
    RequestBody &body() noexcept { return m_body; }
    uint64_t ownedBytes() const noexcept { return sizeof *this + ownedByHead(); }

private:
    enum class Framing : uint8_t { None, Length, Chunked, UntilClose };

    void startAnswer(int status, std::string_view lines, std::optional<uint64_t> length);
    void put(Chunk chunk);
    bool keepsConnection(bool wholeAnswer) noexcept;

    Http1Connection *m_connection = nullptr;
    RequestBody m_body;
    uint64_t m_left = 0; ///< of an announced length
    Framing m_framing = Framing::None;
};

} // namespace arc
