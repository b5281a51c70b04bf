// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>

namespace arc {

/// `arcology doctor --repair`: puts the engine's own copy of the configuration in the place of a
/// damaged database, which is kept beside it. The answer says what was done; a database that is
/// sound, or missing, is not touched. DataDir: an engine uses the directory, or there is no sound
/// copy. Blocks for the disk.
Result<std::string> repairDataDir(const std::string &path);

} // namespace arc
