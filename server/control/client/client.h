// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"
#include "server/control/api/control.h"
#include "server/loop/event_loop.h"

#include <chrono>
#include <memory>
#include <string>

namespace arc {

class Transfers;

/// Control of an engine in another process, over its admin socket. Has a thread and a loop of its
/// own, on which the callbacks run; calls may come from any thread. An engine that is away gives
/// Unavailable; the next call looks again, so the client outlives restarts of the engine.
class ControlClient final : public Control {
public:
    struct Options {
        std::string socketPath;
        std::string author; ///< "window", "ctl"; the engine adds who the user is
        std::chrono::milliseconds timeout {10'000};
        std::chrono::milliseconds longTimeout {
            120'000}; ///< recognise and addSite, which look through a folder
        /// deploySite, rollbackSite and restartSite: the engine ends every start by
        /// pool.start_timeout_s itself.
        std::chrono::milliseconds deployTimeout {900'000};
    };
    /// Does not connect; the first call does.
    static Result<std::unique_ptr<ControlClient>> create(Options options);
    /// Drops what is under way; its callbacks are not called. Not from a callback of its own.
    ~ControlClient() override;
    ControlClient(const ControlClient &) = delete;

    const std::string &socketPath() const noexcept { return m_options.socketPath; }
    EventLoop &loop() noexcept { return *m_loop; }

#define OPERATION(name, method, path, role, request, answer, verb, confirm, help)                  \
    void name(api::request what, Callback<api::answer> done) override;
#include "server/control/api/operations.def"

private:
    explicit ControlClient(Options options);
    std::chrono::milliseconds timeoutOf(std::string_view operation) const noexcept;
    template <class Request, class Answer>
    void call(const OperationRow &row, const Request &what, Callback<Answer> done);

    const Options m_options;
    std::unique_ptr<LoopMetrics> m_metrics;
    std::unique_ptr<EventLoop> m_loop;
    std::unique_ptr<Transfers> m_transfers; // confined to the loop
    Thread m_thread;
};

} // namespace arc
