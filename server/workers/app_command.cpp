// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"
#include "server/workers/app_pool.h"
#include "server/workers/output.h"
#include "server/workers/spawn.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr size_t kOutputMax = 1024 * 1024; ///< in one update; beyond it the oldest is left out

/// "flask" beside the interpreter first, as in a shell with the environment activated, then along
/// PATH.
std::string programPath(const AppConfig &app, const std::string &name)
{
    namespace fs = std::filesystem;
    if (name.find('/') != name.npos)
        return name.starts_with('/') ? name : app.root + "/" + name;
    const std::string beside = (fs::path(app.python).parent_path() / name).string();
    if (::access(beside.c_str(), X_OK) == 0)
        return beside;
    const char *path = std::getenv("PATH");
    for (const std::string_view folder : split(path ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
        const std::string candidate = std::string(folder) + "/" + name;
        if (folder.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return {};
}

Result<std::vector<std::string>> commandLine(const AppConfig &app, std::vector<std::string> argv)
{
    if (argv.empty() || argv[0].empty())
        return Error {ErrorCode::Invalid, "no command is given"};
    if (argv[0].ends_with(".py")) {
        argv.insert(argv.begin(), app.python);
    } else if (argv[0] == "python" || argv[0] == "python3") {
        argv[0] = app.python;
    } else {
        const std::string program = programPath(app, argv[0]);
        if (program.empty())
            return Error {ErrorCode::NotFound,
                          argv[0] + ": no such command beside the interpreter or on PATH"};
        argv[0] = program;
    }
    return argv;
}

/// One running command. Keeps itself alive until its process has ended, also when nobody listens
/// any more.
class RunningCommand final : public std::enable_shared_from_this<RunningCommand> {
public:
    RunningCommand(EventLoop &loop, std::function<void(AppCommand::Update)> update,
                   AppCommand::Manners manners)
        : m_loop(loop), m_update(std::move(update)), m_manners(manners),
          m_patience(&RunningCommand::impatient, this)
    {
    }

    Result<void> start(ChildProcess::Start plan, std::string input)
    {
        auto output = OutputPipe::create();
        if (!output)
            return std::move(output).error();
        plan.output = std::move(output->writing);
        int ends[2]; // a socket, because writing to it can neither block nor raise SIGPIPE
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return errnoError("cannot make a socket pair", errno);
        m_inputFd.reset(ends[0]);
        plan.input.reset(ends[1]);
        auto started =
            m_child.start(m_loop, std::move(plan), [this](int status) { ended(status); });
        if (!started)
            return started;
        m_self = shared_from_this();
        m_output = std::make_unique<OutputReader>(m_loop, std::move(output->reading),
                                                  [this](std::string_view bytes) { wrote(bytes); });
        m_input = std::move(input);
        feed();
        return {};
    }

    void cancel() { cancel(SIGTERM, m_manners.patience); }

    void cancel(int signalNumber, std::chrono::milliseconds patience)
    {
        if (!m_child.isRunning() || m_cancelled)
            return;
        m_cancelled = true;
        if (m_manners.stopsGroup)
            m_child.signalGroup(signalNumber);
        else
            m_child.signalAlone(signalNumber);
        m_patience.arm(m_loop.timers(), patience);
    }

    void kill() { m_child.signalGroup(SIGKILL); }
    int pid() const noexcept { return m_child.pid(); }

    void abandon()
    {
        m_update = nullptr;
        cancel();
    }

private:
    static void impatient(void *context) noexcept
    {
        static_cast<RunningCommand *>(context)->m_child.signalGroup(SIGKILL);
    }
    static void inputReady(void *context, Readiness) noexcept
    {
        static_cast<RunningCommand *>(context)->feed();
    }

    void feed() noexcept
    {
        while (m_inputFd && !m_input.empty()) {
            const ssize_t size = ::send(m_inputFd.get(), m_input.data(), m_input.size(),
                                        MSG_DONTWAIT | MSG_NOSIGNAL);
            if (size > 0) {
                m_input.erase(0, static_cast<size_t>(size));
            } else if (errno == EAGAIN) {
                if (!m_inputEvent.isWatching())
                    m_inputEvent.watchBoth(m_loop, m_inputFd.get(), &RunningCommand::inputReady,
                                           this);
                return;
            } else if (errno != EINTR) {
                break; // it does not read: its business
            }
        }
        m_inputEvent.stop();
        m_inputFd.reset(); // the command sees the end of its input
    }

    void wrote(std::string_view bytes)
    {
        m_pending.append(bytes);
        if (m_pending.size() > kOutputMax)
            m_pending.erase(0, m_pending.size() - kOutputMax);
        tellLater();
    }

    void tellLater()
    {
        if (m_telling)
            return;
        m_telling = true;
        m_loop.post([self = shared_from_this()] { self->tell(); });
    }

    void tell()
    {
        m_telling = false;
        if (!m_update)
            return;
        AppCommand::Update news {.output = std::exchange(m_pending, {}),
                                 .finished = m_finished,
                                 .exitStatus = m_status,
                                 .waitStatus = m_waitStatus,
                                 .cancelled = m_cancelled};
        const auto update = m_update; // the listener may let go of the command in it
        if (m_finished)
            m_update = nullptr;
        update(std::move(news));
    }

    void ended(int status)
    {
        m_patience.disarm();
        m_inputEvent.stop();
        m_inputFd.reset();
        m_output->drain();
        m_output.reset();
        m_finished = true;
        m_status = shellStatus(status);
        m_waitStatus = status;
        tellLater();
        m_loop.post([last = std::exchange(m_self, nullptr)] {});
    }

    EventLoop &m_loop;
    std::function<void(AppCommand::Update)> m_update;
    std::shared_ptr<RunningCommand> m_self;
    std::string m_input;
    std::string m_pending;
    bool m_telling = false;
    bool m_finished = false;
    bool m_cancelled = false;
    int m_status = 0;
    int m_waitStatus = 0;
    FileDescriptor m_inputFd;
    IoEvent m_inputEvent;
    const AppCommand::Manners m_manners;
    Timer m_patience;
    std::unique_ptr<OutputReader> m_output;
    ChildProcess m_child;
};

class CommandHandle final : public AppCommand {
public:
    explicit CommandHandle(std::shared_ptr<RunningCommand> running) : m_running(std::move(running))
    {
    }
    ~CommandHandle() override { m_running->abandon(); }
    int pid() const override { return m_running->pid(); }
    void cancel() override { m_running->cancel(); }
    void cancel(int signalNumber, std::chrono::milliseconds patience) override
    {
        m_running->cancel(signalNumber, patience);
    }
    void kill() override { m_running->kill(); }

private:
    std::shared_ptr<RunningCommand> m_running;
};

} // namespace

Result<std::unique_ptr<AppCommand>>
AppCommand::run(EventLoop &control, const std::string &executable, const AppConfig &app,
                std::vector<std::string> argv, std::string standardInput,
                std::function<void(Update)> update, Manners manners)
{
    auto command = commandLine(app, std::move(argv));
    if (!command)
        return std::move(command).error();
    auto running = std::make_shared<RunningCommand>(control, std::move(update), manners);
    ChildProcess::Start plan {.executable = executable,
                              .folder = app.root,
                              .argv = std::move(*command),
                              .environment = appEnvironment(app),
                              .leavesNothing = manners.leavesNothing};
    if (auto started = running->start(std::move(plan), std::move(standardInput)); !started)
        return std::move(started).error();
    return std::unique_ptr<AppCommand>(std::make_unique<CommandHandle>(std::move(running)));
}

} // namespace arc
