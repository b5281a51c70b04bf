// SPDX-License-Identifier: Apache-2.0
#include "app/command_line.h"
#include "app/ctl/ctl.h"
#include "app/doctor/doctor.h"
#include "app/dump_docs.h"
#include "app/headless.h"
#include "app/help.h"
#include "app/keep_serving.h"
#include "app/serve.h"
#include "server/base/version.h"
#include "server/tls/openssl_memory.h"
#include "server/workers/app_pool.h"
#ifdef ARC_HAS_GUI
#include "app/window_main.h"
#endif

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

constexpr const char *kUsage =
#ifdef ARC_HAS_GUI
    "arcology [FOLDER]                opens the window, and starts the engine unless one runs\n"
#endif
    "arcology --headless              the engine alone: service, container, server without "
    "display\n"
    "arcology serve TARGET [options]  one folder, no window, nothing kept afterwards\n"
    "arcology ctl VERB ...            administration from the shell\n"
    "arcology keep-serving [on|off]   whether the engine goes on when you log out\n"
    "arcology doctor                  what this machine supports, what is wrong, how to mend it\n"
    "arcology help [PAGE]             the manual\n"
    "arcology --version\n"
    "\n"
    "Each of them explains itself with --help.\n";

struct Command {
    const char *name;
    int (*run)(int argc, char **argv);
};

constexpr Command kCommands[] = {
    {"serve", arc::serveMain},
    {"ctl", arc::ctlMain},
    {"doctor", arc::doctorMain},
    {"keep-serving", arc::keepServingMain},
    {"--launch-worker", arc::launchWorkerMain},
    {"--dump-docs", arc::dumpDocsMain},
    {"--dump-workers", arc::dumpWorkersMain},
    {"help", arc::helpMain},
};

bool hasFlag(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], flag) == 0)
            return true;
    }
    return false;
}

/// Words that can be meant for no window: a verb that is misspelt, or one of `ctl` without it.
/// Nothing: they name a folder to serve, or are options.
std::string wrongCommand(int argc, char **argv)
{
    std::vector<std::string> words;
    for (int i = 1; i < argc && argv[i][0] != '-'; ++i)
        words.emplace_back(argv[i]);
    if (words.empty())
        return {};
    std::error_code failed;
    const bool isPath = words[0].find('/') != words[0].npos;
    if (words.size() == 1 && (isPath || std::filesystem::exists(words[0], failed)))
        return {};
    std::vector<std::string_view> commands;
    for (const Command &command : kCommands) {
        if (command.name[0] != '-')
            commands.emplace_back(command.name);
    }
    return isPath ? "arcology: " + words[1] + " is one word too many; name one folder"
                  : arc::noSuchCommand(words, commands);
}

} // namespace

int main(int argc, char **argv)
{
    arc::keepRecordBuffers();
    if (argc > 1) {
        for (const Command &command : kCommands) {
            if (std::strcmp(argv[1], command.name) == 0)
                return command.run(argc - 1, argv + 1);
        }
        if (std::strcmp(argv[1], "--version") == 0) {
            std::printf("arcology %s\n", arc::kVersion);
            return 0;
        }
    }
    if (hasFlag(argc, argv, "--headless"))
        return arc::headlessMain(argc, argv);
    if (hasFlag(argc, argv, "--help") || hasFlag(argc, argv, "-h")) {
        std::fputs(kUsage, stdout);
        return 0;
    }
    if (const std::string wrong = wrongCommand(argc, argv); !wrong.empty()) {
        std::fprintf(stderr, "%s\n", wrong.c_str());
        return 2;
    }
#ifdef ARC_HAS_GUI
    return arc::windowMain(argc, argv);
#else
    std::fputs(kUsage, stderr);
    return 2;
#endif
}
