// SPDX-License-Identifier: Apache-2.0
#include "app/headless.h"

#include "app/build_facts.h"
#include "app/command_line.h"
#include "app/doctor/doctor.h"
#include "app/paths.h"
#include "app/take_over.h"
#include "server/control/client/control_socket.h"
#include "server/core/engine.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace arc {

namespace {

int fail(const Error &error)
{
    fmt::print(stderr, "arcology: {}\n", error.message());
    return exitCode(error.code());
}

Result<Document> readDocument(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        const Error why = errnoError("--config " + path, errno);
        return Error {why.code(),
                      why.message() + "; name a file that `arcology ctl config export` printed"};
    }
    std::ostringstream text;
    text << file.rdbuf();
    auto document = parseDocument(text.str());
    if (!document)
        return std::move(document).error().within(path);
    return document;
}

} // namespace

int headlessMain(int argc, char **argv)
{
    // First of all: from here on no descriptor that was handed over can be mistaken for another.
    Supervisor supervisor = Supervisor::fromEnvironment();
    CLI::App app("Runs the engine without a window.", "arcology");
    bool headless = false;
    std::string dataDir;
    std::string config;
    bool service = false;
    bool takesOver = false;
    std::vector<std::string> set;
    app.add_flag("--headless", headless, "Engine only: service, container, server without display");
    app.add_option("--data-dir", dataDir, "Where configuration and logs live")
        ->default_str(defaultDataDir());
    app.add_flag("--service", service,
                 "As the system's service: data in /var/lib/arcology, the admin socket in "
                 "/run/arcology for the group arcology");
    app.add_flag("--take-over", takesOver,
                 "Take the place of the engine that serves this data directory, with its listening "
                 "sockets: nobody is refused");
    app.add_option("--config", config, "Serve this document (format 1) instead of what is stored");
    app.add_option("--set", set, "KEY=VALUE of any setting, over what is stored; repeatable")
        ->allow_extra_args(false);
    std::ostringstream discarded; // what CLI11 would say of an error takes two lines
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        if (app.exit(error, std::cout, discarded) == 0)
            return 0;
        fmt::print(stderr, "{}\n", usageSentence(app, error)); // begins with the command's name
        return exitCode(ErrorCode::Invalid);
    }

    for (const std::string &sentence : unknownVariables(environ))
        fmt::print(stderr, "arcology: warning: {}\n", sentence);
    auto pinned = pinSettings(set);
    if (!pinned)
        return fail(pinned.error());
    auto socket = service ? serviceSocketPath() : controlSocketPath(dataDir);
    if (!socket)
        return fail(socket.error());
    EngineOptions options;
    if (dataDir.empty())
        dataDir = service ? serviceDataDir() : defaultDataDir();
    options.dataDir = std::filesystem::absolute(dataDir).string();
    options.controlMode = service ? 0660 : 0600;
    options.controlSocket = *socket;
    options.executable = executablePath();
    options.about = programFacts();
    options.machineReport = &machineReport;
    options.pinned = std::move(*pinned);
    if (!config.empty()) {
        auto document = readDocument(config);
        if (!document)
            return fail(document.error());
        options.document = std::move(*document);
        options.author = "--config " + config;
    }
    // What a manager kept is of an engine that has ended, though its sockets still take
    // connections.
    if (takesOver && !supervisor.hasOffers()) {
        if (auto taken = takeOver(*socket, options.dataDir, supervisor); !taken)
            return fail(taken.error());
    }
    options.supervisor = std::move(supervisor);
    NewDataDir data(options.dataDir); // outlives the engine, which ends before it may go
    makeSocketFolder(*socket);
    auto engine = Engine::create(std::move(options));
    if (!engine)
        return fail(engine.error());
    const auto ended = (*engine)->run([&data] { data.keep(); });
    return ended ? 0 : fail(ended.error());
}

} // namespace arc
