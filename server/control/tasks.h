// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"
#include "server/workers/app_pool.h"

#include <list>
#include <map>
#include <memory>
#include <string>

namespace arc {

/// One-off commands: the running ones and the last finished ones with their output. Control loop
/// only.
class Tasks {
public:
    static constexpr size_t kRunningMax = 8;
    static constexpr size_t kKept = 32;                  ///< finished ones
    static constexpr size_t kOutputBytesMax = 1 << 20;   ///< of one task; older output is dropped
    static constexpr size_t kAnswerBytesMax = 256 << 10; ///< of one answer

    Tasks(EventLoop &control, std::string executable);
    ~Tasks(); ///< cancels what runs

    Result<api::TaskView> run(const std::string &site, AppConfig app, api::RunCommand command);
    Result<api::TaskView> view(const std::string &id, int64_t after) const;
    Result<void> cancel(const std::string &id);

private:
    struct Task {
        api::TaskView view; // output: the kept part; offset: where it begins in the whole
        std::unique_ptr<AppCommand> command; // null once finished
    };
    void updated(const std::string &id, AppCommand::Update update);
    void forgetOldest();
    size_t running() const;

    EventLoop &m_control;
    const std::string m_executable;
    uint64_t m_nextId = 1;
    std::map<std::string, Task> m_tasks;
    std::list<std::string> m_finished; // oldest first
};

} // namespace arc
