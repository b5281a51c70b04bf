// SPDX-License-Identifier: Apache-2.0
#include "server/workers/spawn.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace arc {

namespace {

constexpr int kSafeFd = 40; // above every number a child gets, so that no dup2 overwrites a source

std::vector<char *> pointersTo(std::vector<std::string> &texts)
{
    std::vector<char *> pointers;
    for (std::string &text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// What posix_spawn takes, freed on every way out.
class SpawnPlan {
public:
    SpawnPlan()
    {
        posix_spawn_file_actions_init(&m_actions);
        posix_spawnattr_init(&m_attributes);
        // An own group from the first instruction, so that a signal to the group never misses.
        posix_spawnattr_setpgroup(&m_attributes, 0);
        posix_spawnattr_setflags(&m_attributes, POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnPlan()
    {
        posix_spawn_file_actions_destroy(&m_actions);
        posix_spawnattr_destroy(&m_attributes);
    }
    SpawnPlan(const SpawnPlan &) = delete;

    Result<void> give(FileDescriptor &from, int to)
    {
        const int safe = ::fcntl(from.get(), F_DUPFD_CLOEXEC, kSafeFd);
        if (safe < 0)
            return errnoError("cannot duplicate a descriptor", errno);
        from.reset(safe);
        posix_spawn_file_actions_adddup2(&m_actions, safe, to);
        return {};
    }
    void openNull() { posix_spawn_file_actions_addopen(&m_actions, 0, "/dev/null", O_RDONLY, 0); }
    posix_spawn_file_actions_t *actions() noexcept { return &m_actions; }
    posix_spawnattr_t *attributes() noexcept { return &m_attributes; }

private:
    posix_spawn_file_actions_t m_actions;
    posix_spawnattr_t m_attributes;
};

Result<void> planDescriptors(SpawnPlan &plan, ChildProcess::Start &start)
{
    if (start.input) {
        if (auto given = plan.give(start.input, 0); !given)
            return given;
    } else {
        plan.openNull();
    }
    if (auto given = plan.give(start.output, 1); !given)
        return given;
    posix_spawn_file_actions_adddup2(plan.actions(), start.output.get(), 2);
    if (!start.socket)
        return {};
    int number = ChildProcess::kSocketFd;
    auto given = plan.give(start.socket, number);
    for (FileDescriptor &one : start.more)
        given = given ? plan.give(one, ++number) : std::move(given);
    return given;
}

} // namespace

ChildProcess::~ChildProcess()
{
    *m_self = nullptr;
    if (!m_running)
        return;
    signalGroup(SIGKILL);
    m_event.stop();
    if (m_reap)
        return; // nobody waits for its fate any more; its parent, or init, clears it away
    siginfo_t info {};
    ::waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED); // at once, after SIGKILL
}

Result<void> ChildProcess::start(EventLoop &loop, Start start, std::function<void(int)> ended)
{
    SpawnPlan plan;
    if (auto planned = planDescriptors(plan, start); !planned)
        return planned;
    std::vector<std::string> argv {start.executable, "--launch-worker", "--root", start.folder};
    if (start.socket) {
        argv.push_back("--keep");
        argv.push_back(std::to_string(1 + start.more.size()));
    }
    argv.push_back("--");
    argv.insert(argv.end(), start.argv.begin(), start.argv.end());
    const std::vector<char *> argvPointers = pointersTo(argv);
    const std::vector<char *> environment = pointersTo(start.environment);

    pid_t pid = 0;
    const int failed = ::posix_spawn(&pid, start.executable.c_str(), plan.actions(),
                                     plan.attributes(), argvPointers.data(), environment.data());
    if (failed)
        return errnoError(fmt::format("cannot start {}", start.executable), failed);
    m_pid = pid;
    m_running = true;
    m_leavesNothing = start.leavesNothing;
    rusage engine {};
    ::getrusage(RUSAGE_SELF, &engine);
    m_enginesPeakKiB = engine.ru_maxrss;
    m_pidFd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!m_pidFd) {
        const int problem = errno;
        signalGroup(SIGKILL);
        siginfo_t info {};
        ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
        m_running = false;
        return errnoError("cannot watch a process (pidfd_open)", problem);
    }
    m_ended = std::move(ended);
    m_event.watchInput(loop, m_pidFd.get(), &ChildProcess::ready, this);
    return {};
}

Result<void> ChildProcess::adopt(EventLoop &loop, int pid, Reap reap,
                                 std::function<void(int)> ended)
{
    m_pidFd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!m_pidFd)
        return errnoError("cannot watch a process (pidfd_open)", errno);
    m_pid = pid;
    m_running = true;
    m_reap = std::move(reap);
    m_ended = std::move(ended);
    m_event.watchInput(loop, m_pidFd.get(), &ChildProcess::ready, this);
    return {};
}

void ChildProcess::signalGroup(int signalNumber) noexcept
{
    if (m_running && !m_isAsked && ::kill(-m_pid, signalNumber) != 0)
        ::kill(m_pid, signalNumber);
}

void ChildProcess::signalAlone(int signalNumber) noexcept
{
    if (m_running && !m_isAsked)
        ::kill(m_pid, signalNumber);
}

void ChildProcess::ready(void *context, Readiness) noexcept
{
    auto *self = static_cast<ChildProcess *>(context);
    if (!self->m_running)
        return;
    if (self->m_reap)
        return self->askParent();
    siginfo_t info {};
    // Before it is reaped: until then nobody else gets the number of its group.
    if (self->m_leavesNothing
        && ::waitid(P_PID, static_cast<id_t>(self->m_pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0
        && info.si_pid == self->m_pid)
        ::kill(-self->m_pid, SIGKILL);
    int status = 0;
    rusage used {};
    if (::wait4(self->m_pid, &status, WNOHANG, &used) == 0)
        return;
    // posix_spawn() begins it in the engine's memory, and the kernel counts what that had.
    if (used.ru_maxrss > self->m_enginesPeakKiB)
        self->m_peakMemoryBytes = used.ru_maxrss * int64_t {1024};
    self->finish(status);
}

void ChildProcess::askParent()
{
    m_isAsked = true; // from now on its number may become another's
    m_event.stop();
    m_reap(m_pid, [self = m_self](const Fate &fate) {
        if (!*self)
            return;
        (*self)->m_peakMemoryBytes = fate.peakMemoryBytes;
        (*self)->finish(fate.status);
    });
}

void ChildProcess::finish(int status)
{
    m_running = false;
    m_event.stop();
    const auto ended = std::move(m_ended); // may destroy this
    ended(status);
}

namespace {

/// Ours, or of the service manager's protocol with the engine.
bool isOurs(std::string_view entry)
{
    return entry.starts_with("ARCOLOGY_") || entry.starts_with("LISTEN_")
        || entry.starts_with("NOTIFY_SOCKET=") || entry.starts_with("WATCHDOG_")
        || entry.starts_with("STATE_DIRECTORY=") || entry.starts_with("RUNTIME_DIRECTORY=");
}

} // namespace

std::vector<std::string> appEnvironment(const AppConfig &app)
{
    std::map<std::string, std::string> values;
    for (char **entry = environ; *entry; ++entry) {
        const std::string_view text(*entry);
        const size_t equals = text.find('=');
        if (equals != text.npos && !isOurs(text))
            values.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    for (const auto &[name, value] : app.env)
        values.insert_or_assign(name, value);
    values.insert_or_assign("PYTHONUNBUFFERED", "1");
    values.insert_or_assign("ARCOLOGY_WORKER", "1");
    std::vector<std::string> environment;
    for (const auto &[name, value] : values)
        environment.push_back(name + "=" + value);
    return environment;
}

std::string describeExit(int status)
{
    if (status == ChildProcess::kStatusUnknown)
        return "ended, how is not known: its preloader, which could tell, had ended before";
    if (!WIFSIGNALED(status))
        return fmt::format("exited with code {}", WEXITSTATUS(status));
    const char *name = sigabbrev_np(WTERMSIG(status));
    return fmt::format("was killed by signal {} ({}{})", WTERMSIG(status), name ? "SIG" : "",
                       name ? name : "real-time");
}

int shellStatus(int status) noexcept
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<OutputPipe> OutputPipe::create()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return errnoError("cannot make a pipe", errno);
    OutputPipe pipe {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK); // this end only: the child's stays as programs expect
    return pipe;
}

} // namespace arc
