// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// `arcology keep-serving [on|off]`: a unit of this user's systemd runs the engine, also while the
/// user is not logged in (lingering). The same user, data directory and admin socket as before: an
/// engine that runs hands its sockets over, and nobody is refused.
int keepServingMain(int argc, char **argv);

} // namespace arc
