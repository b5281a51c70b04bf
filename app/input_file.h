// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>
#include <utility>
#include <vector>

namespace arc {

// Files that somebody named on a command line; "-" is standard input. They block.

/// The text of a PEM file.
Result<std::string> readPem(const std::string &path);
/// The variables of a .env file, as parseDotenv() reads them.
Result<std::vector<std::pair<std::string, std::string>>> readEnvFile(const std::string &path);

} // namespace arc
