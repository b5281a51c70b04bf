// SPDX-License-Identifier: Apache-2.0
// Probes of the kernel and the interpreters: each asks by doing.
#include "app/doctor/probes.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"
#include "server/tls/kernel_tls.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace arc {

namespace {

using Level = Finding::Level;

constexpr int kVersionWaitMs = 5000;
constexpr size_t kOutputBytesMax = 4096;

/// What a program prints, cut; nothing when it cannot be started, fails or takes too long.
std::optional<std::string> outputOf(std::vector<std::string> arguments)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return {};
    const FileDescriptor reader(ends[0]);
    FileDescriptor writer(ends[1]);
    std::vector<char *> argv;
    for (std::string &argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, writer.get(), STDERR_FILENO);
    pid_t pid = 0;
    const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return {};
    writer.reset();

    std::string output;
    std::array<char, 512> bytes;
    pollfd one {.fd = reader.get(), .events = POLLIN, .revents = 0};
    bool ended = false;
    while (!ended && output.size() < kOutputBytesMax && poll(&one, 1, kVersionWaitMs) > 0) {
        const ssize_t got = read(reader.get(), bytes.data(), bytes.size());
        ended = got <= 0;
        output.append(bytes.data(), static_cast<size_t>(std::max<ssize_t>(got, 0)));
    }
    if (!ended)
        kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    if (!ended || status != 0)
        return {};
    return output;
}

struct Interpreter {
    std::string path;
    std::string name; ///< "CPython", "PyPy"
    unsigned major = 0;
    unsigned minor = 0;
    std::string version;
};

std::optional<Interpreter> askInterpreter(const std::string &path)
{
    const auto output = outputOf(
        {path, "-I", "-S", "-c",
         "import platform,sys;print(platform.python_implementation(),*sys.version_info[:3])"});
    if (!output)
        return {};
    std::string_view line = *output;
    line = line.substr(0, line.find('\n'));
    const auto words = split(line, ' ');
    if (words.size() != 4)
        return {};
    const auto major = parseUnsigned(words[1]);
    const auto minor = parseUnsigned(words[2]);
    if (!major || !minor)
        return {};
    return Interpreter {path, std::string(words[0]), static_cast<unsigned>(*major),
                        static_cast<unsigned>(*minor),
                        fmt::format("{}.{}.{}", words[1], words[2], words[3])};
}

bool looksLikePython(std::string_view name)
{
    for (const std::string_view base : {"python3", "pypy3"}) {
        if (!name.starts_with(base))
            continue;
        const std::string_view rest = name.substr(base.size());
        return rest.empty() || (rest[0] == '.' && parseUnsigned(rest.substr(1)).has_value());
    }
    return false;
}

/// Every interpreter of the PATH once, however many names it has.
std::vector<Interpreter> findInterpreters()
{
    std::vector<Interpreter> found;
    std::vector<std::string> seen;
    const std::string searchPath = environmentText("PATH"); // split() gives views into it
    for (const std::string_view folder : split(searchPath, ':')) {
        std::error_code failed;
        std::vector<std::string> paths;
        for (const auto &entry : std::filesystem::directory_iterator(std::string(folder), failed)) {
            if (looksLikePython(entry.path().filename().string()))
                paths.push_back(entry.path().string());
        }
        std::sort(paths.begin(), paths.end()); // "python3" before "python3.11"
        for (const std::string &path : paths) {
            const std::string real = std::filesystem::canonical(path, failed).string();
            if (failed || access(path.c_str(), X_OK) != 0
                || std::find(seen.begin(), seen.end(), real) != seen.end())
                continue;
            seen.push_back(real);
            if (auto interpreter = askInterpreter(path))
                found.push_back(std::move(*interpreter));
        }
    }
    return found;
}

} // namespace

std::vector<Finding> probePythons()
{
    std::vector<Finding> findings;
    for (const Interpreter &one : findInterpreters()) {
        Finding finding {.name = "python",
                         .text = fmt::format("{} {} ({}).", one.name, one.version, one.path)};
        if (one.major < 3 || (one.major == 3 && one.minor < 9)) {
            finding.level = Level::Warn;
            finding.mend = "apps need Python 3.9 or newer; choose another interpreter for them.";
        }
        findings.push_back(std::move(finding));
    }
    if (findings.empty()) {
        findings.push_back({"python", Level::Warn,
                            "No python3 on the PATH: only static sites can be served.",
                            "apt install python3"});
    }
    return findings;
}

Finding probeOpenat2()
{
    struct {
        uint64_t flags, mode, resolve;
    } how {O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0x08 /* RESOLVE_BENEATH */};
    const FileDescriptor opened(
        static_cast<int>(syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how)));
    if (opened)
        return {"openat2", Level::Ok, "The kernel keeps static files inside their folder.", {}};
    return {"openat2", Level::Warn, fmt::format("openat2: {}.", strerror(errno)),
            "Linux 5.6 or newer, and a container that does not forbid the call."};
}

Finding probePidfd()
{
    const FileDescriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
    if (pidfd)
        return {"pidfd", Level::Ok, "Workers are watched by descriptor.", {}};
    return {"pidfd", Level::Warn, fmt::format("pidfd_open: {}.", strerror(errno)),
            "Linux 5.3 or newer, and a container that does not forbid the call."};
}

Finding probeLandlock()
{
    constexpr uint32_t kAskVersion = 1;
    const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
    if (abi > 0)
        return {"landlock", Level::Ok, fmt::format("ABI {}.", abi), {}};
    return {"landlock", Level::Warn, fmt::format("Not available ({}).", strerror(errno)),
            "Linux 5.13 or newer with landlock among the boot parameter lsm=."};
}

Finding probeKernelTls()
{
    const KernelTls found = tryKernelTls();
    if (found.isThere())
        return {"kernel TLS",
                Level::Ok,
                fmt::format("Yes: the kernel encrypts large files, with {}.", found.cipherList()),
                {}};
    // Nothing but some speed is lost by it, so nothing has to be mended.
    return {"kernel TLS",
            Level::Ok,
            fmt::format("No: {}; the engine encrypts all files itself.", found.obstacle),
            {}};
}

} // namespace arc
