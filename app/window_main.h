// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// `arcology`: the window, and the engine unless one runs. Returns the exit code.
int windowMain(int argc, char **argv);

} // namespace arc
