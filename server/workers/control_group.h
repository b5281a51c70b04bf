// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

// What the kernel tells of this machine and of the control groups this process is in, of either
// version. Each of the groups around a group limits it too.

/// Where it tells that; tests have folders of their own.
struct KernelFolders {
    std::string proc = "/proc";
    std::string groups = "/sys/fs/cgroup";
};

/// At most kKernelFileMax of it; empty when it cannot be read.
constexpr size_t kKernelFileMax = 64 * 1024;
std::string readKernelFile(const std::string &path);
/// The number behind `name` at the start of a line, or -1.
int64_t numberAfter(std::string_view text, std::string_view name);

/// The groups that a controller ("cpu", "memory") puts this process in.
struct GroupChain {
    int version = 0;                  ///< 1 or 2; 0: no such controller is known here
    std::vector<std::string> folders; ///< its own group first, the root of the hierarchy last
};
GroupChain groupsOf(std::string_view controller, const KernelFolders &from = {});

/// Cores that "quota period" of a control group allows; 0 for no limit or text that says nothing
/// ("max 100000").
double cpuQuota(std::string_view maxAndPeriod);
/// The same of a group's folder.
double cpuQuotaIn(const std::string &folder, int version);
/// The smallest of all groups; 0: there is no limit.
double groupCores(const KernelFolders &from = {});
/// Processor time that a group has used, in seconds; -1 when it does not say.
double cpuSecondsIn(const std::string &folder, int version);

/// Memory that the groups leave for more; what the kernel can drop of files counts as free. -1:
/// there is no limit.
int64_t groupMemoryRoom(const KernelFolders &from = {});
/// The same and of this machine: what new processes could use. -1: unknown.
int64_t memoryAvailable(const KernelFolders &from);

} // namespace arc
