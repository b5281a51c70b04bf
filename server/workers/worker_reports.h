// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/workers/app_pool.h"

#include <string>
#include <string_view>
#include <vector>

namespace arc {

// The JSON of HELLO, STEP, READY and FAILED (protocol.h): values in, values out.

struct ReadyReport {
    std::string kind;
    std::string python;
    std::string core; ///< "native", "python"; empty where there is no choice
    int slots = 0;
    bool preloads = false;      ///< it is a preloader
    std::string preloadRefused; ///< why it is none, though it was to be; empty: it was not
    std::vector<StaticMount> mounts;
    std::vector<std::string> warnings;
};
struct FailedReport {
    std::string step;
    std::string error;
    std::string traceback;
};

/// The whole HELLO payload. preloads: it shall fork workers, if it can be.
std::string makeHello(const AppSpec &spec, uint32_t ordinal, bool preloads = false);
Result<StartStep> parseStep(std::string_view json);
/// Refuses another protocol version and slots outside 1..65536; drops mounts that are not absolute
/// or have no prefix.
Result<ReadyReport> parseReady(std::string_view json);
Result<FailedReport> parseFailed(std::string_view json);

} // namespace arc
