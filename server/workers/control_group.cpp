// SPDX-License-Identifier: Apache-2.0
#include "server/workers/control_group.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

namespace arc {

namespace {

/// The number a file begins with, or -1 when it is missing or says "max".
int64_t numberIn(const std::string &path)
{
    const std::string text = readKernelFile(path);
    return parseSigned(std::string_view(text).substr(0, text.find('\n'))).value_or(-1);
}

std::string firstLine(const std::string &path)
{
    const std::string text = readKernelFile(path);
    return text.substr(0, text.find('\n'));
}

int64_t memoryRoomIn(const std::string &folder, int version)
{
    const bool isFirst = version == 1;
    const int64_t limit = numberIn(folder + (isFirst ? "/memory.limit_in_bytes" : "/memory.max"));
    const int64_t used =
        numberIn(folder + (isFirst ? "/memory.usage_in_bytes" : "/memory.current"));
    constexpr int64_t kNoLimit = int64_t {1} << 62; // version 1 has a number for "none"
    if (limit < 0 || used < 0 || limit >= kNoLimit)
        return -1;
    const int64_t dropped = numberAfter(readKernelFile(folder + "/memory.stat"),
                                        isFirst ? "total_inactive_file " : "inactive_file ");
    return std::max<int64_t>(0, limit - used + std::max<int64_t>(0, dropped));
}

int64_t lesser(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 ? a : std::min(a, b);
}

} // namespace

std::string readKernelFile(const std::string &path)
{
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    char buffer[4096];
    while (file && text.size() < kKernelFileMax) {
        const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
        if (size <= 0)
            break;
        text.append(buffer, static_cast<size_t>(size));
    }
    return text;
}

int64_t numberAfter(std::string_view text, std::string_view name)
{
    for (const std::string_view line : split(text, '\n')) {
        if (!line.starts_with(name))
            continue;
        const std::string_view rest = trim(line.substr(name.size()));
        return parseSigned(rest.substr(0, rest.find(' '))).value_or(-1);
    }
    return -1;
}

GroupChain groupsOf(std::string_view controller, const KernelFolders &from)
{
    GroupChain chain;
    std::string group;
    const std::string groups = readKernelFile(from.proc + "/self/cgroup");
    for (const std::string_view line : split(groups, '\n')) {
        // "0::/user.slice", "4:cpu,cpuacct:/docker/..."; a path may hold colons.
        const size_t first = line.find(':');
        const size_t second = first == line.npos ? first : line.find(':', first + 1);
        if (second == line.npos)
            continue;
        const auto names = split(line.substr(first + 1, second - first - 1), ',');
        if (std::find(names.begin(), names.end(), controller) != names.end()) {
            chain.version = 1; // where both are mounted, it is one version's or the other's
            group = line.substr(second + 1);
            break;
        }
        if (line.starts_with("0::")) {
            chain.version = 2;
            group = line.substr(second + 1);
        }
    }
    if (chain.version == 0)
        return chain;
    const std::string root =
        chain.version == 1 ? from.groups + "/" + std::string(controller) : from.groups;
    // In a container the group may be named as the machine outside knows it, and its folder be the
    // root: so those that are missing are no end.
    while (group.size() > 1) {
        chain.folders.push_back(root + group);
        const size_t parent = group.rfind('/');
        group.resize(parent == group.npos ? 0 : parent);
    }
    chain.folders.push_back(root);
    return chain;
}

double cpuQuota(std::string_view maxAndPeriod)
{
    const auto parts = split(maxAndPeriod, ' ');
    if (parts.size() != 2)
        return 0;
    const double quota = parseDouble(parts[0]).value_or(0); // "max" and -1: no limit
    const double period = parseDouble(parts[1]).value_or(0);
    return quota > 0 && period > 0 ? quota / period : 0;
}

double cpuQuotaIn(const std::string &folder, int version)
{
    if (version == 2)
        return cpuQuota(firstLine(folder + "/cpu.max"));
    return cpuQuota(firstLine(folder + "/cpu.cfs_quota_us") + " "
                    + firstLine(folder + "/cpu.cfs_period_us"));
}

double groupCores(const KernelFolders &from)
{
    double smallest = 0;
    const GroupChain chain = groupsOf("cpu", from);
    for (const std::string &folder : chain.folders) {
        const double quota = cpuQuotaIn(folder, chain.version);
        if (quota > 0 && (smallest == 0 || quota < smallest))
            smallest = quota;
    }
    return smallest;
}

double cpuSecondsIn(const std::string &folder, int version)
{
    constexpr double kMicro = 1e-6;
    constexpr double kNano = 1e-9;
    const int64_t used = version == 2
        ? numberAfter(readKernelFile(folder + "/cpu.stat"), "usage_usec ")
        : numberIn(folder + "/cpuacct.usage"); // where both controllers are mounted together
    return used < 0 ? -1 : static_cast<double>(used) * (version == 2 ? kMicro : kNano);
}

int64_t groupMemoryRoom(const KernelFolders &from)
{
    int64_t least = -1;
    const GroupChain chain = groupsOf("memory", from);
    for (const std::string &folder : chain.folders)
        least = lesser(least, memoryRoomIn(folder, chain.version));
    return least;
}

int64_t memoryAvailable(const KernelFolders &from)
{
    const int64_t kiB = numberAfter(readKernelFile(from.proc + "/meminfo"), "MemAvailable:");
    return lesser(kiB < 0 ? -1 : kiB * 1024, groupMemoryRoom(from));
}

} // namespace arc
