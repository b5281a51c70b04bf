// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/engine_launcher.h"
#include "server/base/file_descriptor.h"
#include "server/base/thread.h"

#include <mutex>
#include <string>

namespace arc {

/// Starts this program's engine as a process of its own session, so that it outlives the window,
/// and tells how it ended. Any thread; a watching thread lives as long as this object.
class EngineProcess final : public EngineLauncher {
public:
    struct Where {
        std::string executable;
        std::string dataDirOption; ///< as given; empty: the default
        std::string dataDir;
        std::string socketPath;
    };
    explicit EngineProcess(Where where);
    ~EngineProcess() override; ///< the engine goes on

    void start(std::function<void(Result<void>)> done) override;
    std::string lastCause() override;

private:
    Result<int> spawn();
    void watch(int pid, std::function<void(Result<void>)> done);
    std::string causeOf(int status) const;
    std::string outputPath() const { return m_where.dataDir + "/logs/engine.out"; }

    const Where m_where;
    FileDescriptor m_quit; // eventfd: the watching thread shall end
    std::mutex m_mutex;    // guards m_cause
    std::string m_cause;
    Thread m_watcher;
};

} // namespace arc
