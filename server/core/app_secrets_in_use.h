// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/effective.h"
#include "server/workers/app_pool.h"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace arc {

/// What the secrets of running apps are in clear, and why not. A change opens those that it
/// concerns before it comes into force; what was opened before is not opened again, so that an app
/// which serves goes on doing so without the key. Control loop only.
class AppSecrets {
public:
    struct Opened {
        std::map<std::string, std::string> sealed;
        std::map<std::string, std::string> plain;
        std::string problem; ///< why they could not be opened; empty: they were
    };
    using Plan = std::map<std::string, Opened, std::less<>>; ///< by app
    enum class Faults { Refuse, Warn };

    explicit AppSecrets(std::string dataDir) : m_dataDir(std::move(dataDir)) { }

    /// Of all these apps. With Refuse, an app whose secrets changed and cannot be opened is an
    /// error; one of which that was known already never is.
    Result<Plan> prepare(const Document &next, const std::set<std::string> &apps,
                         Faults faults) const;
    void commit(Plan plan) { m_opened = std::move(plan); }

    /// The app with its secrets among its variables, or the reason why it can have no workers.
    AppSpec specOf(const AppConfig &app, Settings settings) const;
    /// The same for a command, which may be of an app that does not run.
    Result<AppConfig> inClear(const AppConfig &app) const;
    /// Tries once more what could not be opened. True: it could, now.
    bool tryAgain(const AppConfig &app);

private:
    std::string m_dataDir;
    Plan m_opened;
};

} // namespace arc
