// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// `arcology serve TARGET [options]`: one folder, no window, nothing kept afterwards. Returns the
/// exit code.
int serveMain(int argc, char **argv);

} // namespace arc
