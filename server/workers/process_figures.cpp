// SPDX-License-Identifier: Apache-2.0
#include "server/workers/process_figures.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"

#include <algorithm>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr size_t kFileBytesMax = 64 * 1024;

std::string readAll(const std::string &path)
{
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    char buffer[4096];
    while (file && text.size() < kFileBytesMax) {
        const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
        if (size <= 0)
            break;
        text.append(buffer, static_cast<size_t>(size));
    }
    return text;
}

/// The number behind `name` at the start of a line, or -1.
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

/// The number a file begins with; none when it is missing or says "max".
std::optional<int64_t> numberIn(const std::string &path)
{
    const std::string text = readAll(path);
    const auto number = parseSigned(std::string_view(text).substr(0, text.find('\n')));
    return number ? std::optional(*number) : std::nullopt;
}

} // namespace

MemoryFigures readMemory(int pid)
{
    const std::string folder = fmt::format("/proc/{}/", pid);
    const std::string rollup = readAll(folder + "smaps_rollup");
    const int64_t pssKiB = numberAfter(rollup, "Pss:");
    const int64_t cleanKiB = numberAfter(rollup, "Shared_Clean:");
    const int64_t dirtyKiB = numberAfter(rollup, "Shared_Dirty:");
    if (pssKiB >= 0)
        return {.bytes = pssKiB * 1024,
                .sharedBytes = cleanKiB < 0 || dirtyKiB < 0 ? -1 : (cleanKiB + dirtyKiB) * 1024};
    const std::string statm = readAll(folder + "statm");
    const auto fields = split(statm, ' ');
    const int64_t pages = fields.size() > 1 ? parseSigned(fields[1]).value_or(0) : 0;
    return {.bytes = pages * ::sysconf(_SC_PAGESIZE)};
}

int64_t readPeakMemoryBytes(int pid)
{
    const int64_t kiB = numberAfter(readAll(fmt::format("/proc/{}/status", pid)), "VmHWM:");
    return std::max<int64_t>(0, kiB) * 1024;
}

char readProcessState(int pid)
{
    const std::string stat = readAll(fmt::format("/proc/{}/stat", pid));
    const size_t nameEnd = stat.rfind(')');
    return nameEnd != stat.npos && nameEnd + 2 < stat.size() ? stat[nameEnd + 2] : '?';
}

int readParentPid(int pid)
{
    const std::string stat = readAll(fmt::format("/proc/{}/stat", pid));
    const size_t nameEnd = stat.rfind(')'); // the name may hold anything
    const auto fields = split(std::string_view(stat).substr(std::min(nameEnd, stat.size())), ' ');
    return fields.size() > 2 ? static_cast<int>(parseSigned(fields[2]).value_or(0)) : 0;
}

double readCpuSeconds(int pid)
{
    // Field 2 of stat is the program's name in brackets and may hold anything: count from behind
    // it.
    const std::string stat = readAll(fmt::format("/proc/{}/stat", pid));
    const size_t nameEnd = stat.rfind(')');
    if (nameEnd != stat.npos) {
        const auto fields = split(std::string_view(stat).substr(nameEnd + 1), ' ');
        constexpr size_t kUserTime = 12; // fields 14 and 15 of proc(5)
        if (fields.size() > kUserTime + 1) {
            const int64_t ticks = parseSigned(fields[kUserTime]).value_or(0)
                + parseSigned(fields[kUserTime + 1]).value_or(0);
            return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        }
    }
    return 0;
}

int64_t memoryAvailable()
{
    const int64_t kib = numberAfter(readAll("/proc/meminfo"), "MemAvailable:");
    int64_t least = kib < 0 ? -1 : kib * 1024;
    const std::string groups = readAll("/proc/self/cgroup"); // version 2: one line, "0::/a/b"
    const size_t begin = groups.find("0::/");
    if (begin == groups.npos)
        return least;
    std::string group = groups.substr(begin + 3, groups.find('\n', begin) - begin - 3);
    for (;;) { // the limits of all groups above hold, too
        const std::string folder = "/sys/fs/cgroup" + group;
        const auto limit = numberIn(folder + "/memory.max");
        const auto used = numberIn(folder + "/memory.current");
        if (limit && used) {
            const int64_t cached = numberAfter(readAll(folder + "/memory.stat"), "inactive_file ");
            const int64_t room =
                std::max<int64_t>(0, *limit - *used + std::max<int64_t>(0, cached));
            least = least < 0 ? room : std::min(least, room);
        }
        if (group.empty() || group == "/")
            return least;
        group.resize(group.rfind('/'));
    }
}

int64_t oomKills()
{
    const std::string groups = readAll("/proc/self/cgroup");
    const size_t begin = groups.find("0::/");
    if (begin != groups.npos) {
        const std::string group = groups.substr(begin + 3, groups.find('\n', begin) - begin - 3);
        const int64_t own =
            numberAfter(readAll("/sys/fs/cgroup" + group + "/memory.events"), "oom_kill ");
        if (own >= 0)
            return own;
    }
    return numberAfter(readAll("/proc/vmstat"), "oom_kill ");
}

} // namespace arc
