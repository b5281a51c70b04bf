// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// `arcology doctor [--json] [--data-dir DIR]`: what this machine supports and lacks, a line each,
/// with how to mend it. 0: nothing stands in the way of serving; 1: something does; 2: usage.
/// Blocks; argv[0] is skipped.
int doctorMain(int argc, char **argv);

} // namespace arc
