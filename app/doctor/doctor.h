// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace arc {

/// `arcology doctor [--json] [--data-dir DIR]`: what this machine supports and lacks, a line each,
/// with how to mend it. 0: nothing stands in the way of serving; 1: something does; 2: usage.
/// With --repair: see repair.h; 6: it could not be done.
/// Blocks; argv[0] is skipped.
int doctorMain(int argc, char **argv);

/// The same findings as text, a line each, but for those an engine that runs makes meaningless.
/// Blocks for seconds; any thread.
std::string machineReport();

} // namespace arc
