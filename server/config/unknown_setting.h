// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string_view>

namespace arc {

/// What is said of a key that no row has, with the row that may have been meant (Invalid). Any
/// thread.
Error unknownSetting(std::string_view key);

} // namespace arc
