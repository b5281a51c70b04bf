// SPDX-License-Identifier: Apache-2.0
#include "server/net/listen.h"

#include "server/base/text.h"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

namespace arc {

namespace {

/// Rows of /proc/net/tcp and processes looked at, before the holder counts as unknown.
constexpr int kRowsMax = 200'000;
constexpr int kProcessesMax = 32'768;
constexpr std::string_view kStateListen = "0A";

struct ListeningSocket {
    uint64_t inode = 0;
    uint64_t user = 0;
};

/// Columns: sl, local_address, rem_address, st, queues, timer, retrnsmt, uid, timeout, inode.
std::optional<ListeningSocket> readRow(const std::string &row, uint16_t port)
{
    std::istringstream words(row);
    std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    if (!(words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user
          >> timeout >> inode))
        return std::nullopt;
    const size_t colon = local.rfind(':');
    if (state != kStateListen || colon == local.npos)
        return std::nullopt;
    unsigned found = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
    const auto inodeNumber = parseUnsigned(inode);
    const auto userNumber = parseUnsigned(user);
    if (found != port || !inodeNumber || !userNumber)
        return std::nullopt;
    return ListeningSocket {*inodeNumber, *userNumber};
}

std::optional<ListeningSocket> findSocket(uint16_t port)
{
    for (const char *table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream file(table);
        std::string row;
        for (int i = 0; i < kRowsMax && std::getline(file, row); ++i) {
            if (const auto socket = readRow(row, port))
                return socket;
        }
    }
    return std::nullopt;
}

using Directory = std::unique_ptr<DIR, int (*)(DIR *)>;

bool holdsDescriptor(const std::string &process, const std::string &wanted)
{
    const std::string folder = "/proc/" + process + "/fd";
    const Directory directory(opendir(folder.c_str()), &closedir);
    if (!directory)
        return false;
    while (const dirent *entry = readdir(directory.get())) {
        char target[64] {};
        const std::string path = folder + '/' + entry->d_name;
        if (readlink(path.c_str(), target, sizeof target - 1) > 0 && wanted == target)
            return true;
    }
    return false;
}

std::string nameOf(const std::string &process)
{
    std::ifstream file("/proc/" + process + "/comm");
    std::string name;
    std::getline(file, name);
    return name.empty() ? std::string("a program") : name;
}

} // namespace

std::string portHolder(uint16_t port)
{
    const auto socket = findSocket(port);
    if (!socket)
        return {};
    const std::string wanted = fmt::format("socket:[{}]", socket->inode);
    const Directory processes(opendir("/proc"), &closedir);
    for (int i = 0; processes && i < kProcessesMax; ++i) {
        const dirent *entry = readdir(processes.get());
        if (!entry)
            break;
        const std::string name = entry->d_name;
        if (parseUnsigned(name) && holdsDescriptor(name, wanted))
            return fmt::format("{} (pid {})", nameOf(name), name);
    }
    return socket->user != geteuid() ? std::string("a program of another user") : std::string();
}

} // namespace arc
