// SPDX-License-Identifier: Apache-2.0
// The world of a real ctl: the engine's socket, the terminal, Ctrl+C.
#include "app/ctl/ctl.h"

#include "app/command_line.h"
#include "server/base/file_descriptor.h"
#include "server/control/client/client.h"
#include "server/control/client/control_socket.h"
#include "server/store/data_dir.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace arc {

namespace {

Result<std::unique_ptr<Control>> connectToEngine(const std::string &socketPath,
                                                 const std::string &dataDir)
{
    auto path = socketPath.empty() ? findControlSocket(dataDir) : checkSocketPath(socketPath);
    if (!path)
        return std::move(path).error();
    // Nobody answers there: perhaps the data directory says why no engine could start.
    if (socketPath.empty() && !acceptsConnections(*path)) {
        if (dataDir.empty() && isForbiddenToUs(kServiceSocket))
            return Error {ErrorCode::Forbidden,
                          fmt::format("Arcology runs as a service here, and only its group may "
                                      "administer it: sudo adduser {} arcology, then log in again",
                                      userName())};
        std::error_code ignored;
        const auto directory =
            std::filesystem::absolute(dataDir.empty() ? defaultDataDir() : dataDir, ignored);
        if (auto usable = DataDir::examine(directory.lexically_normal().string()); !usable)
            return std::move(usable).error();
    }
    auto client = ControlClient::create(
        {.socketPath = std::move(*path), .author = fmt::format("ctl ({})", userName())});
    if (!client)
        return std::move(client).error();
    return std::unique_ptr<Control>(std::move(*client));
}

/// Ctrl+C as something to wait for, once it is asked for; until then it ends the process as usual.
class Interrupts {
public:
    void catchThem()
    {
        if (m_signals)
            return;
        sigset_t wanted;
        sigemptyset(&wanted);
        sigaddset(&wanted, SIGINT);
        sigaddset(&wanted, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
        m_signals.reset(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    }
    bool wait(std::chrono::milliseconds time)
    {
        pollfd one {.fd = m_signals.get(), .events = POLLIN, .revents = 0};
        if (poll(&one, 1, static_cast<int>(time.count())) <= 0)
            return false;
        signalfd_siginfo info {};
        return read(m_signals.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info);
    }

private:
    FileDescriptor m_signals;
};

void writeTo(FILE *stream, std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
}

int terminalColumns()
{
    winsize size {};
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

} // namespace

int ctlMain(int argc, char **argv)
{
    Interrupts interrupts;
    const CtlWorld world {
        .connect = &connectToEngine,
        .out = [](std::string_view text) { writeTo(stdout, text); },
        .err = [](std::string_view text) { writeTo(stderr, text); },
        .pause = [&](std::chrono::milliseconds time) { return interrupts.wait(time); },
        .catchInterrupts = [&] { interrupts.catchThem(); },
        .columns = terminalColumns()};
    return runCtl(std::vector<std::string>(argv + 1, argv + std::max(argc, 1)), world);
}

} // namespace arc
