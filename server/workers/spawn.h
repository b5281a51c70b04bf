// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"
#include "server/config/document.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// One child process and the descriptor that tells of its end. Confined to the control loop. It is
/// alone in waiting for this child: nobody else in the engine may reap unknown children blindly.
class ChildProcess {
public:
    struct Start {
        std::string executable;        ///< this program, run as the launcher
        std::string folder;            ///< working directory
        std::vector<std::string> argv; ///< what the launcher becomes; argv[0] is an absolute path
        std::vector<std::string> environment;
        FileDescriptor input;                  ///< standard input; none: /dev/null
        FileDescriptor output;                 ///< standard output and error
        FileDescriptor socket;                 ///< becomes kSocketFd; none: closed
        std::vector<FileDescriptor> more = {}; ///< with a socket: become the numbers behind it
        bool leavesNothing = false;            ///< its process group is killed when it ends
    };
    static constexpr int kSocketFd = 3;
    static constexpr int kStatusUnknown = -1; ///< nobody could say how it ended
    /// How a process ended, as its parent learns it.
    struct Fate {
        int status = kStatusUnknown; ///< of waitpid()
        int64_t peakMemoryBytes = 0;
    };
    /// Asks its parent for the fate of a process that has ended; answers later, on the loop.
    using Reap = std::function<void(int pid, std::function<void(Fate)> done)>;

    ChildProcess() = default;
    ChildProcess(const ChildProcess &) = delete;
    ~ChildProcess(); ///< kills what still runs, and reaps it unless it was adopted

    /// ended is called once, on the loop, with the status of waitpid(); never from inside start().
    Result<void> start(EventLoop &loop, Start start, std::function<void(int status)> ended);
    /// Takes charge of a process that another one has forked, and which is not reaped before reap
    /// is asked. ended as in start().
    Result<void> adopt(EventLoop &loop, int pid, Reap reap, std::function<void(int status)> ended);
    int pid() const noexcept { return m_pid; }
    bool isRunning() const noexcept { return m_running; }
    /// It has ended, and its parent is being asked how.
    bool isAsked() const noexcept { return m_isAsked; }
    /// Most memory that was resident at once; 0 until the end, and where it cannot be told from
    /// the engine's own.
    int64_t peakMemoryBytes() const noexcept { return m_peakMemoryBytes; }
    /// To the child and everything in its process group. Nothing after its end.
    void signalGroup(int signalNumber) noexcept;
    /// To the child only.
    void signalAlone(int signalNumber) noexcept;

private:
    static void ready(void *context, Readiness) noexcept;
    void askParent();
    void finish(int status);

    int m_pid = 0;
    bool m_running = false;
    bool m_leavesNothing = false;
    bool m_isAsked = false;
    int64_t m_peakMemoryBytes = 0;
    int64_t m_enginesPeakKiB = 0; ///< when this was started
    FileDescriptor m_pidFd;
    IoEvent m_event;
    std::function<void(int)> m_ended;
    Reap m_reap; ///< of one that was adopted
    std::shared_ptr<ChildProcess *> m_self = std::make_shared<ChildProcess *>(this);
};

/// The engine's environment without ARCOLOGY_*, then the app's own, then what every app gets.
std::vector<std::string> appEnvironment(const AppConfig &app);

/// "was killed by signal 9 (SIGKILL)", "exited with code 3".
std::string describeExit(int status);
/// As a shell counts: the exit code, or 128 + signal.
int shellStatus(int status) noexcept;

/// A pipe, both ends close-on-exec; the reading end does not block.
struct OutputPipe {
    FileDescriptor reading;
    FileDescriptor writing;
    static Result<OutputPipe> create();
};

} // namespace arc
