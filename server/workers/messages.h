// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/workers/protocol.h"
#include "server/workers/worker_end.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace arc {

/// A request as its app knows it: the loop its exchange lives on, a slot there, and which use of
/// the slot this is.
struct RequestId {
    uint32_t loop = 0;
    uint32_t slot = 0;
    uint32_t generation = 0;
    bool operator==(const RequestId &) const = default;
};

/// From the loop of an exchange to the app's home loop.
struct ToHome {
    enum class Kind : uint8_t { Enqueue, Body, Grant, Message, Gone };
    Kind kind = Kind::Gone;
    uint8_t flags = 0;       ///< Enqueue, Body: kEnd, kAbort; Message: kEnd, kText
    bool mayRepeat = false;  ///< Enqueue: idempotent by RFC 9110
    bool asksSocket = false; ///< Enqueue: for a WebSocket
    uint32_t amount = 0;     ///< Enqueue: body bytes inside; Grant: answer bytes
    uint16_t closeCode = 0;  ///< Gone: of a WebSocket
    RequestId id;
    std::string bytes; ///< Enqueue: REQUEST payload; Body, Message: body; Gone: a close's reason
};

/// From the app's home loop to the loop of an exchange.
struct ToSide {
    enum class Kind : uint8_t { Answer, Credit, Refuse };
    Kind kind = Kind::Refuse;
    uint8_t flags = 0; ///< Answer: as in the frame
    bool forLocalEyes =
        false; ///< Refuse: the explanation is a cause inside the app; others get a plain one
    protocol::FrameType type =
        protocol::FrameType::Data; ///< Answer: what the worker sent of a stream
    uint16_t status = 0;           ///< Refuse
    uint16_t retryAfter = 0;       ///< Refuse: seconds, 0 for none
    uint32_t amount = 0; ///< Credit: body bytes; Answer, Response: µs waited in the queue
    RequestId id;
    std::string bytes; ///< Answer: payload; Refuse: explanation
};

/// From the home loop to the control loop: what became of a worker's stream.
struct HomeEvent {
    enum class Kind : uint8_t {
        Step,
        Ready,
        Failed,
        Broken,
        Gone,
        Stuck,
        Output,
        Report,
        Lingers,
        Sockets,
        Slow,      ///< a request takes longer than the soft limit
        TimedOut,  ///< a request was answered 504
        Abandoned, ///< a request goes on though its client left long ago
        Wanted     ///< a request came while the app slept
    };
    Kind kind = Kind::Step;
    uint32_t worker = 0;
    int64_t count = 0; ///< Gone: requests that were in flight; Sockets: open in a retiring worker;
                       ///< Report: ms that the oldest request runs
    std::string text;  ///< Step, Ready, Failed: JSON; Broken, Gone: a phrase; Output: a line;
                       ///< Report: the oldest request; Lingers: all, separated by commas
    std::vector<RequestAtEnd> requests; ///< Gone: what became of them, longest first
    std::string requestId;              ///< Slow, TimedOut, Abandoned; text: its label, count: ms
    bool isAlone = false;               ///< as above: nothing else runs in that worker
};

/// Limits of an app that its queue and streams obey; changed live.
struct AppLimits {
    size_t queueLengthMax = 1000;
    std::chrono::milliseconds queueTimeout {30000};
    std::chrono::milliseconds queueTarget {5000};      ///< 0: the oldest is always first
    std::chrono::milliseconds requestTimeout {300000}; ///< 0: none
    std::chrono::milliseconds requestSoft {0};         ///< 0: none; else below requestTimeout
    std::chrono::milliseconds interruptGrace {5000};
    std::chrono::milliseconds stopTimeout {10000};
    uint64_t responseBufferBytes = 1024 * 1024;
    uint64_t requestBufferBytes = 256 * 1024;
    bool collectsBodies = false;       ///< before a worker gets the request
    std::vector<std::string> sendFrom; ///< folders an app may have files sent from
    bool speaksWebSocket = false;
    size_t socketsMax = 10000;
    std::chrono::milliseconds socketDrain {10000};
};

} // namespace arc
