// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"
#include "server/control/api/service_types.h"

namespace arc {

// Edits of the services of an app on a document, without an engine. Pure; any thread. What is wrong
// with a field is told by the name the caller has for it.

/// There is no such service; names those there are.
Error noService(const AppConfig &app, const std::string &name);

Result<Document> withService(const Document &current, const api::NewService &what);
Result<Document> withServiceEdit(const Document &current, const api::ServiceEdit &what);
Result<Document> withoutService(const Document &current, const api::ServiceChoice &what);

} // namespace arc
