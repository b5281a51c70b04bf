// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/config/effective.h"
#include "server/control/api/log_types.h"
#include "server/core/supervisor.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arc {

class ControlService;
class EventLoop;

struct EngineOptions {
    std::string dataDir;       ///< made when missing; one engine each
    std::string controlSocket; ///< Unix socket of the admin API; empty: none
    int controlMode = 0600;    ///< rights of that socket
    std::string executable;    ///< of this program, for workers
    PinnedSettings pinned;
    std::optional<Document> document; ///< replaces what is stored
    /// Makes `document` when run() begins, from what it holds until then; may block. An error ends
    /// run().
    std::function<Result<Document>(Document)> completeDocument;
    /// Chain and private key of each certificate that `document` brings along: the keys are kept
    /// sealed before it is served.
    std::vector<std::pair<std::string, std::string>> keys;
    std::string author = "arcology"; ///< of that replacement in the history
    bool listenersMustBind = false;  ///< an address in use ends the start instead of being shown
    bool opensOps = true;            ///< the operations address of the settings
    api::About about;                ///< version, build, libraries, system
    std::function<std::string()> machineReport; ///< for diagnostics; blocks; may be null
    bool hostsPython = true;                    ///< for loops = auto: leave most cores to workers
    Supervisor supervisor;                      ///< the service manager, if one started us
};

/// The engine: everything that serves, put together. One per process and data directory.
///
/// run() turns the control loop on the calling thread, which must be the main one: it takes
/// SIGTERM, SIGINT, SIGHUP (unless it is ignored) and SIGCHLD.
class Engine {
public:
    static Result<std::unique_ptr<Engine>> create(EngineOptions options);
    ~Engine();
    Engine(const Engine &) = delete;

    /// Serves until it is told to stop (signal, Control::shutdown, requestStop()), then drains and
    /// closes everything. `serving` is called on the control loop once the configuration is served.
    /// The error is why it could not be.
    Result<void> run(std::function<void()> serving);

    /// Control loop only.
    ControlService &control() noexcept;
    EventLoop &loop() noexcept;
    /// Of the configuration that was stored before this engine's own options changed it; 0: none.
    uint64_t foundRevision() const noexcept;
    void requestStop();

private:
    struct Implementation;
    explicit Engine(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> m_impl;
};

} // namespace arc
