// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/config/service_config.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// How a process of a service ended that nobody had told to.
struct ServiceExit {
    bool isSuccess = false; ///< exit code 0
    bool wasReady = false;
    std::chrono::milliseconds readyFor {0};
};

/// What becomes of a process of a service after its end. Pure: no clock, no chance.
///
/// One that ends before it is ready, or soon after, has failed to start. After each failure in a
/// row it is waited longer. After so many that it counts as a crash loop, it is tried once in a
/// while: what it lacks may come back without anybody here being told.
class RestartCount {
public:
    static constexpr std::chrono::milliseconds kYoung {10'000};
    static constexpr std::chrono::milliseconds kCrashLoopWait {60'000};

    enum class Next {
        Restart,
        CrashLoop, ///< the same, but it is told as failed meanwhile
        Stay,      ///< its rule says so
    };
    struct Step {
        Next next = Next::Stay;
        std::chrono::milliseconds wait {0};
    };

    /// `luck` in 0..1 shortens a wait by up to a half: what failed together is not to come back
    /// together.
    Step after(const ServiceExit &exit, std::string_view restart, int64_t crashLoopCount,
               double luck);
    /// It has lived for long, or somebody asked for it anew.
    void forget() noexcept { m_failures = 0; }
    int64_t failures() const noexcept { return m_failures; }

private:
    int64_t m_failures = 0;
};

/// The words of a service's command, with {port} and {instance} filled in. Port 0: none.
Result<std::vector<std::string>> serviceWords(const std::string &command, uint16_t port,
                                              int64_t instance);
/// SIGTERM of "TERM".
int stopSignalOf(const ServiceConfig &config) noexcept;
/// Whether what runs as `before` can go on as `after`.
bool isSameProcess(const ServiceConfig &before, const ServiceConfig &after) noexcept;

} // namespace arc
