// SPDX-License-Identifier: Apache-2.0
#include "app/window_main.h"

#include "app/engine_process.h"
#include "app/paths.h"
#include "gui/window.h"
#include "server/control/client/client.h"
#include "server/control/client/control_socket.h"
#include "server/store/data_dir.h"

#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace arc {

namespace {

struct Arguments {
    std::string dataDir;
    std::string folder; ///< to serve
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
        else if (word.starts_with("--"))
            found.wrong = word;
        else if (word.starts_with("-") && i + 1 < argc)
            ++i; // an option of Qt and its value: -style fusion
        else if (!word.starts_with("-"))
            found.folder = word;
    }
    return found;
}

int fail(const Error &error)
{
    fmt::print(stderr, "arcology: {}\n", error.message());
    return exitCode(error.code());
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
    auto client = ControlClient::create({.socketPath = *socket, .author = "window"});
    if (!client)
        return fail(client.error());
    auto ownSocket = controlSocketPath(arguments.dataDir);
    if (!ownSocket)
        return fail(ownSocket.error());
    // The service is systemd's to start, and cannot read a sample in this user's data directory.
    const bool isService = *socket != *ownSocket;
    EngineProcess engine({executablePath(), arguments.dataDir, dataDir, *socket});

    WindowOptions options;
    options.control = client->get();
    options.launcher = isService ? nullptr : &engine;
    options.startEngine = !acceptsConnections(*socket);
    const bool canWrite = !isService && DataDir::check(dataDir); // else the engine's start says why
    if (canWrite)
        options.sampleFolder = sampleCopy("photos", dataDir);
    if (!arguments.folder.empty())
        options.initialFolder =
            std::filesystem::absolute(arguments.folder).lexically_normal().string();
    options.socketName = std::filesystem::path(*ownSocket).parent_path() / "window.sock";
    makeSocketFolder(options.socketName);
    if (canWrite)
        for (const char *name : {"filesync", "streaming"}) // offered beside "photos"
            sampleCopy(name, dataDir);
    options.argc = argc;
    options.argv = argv;
    return runWindow(std::move(options));
}

} // namespace arc
