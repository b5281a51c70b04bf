// SPDX-License-Identifier: Apache-2.0
#include "app/engine_process.h"

#include "server/base/text.h"
#include "server/control/client/control_socket.h"
#include "server/store/data_dir.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace arc {

namespace {

constexpr int kReadyPollMs = 50;
constexpr int kReadyTriesMax = 400; // 20 s

/// The last line of a file that says something; empty when there is none.
std::string lastLine(const std::string &path)
{
    std::ifstream file(path);
    std::string line;
    std::string last;
    while (std::getline(file, line)) {
        if (!trim(line).empty())
            last = line;
    }
    constexpr std::string_view kPrefix = "arcology: "; // the window says who speaks
    return last.starts_with(kPrefix) ? last.substr(kPrefix.size()) : last;
}

} // namespace

EngineProcess::EngineProcess(Where where)
    : m_where(std::move(where)), m_quit(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
}

EngineProcess::~EngineProcess()
{
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(m_quit.get(), &one, sizeof one);
    m_watcher.join();
}

Result<int> EngineProcess::spawn()
{
    // What the engine would refuse is not touched by us either.
    if (auto usable = DataDir::check(m_where.dataDir); !usable)
        return std::move(usable).error();
    std::error_code failed;
    std::filesystem::create_directories(m_where.dataDir + "/logs", failed);
    if (failed)
        return Error {ErrorCode::DataDir,
                      fmt::format("{}: {}; choose another data directory", m_where.dataDir,
                                  failed.message())};
    std::filesystem::permissions(m_where.dataDir, std::filesystem::perms::owner_all, failed);

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, outputPath().c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    // A session of its own: what ends the window or its terminal does not reach the engine.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);

    std::vector<std::string> words {m_where.executable, "--headless"};
    if (!m_where.dataDirOption.empty())
        words.insert(words.end(), {"--data-dir", m_where.dataDirOption});
    std::vector<char *> argv;
    for (std::string &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    int pid = -1;
    const int result =
        ::posix_spawn(&pid, m_where.executable.c_str(), &files, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (result != 0)
        return errnoError(m_where.executable, result);
    return pid;
}

void EngineProcess::start(std::function<void(Result<void>)> done)
{
    auto pid = spawn();
    if (!pid)
        return done(std::move(pid).error());
    {
        std::scoped_lock lock(m_mutex);
        m_cause.clear();
    }
    m_watcher =
        Thread("arc-watch", [this, child = *pid, done = std::move(done)] { watch(child, done); });
}

void EngineProcess::watch(int pid, std::function<void(Result<void>)> done)
{
    const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    pollfd waits[2] = {{process.get(), POLLIN, 0}, {m_quit.get(), POLLIN, 0}};
    bool told = false;
    for (int tries = 0;; ++tries) {
        const int ready = ::poll(waits, 2, told ? -1 : kReadyPollMs);
        if (ready > 0 && waits[1].revents)
            return;
        if (ready > 0 && waits[0].revents)
            break;
        if (!told && (acceptsConnections(m_where.socketPath) || tries >= kReadyTriesMax)) {
            told = true;
            done(tries < kReadyTriesMax
                     ? Result<void> {}
                     : Result<void> {Error {ErrorCode::Unavailable,
                                            "the engine was started but does not answer"}});
        }
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    // One that ends in peace while its socket answers has handed over to another.
    const bool replaced =
        WIFEXITED(status) && WEXITSTATUS(status) == 0 && acceptsConnections(m_where.socketPath);
    const std::string cause = replaced ? std::string() : causeOf(status);
    {
        std::scoped_lock lock(m_mutex);
        m_cause = cause;
    }
    if (!told)
        done(Error {ErrorCode::Unavailable, cause});
}

std::string EngineProcess::causeOf(int status) const
{
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        return fmt::format("The engine was ended by signal {} ({}).", number, ::strsignal(number));
    }
    if (WEXITSTATUS(status) == 0)
        return "The engine was stopped.";
    const std::string said = lastLine(outputPath());
    return said.empty() ? fmt::format("The engine ended with exit code {}.", WEXITSTATUS(status))
                        : said;
}

std::string EngineProcess::lastCause()
{
    std::scoped_lock lock(m_mutex);
    return m_cause;
}

} // namespace arc
