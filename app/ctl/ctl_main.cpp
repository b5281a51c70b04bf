// SPDX-License-Identifier: Apache-2.0
// The world of a real ctl: the engine's socket, the terminal, Ctrl+C.
#include "app/ctl/ctl.h"

#include "app/command_line.h"
#include "server/base/file_descriptor.h"
#include "server/config/variables.h"
#include "server/control/client/client.h"
#include "server/control/client/control_socket.h"
#include "server/store/data_dir.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
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

termios terminalBefore {}; // for the signal handler, of the one QuietTerminal

/// The terminal without echo, for as long as this lives; a signal that ends us gives it back.
class QuietTerminal {
public:
    QuietTerminal()
    {
        if (tcgetattr(STDIN_FILENO, &terminalBefore) != 0)
            return;
        for (const int number : kEnding)
            std::signal(number, [](int caught) {
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminalBefore);
                std::signal(caught, SIG_DFL);
                ::raise(caught);
            });
        termios quiet = terminalBefore;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        m_isChanged = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    }
    ~QuietTerminal()
    {
        if (!m_isChanged)
            return;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminalBefore);
        for (const int number : kEnding)
            std::signal(number, SIG_DFL);
    }
    QuietTerminal(const QuietTerminal &) = delete;

private:
    static constexpr int kEnding[] = {SIGINT, SIGTERM, SIGHUP};
    bool m_isChanged = false;
};

constexpr size_t kTerminalLineMax = 4095; ///< termios(3), canonical mode: the rest of it is cut off

Result<std::string> readValue(const std::string &name, bool &inputIsUsed)
{
    std::string value;
    if (isatty(STDIN_FILENO)) {
        writeTo(stderr, fmt::format("Value of {}: ", name));
        const QuietTerminal quiet;
        const bool isRead = static_cast<bool>(std::getline(std::cin, value));
        writeTo(stderr, "\n");
        if (value.size() >= kTerminalLineMax || value.starts_with("-----BEGIN"))
            return Error {ErrorCode::Invalid,
                          fmt::format("a terminal takes one line of less than {} bytes; give the "
                                      "value on standard input",
                                      kTerminalLineMax)};
        return isRead ? Result<std::string>(std::move(value))
                      : Error {ErrorCode::Invalid, "no value was typed"};
    }
    if (std::exchange(inputIsUsed, true))
        return Error {ErrorCode::Invalid, "standard input holds the value of one variable only"};
    value.resize(kVariableBytesMax + 1);
    std::cin.read(value.data(), static_cast<std::streamsize>(value.size()));
    value.resize(static_cast<size_t>(std::cin.gcount()));
    if (value.ends_with('\n'))
        value.pop_back();
    if (value.ends_with('\r'))
        value.pop_back();
    if (value.empty())
        return Error {
            ErrorCode::Invalid,
            fmt::format("standard input holds no value; write {}= for an empty one", name)};
    return value;
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
    bool inputIsUsed = false;
    const CtlWorld world {
        .connect = &connectToEngine,
        .out = [](std::string_view text) { writeTo(stdout, text); },
        .err = [](std::string_view text) { writeTo(stderr, text); },
        .pause = [&](std::chrono::milliseconds time) { return interrupts.wait(time); },
        .catchInterrupts = [&] { interrupts.catchThem(); },
        .readValue = [&](const std::string &name) { return readValue(name, inputIsUsed); },
        .columns = terminalColumns()};
    return runCtl(std::vector<std::string>(argv + 1, argv + std::max(argc, 1)), world);
}

} // namespace arc
