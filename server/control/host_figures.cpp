// SPDX-License-Identifier: Apache-2.0
#include "server/control/host_figures.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"

#include <fcntl.h>
#include <unistd.h>

namespace arc {

namespace {

/// The numbers behind a label on a line of /proc/stat.
std::vector<uint64_t> numbersOf(std::string_view line)
{
    std::vector<uint64_t> numbers;
    for (std::string_view word : split(line, ' ')) {
        if (const auto value = parseUnsigned(word))
            numbers.push_back(*value);
    }
    return numbers;
}

int64_t kibOf(std::string_view text, std::string_view label)
{
    const size_t at = text.find(label);
    if (at == text.npos)
        return -1;
    const std::string_view rest = trim(text.substr(at + label.size()));
    const auto value = parseUnsigned(rest.substr(0, rest.find(' ')));
    return value ? static_cast<int64_t>(*value) * 1024 : -1;
}

} // namespace

HostSampler::HostSampler(std::string procDirectory) : m_proc(std::move(procDirectory))
{
}

std::string HostSampler::read(std::string_view name) const
{
    const FileDescriptor file(
        ::open((m_proc + "/" + std::string(name)).c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(64 * 1024, '\0');
    const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
}

void HostSampler::sampleCpu(api::HostFigures &figures)
{
    std::vector<CoreTimes> now;
    const std::string text = read("stat");
    for (std::string_view line : split(text, '\n')) {
        if (!line.starts_with("cpu"))
            break;
        const auto ticks = numbersOf(line);
        if (ticks.size() < 5)
            break;
        CoreTimes times;
        for (size_t i = 0; i < ticks.size() && i < 8;
             ++i) // guest time is part of user time already
            times.all += ticks[i];
        times.busy = times.all - ticks[3] - ticks[4]; // without idle and iowait
        now.push_back(times);
    }
    if (now.size() == m_cores.size()) {
        for (size_t i = 0; i < now.size(); ++i) {
            const auto all = static_cast<double>(now[i].all - m_cores[i].all);
            const double share =
                all > 0 ? static_cast<double>(now[i].busy - m_cores[i].busy) / all : 0;
            if (i == 0)
                figures.cpu = share;
            else
                figures.cpuCores.push_back(share);
        }
    }
    m_cores = std::move(now);
}

void HostSampler::sampleMemory(api::HostFigures &figures) const
{
    const std::string text = read("meminfo");
    figures.memoryTotalBytes = kibOf(text, "MemTotal:");
    const int64_t available = kibOf(text, "MemAvailable:");
    if (figures.memoryTotalBytes >= 0 && available >= 0)
        figures.memoryUsedBytes = figures.memoryTotalBytes - available;
}

void HostSampler::sampleSelf(api::HostFigures &figures, double elapsedSeconds)
{
    const std::string text = read("self/stat");
    // The name may hold blanks and parentheses: fields are counted behind its last one (proc(5): 3
    // is the state).
    const size_t name = text.rfind(')');
    if (name == text.npos || name + 2 >= text.size())
        return;
    const auto fields = split(std::string_view(text).substr(name + 2), ' ');
    if (fields.size() < 22)
        return;
    const auto user = parseUnsigned(fields[11]);
    const auto system = parseUnsigned(fields[12]);
    const auto pages = parseUnsigned(fields[21]);
    if (pages)
        figures.engineMemoryBytes = static_cast<int64_t>(*pages) * ::sysconf(_SC_PAGESIZE);
    if (!user || !system)
        return;
    const uint64_t ticks = *user + *system;
    if (m_hasSelf && elapsedSeconds > 0) {
        const auto seconds =
            static_cast<double>(ticks - m_selfTicks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        figures.engineCpu = seconds / elapsedSeconds;
    }
    m_selfTicks = ticks;
    m_hasSelf = true;
}

api::HostFigures HostSampler::sample(double elapsedSeconds)
{
    api::HostFigures figures;
    sampleCpu(figures);
    sampleMemory(figures);
    sampleSelf(figures, elapsedSeconds);
    return figures;
}

} // namespace arc
