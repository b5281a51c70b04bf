// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

namespace arc::api {

/// Which variables of a site's app to look at: those whose values are URLs of a database, cache or
/// queue.
struct ConnectionQuery {
    std::string id;
    /// What is not stored yet: looked at instead of the stored value of the same name. "(masked)":
    /// the stored one.
    std::map<std::string, std::string> values;
    ARC_FIELDS(ConnectionQuery, ARC_FIELD("id", id), ARC_FIELD("values", values))
};
struct ConnectionCheck {
    std::string name; ///< of the variable
    bool isReachable = false;
    std::string message; ///< one sentence, without user and password
    ARC_FIELDS(ConnectionCheck, ARC_FIELD("name", name), ARC_FIELD("reachable", isReachable),
               ARC_FIELD("message", message))
};
struct ConnectionChecks {
    std::vector<ConnectionCheck> checks; ///< by name; empty: no variable holds such a URL
    ARC_FIELDS(ConnectionChecks, ARC_FIELD("checks", checks))
};

} // namespace arc::api
