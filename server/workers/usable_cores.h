// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace arc {

/// Cores that "quota period" of a control group allows; 0 for no limit or text that says nothing
/// ("max 100000").
double cpuQuota(std::string_view maxAndPeriod);

} // namespace arc
