// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"
#include "server/control/api/types.h"
#include "server/detect/detect.h"

#include <string>
#include <vector>

namespace arc {

// A folder that becomes a site of a document, without an engine. Pure functions; any thread.

/// Why this can be no site, before anybody looks into its folder.
Result<void> checkNewSite(const api::NewSite &what);

/// Sites reach every host name only while no other one does: else requests would go to the wrong
/// site.
std::vector<std::string> defaultHosts(const Document &document, const std::string &id);

/// The document with the new site and its app: what the caller said, completed by what was
/// recognised. NotProject, NotFound, Conflict, Invalid say what is to be named.
Result<Document> withNewSite(Document document, const api::NewSite &what, const Detection &found);

} // namespace arc
