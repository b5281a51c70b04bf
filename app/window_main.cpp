// SPDX-License-Identifier: Apache-2.0
#include "app/window_main.h"

#include "app/doctor/probes.h"
#include "app/engine_process.h"
#include "app/keep_serving_command.h"
#include "app/paths.h"
#include "gui/bridge/first_window.h"
#include "gui/window.h"
#include "server/control/client/client.h"
#include "server/control/client/control_socket.h"
#include "server/store/data_dir.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <poll.h>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kFirstWindowWait {3000};
constexpr int kFirstWindowPollMs = 20;

struct Arguments {
    std::string dataDir;
    std::string folder; ///< to serve
    std::string page;
    bool hidden = false;
    std::string wrong;
};

/// Qt takes its own options out later; here only ours are looked for.
Arguments readArguments(int argc, char **argv)
{
    Arguments found;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--data-dir" && i + 1 < argc)
            found.dataDir = argv[++i];
        else if (word.starts_with("--data-dir="))
            found.dataDir = word.substr(std::strlen("--data-dir="));
        else if (word == "--page" && i + 1 < argc)
            found.page = argv[++i];
        else if (word == "--hidden")
            found.hidden = true;
        else if (word.starts_with("--"))
            found.wrong = word;
        else if (word.starts_with("-") && i + 1 < argc)
            ++i; // an option of Qt and its value: -style fusion
        else if (!word.starts_with("-"))
            found.folder = word;
    }
    return found;
}

std::string environment(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "";
}

/// True: another window of this user has taken it over.
bool isHandedOver(const std::string &socketName, const StartRequest &request,
                  std::optional<FileDescriptor> &claim)
{
    const auto deadline = std::chrono::steady_clock::now() + kFirstWindowWait;
    do {
        if (handToFirstWindow(socketName, request))
            return true;
        claim = claimFirstWindow(socketName);
        if (claim)
            return false;
        // The first window is between its claim and its ear: a moment.
        ::poll(nullptr, 0, kFirstWindowPollMs);
    } while (std::chrono::steady_clock::now() < deadline);
    return false;
}

int fail(const Error &error)
{
    fmt::print(stderr, "arcology: {}\n", error.message());
    return exitCode(error.code());
}

/// Why no window can open here, before Qt ends the program over it. Qt's own choice of a platform
/// without a display ("offscreen") is left to it.
std::string lacksDisplay(int argc, char **argv)
{
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]).ends_with("-platform"))
            return {};
    }
    const std::string platform = environment("QT_QPA_PLATFORM");
    if (!platform.empty() && !platform.starts_with("xcb") && !platform.starts_with("wayland"))
        return {};
    const Finding display = probeDisplay();
    if (display.level == Finding::Level::Ok)
        return {};
    const bool isNamed = !environment("DISPLAY").empty() || !environment("WAYLAND_DISPLAY").empty();
    return isNamed ? fmt::format("the display does not answer: {}", display.text)
                   : std::string("there is no display for the window.");
}

} // namespace

int windowMain(int argc, char **argv)
{
    const Arguments arguments = readArguments(argc, argv);
    if (!arguments.wrong.empty())
        return fail(
            {ErrorCode::Invalid, fmt::format("unknown option {}; try --help", arguments.wrong)});
    auto socket = findControlSocket(arguments.dataDir);
    if (!socket)
        return fail(socket.error());
    const std::string dataDir = arguments.dataDir.empty()
        ? defaultDataDir()
        : std::filesystem::absolute(arguments.dataDir).string();
    auto ownSocket = controlSocketPath(arguments.dataDir);
    if (!ownSocket)
        return fail(ownSocket.error());
    // Beside this user's own admin socket: a user cannot write where the service has its own.
    const std::string socketName = std::filesystem::path(*ownSocket).parent_path() / "window.sock";
    const std::string folder = arguments.folder.empty()
        ? std::string()
        : std::filesystem::absolute(arguments.folder).lexically_normal().string();
    std::error_code failed; // then the window goes without: it says itself what it lacks
    std::filesystem::create_directories(std::filesystem::path(socketName).parent_path(), failed);
    std::optional<FileDescriptor> claim; // held while this window is the first one
    const std::string token = environment("XDG_ACTIVATION_TOKEN");
    const StartRequest request {.folder = folder,
                                .page = arguments.page,
                                .token = token.empty() ? environment("DESKTOP_STARTUP_ID") : token};
    // Before anything that takes time: a second double click ends at once.
    if (isHandedOver(socketName, request, claim))
        return 0;
    if (const std::string why = lacksDisplay(argc, argv); !why.empty())
        return fail({ErrorCode::Invalid,
                     why + " Use arcology --headless and arcology ctl, or arcology serve FOLDER"});
    auto client = ControlClient::create({.socketPath = *socket, .author = "window"});
    if (!client)
        return fail(client.error());
    // The service is systemd's to start, and cannot read a sample in this user's data directory.
    const bool isService = *socket != *ownSocket;
    EngineProcess engine({executablePath(), arguments.dataDir, dataDir, *socket});
    KeepServingCommand keepServing(executablePath());

    WindowOptions options;
    options.control = client->get();
    options.launcher = isService ? nullptr : &engine;
    // A data directory of one's own is a matter of this start, not of the computer's.
    options.keepServing = isService || !arguments.dataDir.empty() ? nullptr : &keepServing;
    options.startEngine = !acceptsConnections(*socket);
    const bool canWrite = !isService && DataDir::check(dataDir); // else the engine's start says why
    if (canWrite) {
        options.sampleFolder = sampleCopy("photos", dataDir);
        for (const char *name : {"filesync", "streaming"}) // offered beside "photos"
            sampleCopy(name, dataDir);
    }
    options.initialFolder = folder;
    options.initialPage = arguments.page;
    options.hidden = arguments.hidden;
    options.socketName = socketName;
    options.draftFile = draftPath(*socket);
    options.argc = argc;
    options.argv = argv;
    return runWindow(std::move(options));
}

} // namespace arc
