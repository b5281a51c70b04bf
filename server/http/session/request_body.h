// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/message.h"
#include "server/http/syntax/chunked.h"

#include <cstdint>
#include <string_view>

namespace arc {

/// Where one request's body stands. A plain value; holds no bytes.
class RequestBody {
public:
    /// An unread rest of this much is skipped so that the connection can go on; above it the
    /// connection closes.
    static constexpr uint64_t kSkipMax = 64 * 1024;

    RequestBody() = default;
    explicit RequestBody(const RequestHead &head) noexcept;

    struct Taken {
        std::string_view data; ///< a piece of the body, perhaps empty; a view into the bytes given
        size_t bytesUsed = 0;
        std::string_view refusal; ///< not empty: 400 and close
    };
    /// Takes the next piece. Repeat with the bytes behind bytesUsed until they are used up or
    /// isDone().
    Taken take(std::string_view bytes) noexcept;

    bool isDone() const noexcept { return m_done; }
    uint64_t received() const noexcept { return m_received; }
    /// Of an announced length; 0 for a chunked body.
    uint64_t left() const noexcept { return m_left; }
    bool canSkip() const noexcept { return m_done || (!m_chunked && m_left <= kSkipMax); }

private:
    uint64_t m_left = 0;
    uint64_t m_received = 0;
    ChunkedDecoder m_decoder;
    bool m_chunked = false;
    bool m_done = true;
};

} // namespace arc
