// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>

namespace arc {

/// The text of a PEM file that somebody named on a command line; "-" is standard input.
Result<std::string> readPem(const std::string &path);

} // namespace arc
