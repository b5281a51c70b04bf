// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <map>
#include <string>
#include <string_view>

namespace arc {

/// An object's JSON without its "settings", and each of those as JSON: how a store keeps them in
/// two tables.
struct ObjectParts {
    std::string json;
    std::map<std::string, std::string> settings; ///< key to JSON value
};

/// Pure; any thread. Settings of routes stay inside the object.
Result<ObjectParts> splitObject(std::string_view json);
Result<std::string> joinObject(const ObjectParts &parts);

} // namespace arc
