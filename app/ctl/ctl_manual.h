// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace arc {

/// The manual's page about ctl, Markdown: what resources/docs/ctl.md must hold. It is written from
/// the same description that reads the command line. Pure; any thread.
std::string ctlManual();

/// Options and arguments of one command as a Markdown list; empty when it takes none.
std::string optionsManual(const CLI::App &app);

} // namespace arc
