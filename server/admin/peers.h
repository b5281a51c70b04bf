// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/control.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace arc {

/// Who a user id is, and what it may do over the admin socket: the engine's own user and root
/// administrate, members of the service's group operate, everybody else is refused. Confined to one
/// loop.
///
/// Names come from the system's user database, which may be slow the first time a foreign user
/// appears; the answer is kept, at most kPeersMax of them.
class Peers {
public:
    struct Peer {
        std::string name;         ///< "ana", or "uid 1000" when the system has no name
        std::optional<Role> role; ///< nothing: refused
    };
    static constexpr const char *kGroup = "arcology";
    static constexpr size_t kPeersMax = 64;

    explicit Peers(uint32_t ownUid) : m_ownUid(ownUid) { }
    const Peer &find(uint32_t uid);

private:
    const uint32_t m_ownUid;
    std::map<uint32_t, Peer> m_known;
};

} // namespace arc
