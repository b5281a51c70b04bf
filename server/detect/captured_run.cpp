// SPDX-License-Identifier: Apache-2.0
#include "server/detect/captured_run.h"

#include "server/base/file_descriptor.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace arc {

namespace {

constexpr size_t kErrorsMax = 64 * 1024;
constexpr int kSafeFd = 40; // above the three that are given, so that no dup2 overwrites a source

struct Pipe {
    FileDescriptor reading;
    FileDescriptor writing;
};

Result<Pipe> makePipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return errnoError("cannot make a pipe", errno);
    Pipe pipe {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    pipe.writing.reset(::fcntl(ends[1], F_DUPFD_CLOEXEC, kSafeFd));
    if (!pipe.writing)
        return errnoError("cannot duplicate a descriptor", errno);
    return pipe;
}

std::vector<char *> cleanEnvironment()
{
    std::vector<char *> kept;
    for (char **entry = environ; *entry; ++entry) {
        const std::string_view text(*entry);
        if (!text.starts_with("PYTHON") && !text.starts_with("ARCOLOGY_"))
            kept.push_back(*entry);
    }
    kept.push_back(nullptr);
    return kept;
}

Result<pid_t> spawn(const std::vector<std::string> &argv, int output, int errors)
{
    std::vector<char *> arguments;
    for (const std::string &text : argv)
        arguments.push_back(const_cast<char *>(text.c_str())); // posix_spawn's type, not its habit
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::vector<char *> environment = cleanEnvironment();
    pid_t pid = 0;
    const int failed = ::posix_spawn(&pid, argv[0].c_str(), &actions, &attributes, arguments.data(),
                                     environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed)
        return errnoError(fmt::format("cannot run {}", argv[0]), failed);
    return pid;
}

enum class Ending { Closed, TooLate, TooMuch };

/// Reads both pipes until both are closed, the deadline passes or the output is too long.
Ending readBoth(Pipe &output, Pipe &errors, CapturedRun &run, size_t outputMax,
                std::chrono::steady_clock::time_point end)
{
    pollfd waits[2] = {{output.reading.get(), POLLIN, 0}, {errors.reading.get(), POLLIN, 0}};
    while (waits[0].fd >= 0 || waits[1].fd >= 0) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return Ending::TooLate;
        if (::poll(waits, 2, static_cast<int>(left.count())) < 0 && errno != EINTR)
            return Ending::TooLate;
        for (int i = 0; i < 2; ++i) {
            if (waits[i].fd < 0 || !waits[i].revents)
                continue;
            char buffer[16 * 1024];
            const ssize_t size = ::read(waits[i].fd, buffer, sizeof buffer);
            if (size <= 0) {
                waits[i].fd = -1;
                continue;
            }
            std::string &text = i == 0 ? run.output : run.errors;
            text.append(buffer, static_cast<size_t>(size));
            if (run.output.size() > outputMax)
                return Ending::TooMuch;
            if (run.errors.size() > kErrorsMax)
                run.errors.resize(kErrorsMax);
        }
    }
    return Ending::Closed;
}

} // namespace

Result<CapturedRun> runCaptured(const std::vector<std::string> &argv,
                                std::chrono::milliseconds deadline, size_t outputMax)
{
    auto output = makePipe();
    auto errors = makePipe();
    if (!output || !errors)
        return output ? std::move(errors).error() : std::move(output).error();
    const auto end = std::chrono::steady_clock::now() + deadline;
    const auto pid = spawn(argv, output->writing.get(), errors->writing.get());
    if (!pid)
        return pid.error();
    output->writing.reset();
    errors->writing.reset();
    CapturedRun run;
    const Ending ending = readBoth(*output, *errors, run, outputMax, end);
    if (ending != Ending::Closed)
        ::kill(-*pid, SIGKILL);
    // Both pipes are closed or it was killed, so this is its last instant. One that closed its
    // output and stays is ended too.
    int status = 0;
    while (::waitpid(*pid, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() >= end)
            ::kill(-*pid, SIGKILL);
        ::poll(nullptr, 0, 1);
    }
    if (ending == Ending::TooLate)
        return Error {ErrorCode::Unavailable,
                      fmt::format("{} took longer than {} ms", argv[0], deadline.count())};
    if (ending == Ending::TooMuch)
        return Error {ErrorCode::Full,
                      fmt::format("{} wrote more than {} bytes", argv[0], outputMax)};
    run.exitCode = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return run;
}

} // namespace arc
