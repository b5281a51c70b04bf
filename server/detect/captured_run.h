// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <chrono>
#include <string>
#include <vector>

namespace arc {

struct CapturedRun {
    int exitCode = 0; ///< 128 + signal when killed
    std::string output;
    std::string errors; ///< the first 64 KiB of standard error
};

/// Runs a program to its end and keeps what it wrote. argv[0] is an absolute path; standard input
/// is empty; the environment is the engine's without PYTHON* and ARCOLOGY_*. Blocks: for the
/// blocking pool. Unavailable: too slow (killed). Full: more than outputMax bytes (killed).
Result<CapturedRun> runCaptured(const std::vector<std::string> &argv,
                                std::chrono::milliseconds deadline, size_t outputMax);

} // namespace arc
