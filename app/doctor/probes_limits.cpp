// SPDX-License-Identifier: Apache-2.0
// Probes of what this process may use: cgroup, descriptors, port, folders.
#include "app/doctor/probes.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"
#include "server/config/settings.h"
#include "server/control/client/control_socket.h"
#include "server/net/listen.h"
#include "server/store/database.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace arc {

namespace {

using Level = Finding::Level;
namespace fs = std::filesystem;

constexpr uint16_t kDefaultPort = 8080;
constexpr long kCgroup2Magic = 0x63677270;
constexpr uint64_t kOwnDescriptors = 1024; // files, workers, logs, beside the connections
constexpr double kFreeBytesMin = 100e6;

std::string firstLine(const fs::path &path)
{
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// The folder of our cgroup in the unified hierarchy, or nothing.
std::optional<fs::path> cgroupFolder()
{
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("0::"))
            return fs::path("/sys/fs/cgroup" + line.substr(3));
    }
    return {};
}

/// "200000 100000" of cpu.max: two cores. Infinity for "max" and what is not there.
double coresOf(const std::string &cpuMax)
{
    const auto words = split(cpuMax, ' ');
    if (words.size() != 2)
        return std::numeric_limits<double>::infinity();
    const auto quota = parseDouble(words[0]);
    const auto period = parseDouble(words[1]);
    return quota && period && *period > 0 ? *quota / *period
                                          : std::numeric_limits<double>::infinity();
}

double bytesOf(const std::string &memoryMax)
{
    const auto bytes = parseDouble(memoryMax);
    return bytes ? *bytes : std::numeric_limits<double>::infinity();
}

unsigned coresByAffinity()
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0
        ? static_cast<unsigned>(CPU_COUNT(&cores))
        : 0;
}

/// The folder itself, or the nearest one above it that exists.
fs::path nearestExisting(fs::path path)
{
    std::error_code failed;
    while (!fs::exists(path, failed) && path.has_relative_path())
        path = path.parent_path();
    return path;
}

} // namespace

Finding probeCgroup()
{
    const unsigned cores = coresByAffinity();
    struct statfs system { };
    if (statfs("/sys/fs/cgroup", &system) != 0)
        return {"cgroup", Level::Warn, fmt::format("None ({}); {} cores.", strerror(errno), cores),
                "mount cgroup2"};
    const auto folder = cgroupFolder();
    if (system.f_type != kCgroup2Magic || !folder) {
        return {"cgroup", Level::Warn,
                fmt::format("Version 1: limits of a container are not seen; {} cores.", cores),
                "boot with systemd.unified_cgroup_hierarchy=1"};
    }
    double quota = std::numeric_limits<double>::infinity();
    double memory = std::numeric_limits<double>::infinity();
    for (fs::path at = *folder; at.string().size() >= std::strlen("/sys/fs/cgroup");
         at = at.parent_path()) {
        quota = std::min(quota,
                         coresOf(firstLine(at / "cpu.max"))); // the tightest of all levels counts
        memory = std::min(memory, bytesOf(firstLine(at / "memory.max")));
    }
    return {"cgroup",
            Level::Ok,
            fmt::format("Version 2; {}; {}.",
                        quota < cores ? fmt::format("{:.1f} of {} cores", quota, cores)
                                      : fmt::format("{} cores", cores),
                        memory < 1e18 ? "memory " + formatBytes(memory) : "memory not limited"),
            {}};
}

Finding probeFileLimit()
{
    rlimit limit {};
    getrlimit(RLIMIT_NOFILE, &limit);
    const SettingRow *row = findSetting("limits.connections");
    const auto connections = row ? static_cast<uint64_t>(std::get<int64_t>(fallbackOf(*row))) : 0;
    const std::string text = fmt::format("{} may be open; limits.connections is {} by default.",
                                         limit.rlim_max, connections);
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= connections + kOwnDescriptors)
        return {"file descriptors", Level::Ok, text, {}};
    return {"file descriptors", Level::Warn, text,
            fmt::format("LimitNOFILE={} in the service, or nofile in /etc/security/limits.conf.",
                        connections + kOwnDescriptors)};
}

Finding probePort()
{
    const auto address = SocketAddress::parse(fmt::format("127.0.0.1:{}", kDefaultPort));
    const auto bound = address ? bindListener(*address, 1) : Result<BoundListener>(address.error());
    const std::string name = fmt::format("port {}", kDefaultPort);
    if (bound)
        return {name, Level::Ok, "Free.", {}};
    const std::string holder = portHolder(kDefaultPort);
    if (holder.starts_with("arcology"))
        return {name, Level::Ok, fmt::format("Held by {}.", holder), {}};
    return {name, Level::Warn, fmt::format("{}.", bound.error().message()),
            "choose another address: arcology serve FOLDER --listen 127.0.0.1:0"};
}

namespace {

/// Why the database of a data directory cannot be read; empty: it can, or is not there yet.
std::string problemOf(const std::string &database)
{
    std::error_code failed;
    if (!fs::exists(database, failed))
        return {};
    std::string problem;
    for (int look = 0; look < 2; ++look) { // an engine that writes just now makes one a wrong one
        auto opened = Database::openUnchanged(database);
        const auto read = opened ? opened->prepare("SELECT count(*) FROM sqlite_master")
                                 : Result<Statement>(opened.error());
        if (read)
            return {};
        problem = read.error().message();
    }
    return problem;
}

} // namespace

Finding probeDataDir(const std::string &dataDir)
{
    const fs::path existing = nearestExisting(fs::absolute(dataDir));
    std::error_code failed;
    if (!fs::is_directory(existing, failed))
        errno = ENOTDIR;
    if (!fs::is_directory(existing, failed) || access(existing.c_str(), W_OK | X_OK) != 0) {
        return {"data directory", Level::Fail,
                fmt::format("{}: {} ({}).", dataDir, strerror(errno), existing.string()),
                "give it to this user (chown), or choose another with --data-dir."};
    }
    struct statvfs disk { };
    const double free = statvfs(existing.c_str(), &disk) == 0
        ? static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize)
        : 0;
    if (free < kFreeBytesMin) {
        return {"data directory", Level::Warn,
                fmt::format("{}: only {} free.", dataDir, formatBytes(free)),
                "make room: configuration and logs are written there."};
    }
    const bool exists = existing == fs::absolute(dataDir);
    if (const std::string problem = problemOf(dataDir + "/arcology.db"); !problem.empty())
        return {
            "data directory", Level::Fail, problem + ".",
            "arcology doctor --repair puts the engine's own copy in the place of a damaged one."};
    return {"data directory",
            Level::Ok,
            fmt::format("{}: {}, {} free.", dataDir, exists ? "writable" : "can be made",
                        formatBytes(free)),
            {}};
}

Finding probeRuntimeDir()
{
    const std::string folder = environmentText("XDG_RUNTIME_DIR");
    const char *const mend = "log in through a session manager (pam_systemd), or use --data-dir.";
    if (folder.empty())
        return {"runtime directory", Level::Warn,
                "XDG_RUNTIME_DIR is not set: the admin socket lies in the data directory.", mend};
    struct stat info { };
    if (stat(folder.c_str(), &info) != 0)
        return {"runtime directory", Level::Fail, fmt::format("{}: {}.", folder, strerror(errno)),
                mend};
    if (!S_ISDIR(info.st_mode) || info.st_uid != getuid() || (info.st_mode & 0077) != 0) {
        return {"runtime directory", Level::Warn,
                fmt::format("{}: belongs to uid {}, mode {:04o}.", folder, info.st_uid,
                            info.st_mode & 07777),
                mend};
    }
    return {"runtime directory", Level::Ok, fmt::format("{}.", folder), {}};
}

} // namespace arc
