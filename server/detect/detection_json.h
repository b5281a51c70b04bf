// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/detect/detect.h"

#include <string_view>

namespace arc {

/// The folder and projects that detect.py printed. Refuses anything but its shape: it is our
/// program, but what it prints comes from a stranger's files.
Result<Detection> parseDetection(std::string_view json);

} // namespace arc
