// SPDX-License-Identifier: Apache-2.0
#pragma once

class QCoreApplication;

namespace arc {

/// Installs the window's texts in the user's language; English where there is none. Call before
/// the first widget. English is needed as well: it tells "1 site" from "2 sites".
void installLanguage(QCoreApplication &app);

} // namespace arc
