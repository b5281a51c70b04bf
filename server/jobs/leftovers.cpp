// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/leftovers.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr int kPassesMax = 20;                      // of one that forks faster than it is killed
constexpr size_t kEnvironmentMax = 2 * 1024 * 1024; // what the kernel takes at most, by default

/// Empty where we may not look: another user's.
std::string environmentOf(int pid)
{
    const FileDescriptor file(
        ::open(fmt::format("/proc/{}/environ", pid).c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    char buffer[16 * 1024];
    while (file && text.size() < kEnvironmentMax) {
        const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
        if (size <= 0)
            break;
        text.append(buffer, static_cast<size_t>(size));
    }
    return text;
}

bool carries(const std::string &environment, const std::string &entry)
{
    const size_t at = environment.find(entry);
    return at != environment.npos && (at == 0 || environment[at - 1] == '\0');
}

bool isKilled(int pid, const std::string &entry)
{
    // Opened before the look, so that the signal goes to the process that was looked at.
    const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process || !carries(environmentOf(pid), entry))
        return false;
    return ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0;
}

} // namespace

std::vector<int> allProcesses()
{
    std::vector<int> pids;
    std::error_code failed;
    for (const auto &entry : std::filesystem::directory_iterator("/proc", failed)) {
        const std::string name = entry.path().filename().string();
        if (const auto pid = parseUnsigned(name); pid && *pid <= INT32_MAX)
            pids.push_back(static_cast<int>(*pid));
    }
    return pids;
}

std::string newJobMark()
{
    uint64_t bits[2] {};
    if (::getrandom(bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
        bits[0] = static_cast<uint64_t>(unixNowMs()); // a kernel without: the time tells apart, too
    return fmt::format("{:016x}{:016x}", bits[0], bits[1]);
}

size_t endAllLeftovers(const std::string &markBegin)
{
    const std::string entry = fmt::format("{}={}", kJobVariable, markBegin);
    const int self = ::getpid();
    size_t killed = 0;
    for (int pass = 0; pass < kPassesMax; ++pass) {
        size_t found = 0;
        for (const int pid : allProcesses())
            found += pid != self && isKilled(pid, entry) ? 1 : 0;
        killed += found;
        if (found == 0)
            break;
    }
    return killed;
}

size_t endLeftovers(const std::string &mark)
{
    return endAllLeftovers(mark + '\0');
}

} // namespace arc
