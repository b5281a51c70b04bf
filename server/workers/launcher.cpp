// SPDX-License-Identifier: Apache-2.0
// What stands between the engine and an app's interpreter: a fresh process that undoes what a child
// must not inherit.
#include "server/base/text.h"
#include "server/workers/app_pool.h"
#include "server/workers/spawn.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

namespace arc {

namespace {

constexpr uint64_t kKeptMax = 16;
constexpr int kUsage = 64;      // as sysexits.h says
constexpr int kCannotRun = 127; // as shells say

int fail(int code, const char *what, const char *name)
{
    std::fprintf(stderr, "arcology: %s %s: %s\n", what, name, strerror(errno));
    return code;
}

void resetSignals()
{
    for (int number = 1; number < NSIG; ++number)
        ::signal(number, SIG_DFL); // fails for the two that have no choice
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

int launchWorkerMain(int argc, char **argv)
{
    const char *root = nullptr;
    unsigned kept = 0; // descriptors from kSocketFd on
    int at = 1;
    for (; at < argc && std::string_view(argv[at]) != "--"; ++at) {
        const std::string_view option(argv[at]);
        if (option == "--root" && at + 1 < argc)
            root = argv[++at];
        else if (option == "--keep" && at + 1 < argc)
            kept = static_cast<unsigned>(std::min(parseUnsigned(argv[++at]).value_or(0), kKeptMax));
        else if (option != "--launch-worker")
            return kUsage;
    }
    if (!root || at + 1 >= argc) {
        std::fputs("arcology: --launch-worker is for the engine, not for people\n", stderr);
        return kUsage;
    }
    resetSignals();
    ::syscall(SYS_close_range, ChildProcess::kSocketFd + kept, ~0u, 0u);
    ::umask(022);
    const rlimit noCore {0, 0}; // an app's memory holds its users' secrets
    ::setrlimit(RLIMIT_CORE, &noCore);
    if (::chdir(root) != 0)
        return fail(kCannotRun, "cannot enter", root);
    char **command = argv + at + 1;
    ::execve(command[0], command, environ);
    return fail(kCannotRun, "cannot run", command[0]);
}

} // namespace arc
