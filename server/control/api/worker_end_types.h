// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

namespace arc::api {

struct WorkerEndQuery {
    std::string app; ///< empty: of all
    int limit = 20;
    bool unplanned = false; ///< only those that the pool did not order
    ARC_FIELDS(WorkerEndQuery, ARC_FIELD("app", app), ARC_FIELD("limit", limit),
               ARC_FIELD("unplanned", unplanned))
};
struct WorkerEndId {
    uint64_t id = 0; ///< 0: the newest
    ARC_FIELDS(WorkerEndId, ARC_FIELD("id", id))
};
struct EndedRequest {
    std::string label; ///< "GET /report"
    int64_t ranMs = 0;
    std::string fate; ///< "repeated", "lost" (502), "cut", "given up" (nobody waited any more)
    ARC_FIELDS(EndedRequest, ARC_FIELD("label", label), ARC_FIELD("ran_ms", ranMs),
               ARC_FIELD("fate", fate))
};
struct MemoryPoint {
    int64_t atUnixMs = 0;
    int64_t bytes = 0;
    ARC_FIELDS(MemoryPoint, ARC_FIELD("at_unix_ms", atUnixMs), ARC_FIELD("bytes", bytes))
};
struct StackView {
    int64_t atUnixMs = 0;
    std::string about; ///< "GET /report, after 2.0 s"
    std::string text;
    ARC_FIELDS(StackView, ARC_FIELD("at_unix_ms", atUnixMs), ARC_FIELD("about", about),
               ARC_FIELD("text", text))
};
/// A worker's death certificate.
struct WorkerEnd {
    uint64_t id = 0; ///< counts up, also over restarts of the engine
    std::string app;
    int pid = 0;
    uint64_t generation = 0;
    int64_t startedUnixMs = 0;
    int64_t endedUnixMs = 0;
    /// "exit", "signal", "memory", "start", "hung", "protocol", "recycled", "deploy", "scaled",
    /// "stopped", "admin"
    std::string kind;
    std::string cause; ///< goes on after "worker 4711"
    bool planned = false;
    bool wasReady = false;
    int64_t requests = 0; ///< answered
    std::vector<EndedRequest> running;
    int64_t moreRunning = 0; ///< beyond those
    std::vector<MemoryPoint> memory;
    int64_t peakMemoryBytes = 0; ///< 0: unknown
    std::vector<StackView> stacks;
    std::vector<std::string> output;
    ARC_FIELDS(WorkerEnd, ARC_FIELD("id", id), ARC_FIELD("app", app), ARC_FIELD("pid", pid),
               ARC_FIELD("generation", generation), ARC_FIELD("started_unix_ms", startedUnixMs),
               ARC_FIELD("ended_unix_ms", endedUnixMs), ARC_FIELD("kind", kind),
               ARC_FIELD("cause", cause), ARC_FIELD("planned", planned),
               ARC_FIELD("was_ready", wasReady), ARC_FIELD("requests", requests),
               ARC_FIELD("running", running), ARC_FIELD("more_running", moreRunning),
               ARC_FIELD("memory", memory), ARC_FIELD("peak_memory_bytes", peakMemoryBytes),
               ARC_FIELD("stacks", stacks), ARC_FIELD("output", output))
};
struct WorkerEnds {
    std::vector<WorkerEnd> ends; ///< newest first; without memory, stacks and output
    ARC_FIELDS(WorkerEnds, ARC_FIELD("ends", ends))
};

} // namespace arc::api
