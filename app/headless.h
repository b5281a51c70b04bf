// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// `arcology --headless`: the engine alone, until SIGTERM. Returns the exit code.
int headlessMain(int argc, char **argv);

} // namespace arc
