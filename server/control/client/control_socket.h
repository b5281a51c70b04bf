// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>
#include <vector>

namespace arc {

// Where an engine's admin socket lies. Pure functions of the environment; any thread while nobody
// changes that.

inline constexpr const char *kServiceSocket = "/run/arcology/control.sock";

/// $XDG_DATA_HOME/arcology, else ~/.local/share/arcology.
std::string defaultDataDir();

/// Where the system's service keeps its data and its socket: the directories that systemd made for
/// it (STATE_DIRECTORY, RUNTIME_DIRECTORY), else /var/lib/arcology and /run/arcology.
std::string serviceDataDir();
Result<std::string> serviceSocketPath();

/// The socket of a user's engine: DIR/control.sock with a data directory of its own
/// (`dataDirOption`), else $XDG_RUNTIME_DIR/arcology/control.sock, else control.sock in the default
/// data directory. Invalid when the path is longer than a Unix socket's may be (107 bytes).
Result<std::string> controlSocketPath(const std::string &dataDirOption);
/// Refuses a path that does not fit into a socket address.
Result<std::string> checkSocketPath(std::string path);

/// Where a client looks, best first: the user's engine, then the service. With a data directory
/// only there.
std::vector<std::string> controlSocketCandidates(const std::string &dataDirOption);
/// The first candidate on which something accepts, else the first one. Blocks for a moment; not for
/// loops.
Result<std::string> findControlSocket(const std::string &dataDirOption);
/// True when something accepts connections there. Blocks for a moment; not for loops.
bool acceptsConnections(const std::string &socketPath);
/// True when there is a socket, but this user may not connect to it. As above.
bool isForbiddenToUs(const std::string &socketPath);

} // namespace arc
