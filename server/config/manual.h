// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace arc {

/// The manual's page about settings, Markdown: what resources/docs/settings.md must hold. Pure; any
/// thread.
std::string settingsManual();
/// The settings as a JSON schema: one property for each row, with title, description, default,
/// range and when it applies. Pure; any thread.
std::string settingsSchemaJson();

} // namespace arc
