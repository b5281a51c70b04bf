// SPDX-License-Identifier: Apache-2.0
#include "server/admin/peers.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

namespace arc {

namespace {

constexpr size_t kEntryBytes = 16 * 1024;
constexpr int kGroupsMax = 256;

std::optional<gid_t> groupId(const char *name)
{
    std::array<char, kEntryBytes> memory;
    group entry {};
    group *found = nullptr;
    if (getgrnam_r(name, &entry, memory.data(), memory.size(), &found) != 0 || !found)
        return {};
    return entry.gr_gid;
}

bool isMember(const char *user, gid_t primary, gid_t wanted)
{
    std::array<gid_t, kGroupsMax> groups;
    int count = kGroupsMax;
    if (getgrouplist(user, primary, groups.data(), &count) < 0)
        return primary == wanted; // in more groups than fit: only the main one is sure
    return std::find(groups.begin(), groups.begin() + count, wanted) != groups.begin() + count;
}

Peers::Peer lookUp(uint32_t uid, uint32_t ownUid)
{
    Peers::Peer peer {.name = fmt::format("uid {}", uid)};
    if (uid == ownUid || uid == 0)
        peer.role = Role::Admin;
    std::array<char, kEntryBytes> memory;
    passwd entry {};
    passwd *found = nullptr;
    if (getpwuid_r(uid, &entry, memory.data(), memory.size(), &found) != 0 || !found)
        return peer;
    peer.name = entry.pw_name;
    const auto group = groupId(Peers::kGroup);
    if (!peer.role && group && isMember(entry.pw_name, entry.pw_gid, *group))
        peer.role = Role::Operator;
    return peer;
}

} // namespace

const Peers::Peer &Peers::find(uint32_t uid)
{
    if (const auto known = m_known.find(uid); known != m_known.end())
        return known->second;
    if (m_known.size() >= kPeersMax)
        m_known.clear();
    return m_known.emplace(uid, lookUp(uid, m_ownUid)).first->second;
}

} // namespace arc
