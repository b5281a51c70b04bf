// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"
#include "server/control/api/schedule_types.h"

namespace arc {

// Edits of the schedules of an app on a document, without an engine. Pure; any thread. What is
// wrong with a field is told by the name the caller has for it.

/// Null: there is none.
AppConfig *findMutableApp(Document &document, const std::string &id);
Error noApp(const std::string &app);
/// There is no such schedule; names those there are.
Error noSchedule(const AppConfig &app, const std::string &name);

Result<Document> withSchedule(const Document &current, const api::NewSchedule &what);
Result<Document> withEdit(const Document &current, const api::ScheduleEdit &what);
Result<Document> withoutSchedule(const Document &current, const api::ScheduleChoice &what);

} // namespace arc
