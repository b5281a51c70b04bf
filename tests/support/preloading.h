// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/pool_under_test.h"

#include <string>
#include <vector>

namespace arc {

/// Answers the pid of the process that imported it, a blank, and `word`.
inline std::string appSaying(const std::string &word, const std::string &before = {})
{
    return before
        + "import os\n"
          "importer = os.getpid()\n"
          "def application(environ, start_response):\n"
          "    if environ['PATH_INFO'] == '/exit': os._exit(3)\n"
          "    start_response('200 OK', [('X-Pid', str(os.getpid()))])\n"
          "    return [b'%d "
        + word + "' % importer]\n";
}

inline PoolUnderTest::Options saying(const std::string &word, int processes)
{
    PoolUnderTest::Options options;
    options.source = appSaying(word);
    options.settings.poolProcesses = processes;
    options.settings.poolPreload = true;
    return options;
}

inline std::vector<WorkerInfo> inState(const PoolInfo &info, WorkerState state)
{
    std::vector<WorkerInfo> found;
    for (const WorkerInfo &worker : info.workers) {
        if (worker.state == state)
            found.push_back(worker);
    }
    return found;
}

/// So many workers serve, one process preloads, and there is no other.
inline bool settles(PoolUnderTest &pool, size_t workers)
{
    return pool.waits([workers](const PoolInfo &info) {
        return inState(info, WorkerState::Ready).size() == workers
            && inState(info, WorkerState::Preloader).size() == 1
            && info.workers.size() == workers + 1 && info.nextGeneration == 0;
    });
}

inline int oneWorkerOf(PoolUnderTest &pool)
{
    const auto found = inState(pool.info(), WorkerState::Ready);
    return found.empty() ? 0 : found[0].pid;
}

inline bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

} // namespace arc
