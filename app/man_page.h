// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace arc {

/// arcology(1) in the man macros; verbs and settings come from their tables.
std::string manPage();

} // namespace arc
