// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/schema.h"

#include <functional>
#include <map>

namespace arc {

/// Every setting as a field, with its default. The request path reads fields; nothing is looked up
/// by key there. A plain value: a snapshot holds one for the engine, one for each site, route and
/// app, already inherited.
struct Settings {
#define SETTING(member, type, fallback, ...) type member {fallback};
#include "server/config/settings.def"
};

/// Values set by somebody at one level; what is absent is inherited. Ordered, so that exports are
/// stable.
using Overrides = std::map<std::string, SettingValue, std::less<>>;

/// `outer` with `inner` laid over it. Every key and value must have been checked.
Settings inherit(const Settings &outer, const Overrides &inner);
/// The value of one row in a resolved Settings.
SettingValue valueOf(const Settings &settings, const SettingRow &row);

/// Keys known, values in range, keys allowed at this level, then the rules that tie keys together.
/// One error per call names the first bad key: "cache.limit_mib: outside 0..1048576".
Result<void> checkOverrides(const Overrides &overrides, Scope level);
/// The rules that look inside one text, whatever the other keys say. Names the key to change.
Result<void> checkTexts(const Settings &settings);
/// The rules that tie keys together or look inside a text, on resolved settings. Names the key to
/// change.
Result<void> checkTogether(const Settings &settings);

} // namespace arc
