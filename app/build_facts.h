// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/log_types.h"

namespace arc {

/// Version, build and system of this program, and the libraries it really runs with (asked at run
/// time, not as they were when it was compiled). Any thread; reads one small file.
api::About programFacts();

} // namespace arc
