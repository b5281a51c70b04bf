// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

// What a variable such as DATABASE_URL points to, as far as it can be looked at without knowing the
// password. Pure; any thread. No sentence and no target holds a user or a password.

struct ConnectionTarget {
    enum class Kind { Tcp, UnixSocket, File, Memory };
    Kind kind = Kind::Tcp;
    std::string host;  ///< Tcp: a name or address, IPv6 without brackets
    uint16_t port = 0; ///< Tcp
    std::string path;  ///< UnixSocket, File: absolute
    bool operator==(const ConnectionTarget &) const = default;
};

/// A URL whose scheme (before a "+driver") is postgres, postgresql, mysql, mariadb, redis, rediss,
/// sqlite, amqp or amqps.
bool isConnectionUrl(std::string_view value) noexcept;

/// Of a URL that isConnectionUrl(); several where it names several servers. A file's relative path
/// is taken from `folder`. Invalid: the host or port cannot be read.
Result<std::vector<ConnectionTarget>> connectionTargets(std::string_view url,
                                                        const std::string &folder);

} // namespace arc
