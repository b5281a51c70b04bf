// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/message.h"
#include "server/http/syntax/scan.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// Limits of one request head; the values of a connection come from limits.* of its settings.
struct HeadLimits {
    size_t requestLineBytesMax = 8192; ///< without its CRLF; above: 414
    size_t headerBytesMax = 32768;     ///< all header lines and the empty one; above: 431
    size_t headerCountMax = 100;       ///< above: 431
};

/// Largest HeadLimits::headerCountMax; the size of the array a caller hands to parseHead().
constexpr size_t kHeaderCountMax = 100;
/// Longest method; above: 501.
constexpr size_t kMethodBytesMax = 32;
/// Most that all Connection headers may name; above: 400. Each is compared with each header.
constexpr size_t kConnectionOptionsMax = 32;
/// Largest Content-Length that is believed: far above any disk, and sums of it cannot overflow.
constexpr uint64_t kContentLengthMax = uint64_t {1} << 62;

enum class HeadStep {
    NeedMore, ///< so far nothing is wrong, but the head's end is not there
    Done,
    Refuse, ///< answer with the status and close: where the next request begins is unknown
};

struct HeadOutcome {
    HeadStep step = HeadStep::NeedMore;
    int status = 0;          ///< of Refuse: 400, 414, 417, 431, 501 or 505
    std::string_view reason; ///< of Refuse: what is wrong, constant text for the error page
    size_t bytesUsed = 0;    ///< of Done: the body, or the next request, begins here
    bool namesSite = false;  ///< of Refuse: `head` has a host, and the headers that are sound
};

/// What is remembered between two calls for one head, in bytes from its beginning. Reset it (= {})
/// for the next one. Every connection has one, so it is small.
struct HeadProgress {
    uint32_t bytesLooked = 0;
    uint32_t decidedAt = 0;    ///< so many bytes without a line's end are too many
    uint32_t headersBegin = 0; ///< 0: the request line is not complete
    uint32_t lineBegin = 0; ///< the first header line that is not complete; those before are sound
    uint32_t headerCount = 0; ///< header lines before lineBegin
};

/// Where a parsed head may put what is not in the received bytes. Both are reused from call to
/// call.
struct HeadMemory {
    std::span<HeaderView> headers; ///< at least HeadLimits::headerCountMax long
    std::string
        &text; ///< decoded path and lower-case host, only when they differ from what was received
};

/// Reads one request head by RFC 9112, strictly: what could be understood in two ways is refused.
///
/// `bytes` begin with the first byte of this request and hold everything received since; after
/// NeedMore the call is repeated with the same bytes (they may have moved) and more behind them.
/// What is wrong is told at the end of its line at the latest, and it is the same however the bytes
/// were split. Allocates only when the path holds "%" or dot segments or the host capital letters.
/// `head` is filled by Done, and by a Refuse that says so; its views point into `bytes` and
/// `memory`. One CRLF before the request line is skipped (RFC 9112 2.2). The cost is linear in the
/// size of the head, also when it comes byte by byte: no line is read more than three times.
/// `scanner` is another than the fastest one only to compare them.
HeadOutcome parseHead(std::string_view bytes, const HeadLimits &limits, HeadProgress &progress,
                      const HeadMemory &memory, RequestHead &head,
                      const Scanner &scanner = kScanner) noexcept;

/// Copies what a head views into own memory, so that it outlives the bytes it was parsed from.
/// `bytes` are those it was parsed from (bytesUsed of them are enough; a head whose views point
/// elsewhere, as one that was copied before, must be copied with that other memory).
RequestHead copyHead(const RequestHead &head, std::string_view bytes, std::string &text,
                     std::vector<HeaderView> &headers);

} // namespace arc
