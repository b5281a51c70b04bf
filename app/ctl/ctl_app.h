// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace arc {

struct CtlCommand;

/// The command line of ctl with all its verbs: what reads arguments, and what the manual's page is
/// written from. One thread.
class CtlApp {
public:
    CtlApp();
    ~CtlApp();
    CtlApp(const CtlApp &) = delete;

    CLI::App &app() noexcept { return *m_app; }
    const CtlCommand &command() const noexcept { return *m_command; }

private:
    std::unique_ptr<CtlCommand> m_command; // the app writes into it
    std::unique_ptr<CLI::App> m_app;
};

} // namespace arc
