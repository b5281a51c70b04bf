// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace arc {

/// A command that is kept running beside an app's workers: a Celery worker, a Node server.
struct ServiceConfig {
    std::string name; ///< an identifier, unique within the app
#define FIELD(Type, member, key, option, usual, help) Type member = usual;
#include "server/config/service_fields.def"
    bool operator==(const ServiceConfig &) const = default;
};

} // namespace arc
