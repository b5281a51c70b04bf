// SPDX-License-Identifier: Apache-2.0
#include "server/workers/app_pool.h"

#include "server/http/http_loop.h"
#include "server/workers/pool_supervisor.h"

namespace arc {

std::unique_ptr<AppPool> AppPool::create(AppSpec spec, Environment environment)
{
    std::vector<EventLoop *> loops;
    for (HttpLoop *http : environment.loops)
        loops.push_back(&http->loop());
    return std::make_unique<PoolSupervisor>(std::move(spec), std::move(environment),
                                            std::move(loops));
}

} // namespace arc
