// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"

namespace arc {

/// `document` with what stands in for a secret (kMaskedSecret) replaced by what `stored` has at the
/// same place: an export that was made without the right to see secrets can be imported again.
/// Invalid, with the place, when nothing is stored there. Pure; any thread.
Result<Document> unmask(Document document, const Document &stored);
/// The same for the variables and secrets of one app; `stored` may be null. A secret never becomes
/// a variable that can be read; a variable that becomes a secret takes its value along.
Result<void> unmaskVariables(AppConfig &app, const AppConfig *stored, const std::string &place);

} // namespace arc
