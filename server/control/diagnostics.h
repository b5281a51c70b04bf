// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"
#include "server/config/variables.h"
#include "server/control/api/log_types.h"

#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// What a report for somebody who helps is made of.
struct DiagnosticsParts {
    int64_t unixMs = 0;
    api::About about;
    api::Status status;
    api::HostFigures host;
    Document document;
    std::vector<std::string> secrets; ///< of apps, in clear: to be removed wherever they stand
    std::string machine;              ///< what `arcology doctor` says, a line each
    std::string log;                  ///< last lines of the engine's log
};

/// The report as plain text. No value of an app's environment and no secret is in it: they are
/// masked where they belong and removed wherever else they stand. Pure; any thread.
std::string diagnosticsText(const DiagnosticsParts &parts);

// Secrets of apps are shown to nobody, values of other variables and settings that are secret to
// those who may set them. Pure; any thread.

/// The document with every secret of an app masked.
Document maskSecrets(Document document);
/// And with every environment value and secret setting masked; what was masked of these and is
/// long enough to tell anything is appended to `secrets`.
Document maskValues(Document document, std::vector<std::string> &secrets);
/// The same for one side and the other of a difference, which shows that a secret changed.
enum class Hide { Secrets, AllValues };
ChangeItem maskSecrets(ChangeItem item, Hide hide);

} // namespace arc
