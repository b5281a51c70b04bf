// SPDX-License-Identifier: Apache-2.0
#include "server/workers/process_figures.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"

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

} // namespace

ProcessFigures readProcessFigures(int pid)
{
    ProcessFigures figures;
    const std::string folder = fmt::format("/proc/{}/", pid);
    const int64_t pssKiB = numberAfter(readAll(folder + "smaps_rollup"), "Pss:");
    if (pssKiB >= 0) {
        figures.memoryBytes = pssKiB * 1024;
    } else if (const std::string statm = readAll(folder + "statm"); !statm.empty()) {
        const auto fields = split(statm, ' ');
        if (fields.size() > 1)
            figures.memoryBytes = parseSigned(fields[1]).value_or(0) * ::sysconf(_SC_PAGESIZE);
    }
    // Field 2 of stat is the program's name in brackets and may hold anything: count from behind
    // it.
    const std::string stat = readAll(folder + "stat");
    const size_t nameEnd = stat.rfind(')');
    if (nameEnd != stat.npos) {
        const auto fields = split(std::string_view(stat).substr(nameEnd + 1), ' ');
        constexpr size_t kUserTime = 12; // fields 14 and 15 of proc(5)
        if (fields.size() > kUserTime + 1) {
            const int64_t ticks = parseSigned(fields[kUserTime]).value_or(0)
                + parseSigned(fields[kUserTime + 1]).value_or(0);
            figures.cpuSeconds =
                static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        }
    }
    return figures;
}

int64_t oomKills()
{
    return numberAfter(readAll("/proc/vmstat"), "oom_kill ");
}

} // namespace arc
