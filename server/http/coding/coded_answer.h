// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/coding/coder_pool.h"
#include "server/http/exchange.h"

#include <memory>
#include <optional>
#include <string_view>

namespace arc {

/// Between a handler that makes an answer and its exchange: compresses it by the rules of the
/// route, where the client wants that. Confined to the exchange's loop; used again after end() or
/// drop().
///
/// Nothing a handler wrote is held back for longer than a turn: whoever writes calls flush() when
/// the turn ends, so that server-sent events and the like arrive when they happen.
class CodedAnswer {
public:
    CodedAnswer() = default;
    ~CodedAnswer() { drop(); }
    CodedAnswer(const CodedAnswer &) = delete;

    /// As the exchange's own; the exchange is gone afterwards.
    void respond(Exchange &exchange, ResponseHead head, Chunk body) noexcept;
    void begin(Exchange &exchange, ResponseHead head, std::optional<uint64_t> length) noexcept;
    /// False: the rest cannot be coded; the caller aborts the exchange.
    [[nodiscard]] bool write(Exchange &exchange, std::string_view bytes) noexcept;
    [[nodiscard]] bool flush(Exchange &exchange) noexcept;
    /// True: the exchange is gone.
    [[nodiscard]] bool end(Exchange &exchange, const HeaderBlock &trailers = {}) noexcept;
    /// The exchange is gone or will be aborted.
    void drop() noexcept;

    /// Bytes were written that the client may not be able to decode yet.
    bool needsFlush() const noexcept { return m_needsFlush; }

private:
    bool code(Exchange &exchange, std::string_view bytes, Coder::Step step) noexcept;

    CoderPool *m_pool = nullptr;
    std::unique_ptr<Coder> m_coder; ///< while a body is being coded
    bool m_needsFlush = false;
};

} // namespace arc
