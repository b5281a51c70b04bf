// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"
#include "server/config/json_text.h"

namespace arc {

// Objects of a document to JSON and back. Reading checks keys and types only: what a value may be
// is document_check's business, so that one object can be read before the others are there. Pure;
// any thread.

Json settingToJson(const SettingRow &row, const SettingValue &value);
Json overridesToJson(const Overrides &overrides);
Json listenerToJson(const ListenerConfig &listener);
Json certificateToJson(const CertificateConfig &certificate);
Json appToJson(const AppConfig &app);
Json siteToJson(const SiteConfig &site);

/// `place` begins every complaint: "sites[0]" gives "sites[0].routes[1].path: must be text".
Result<SettingValue> settingFromJson(const SettingRow &row, const Json &json);
Result<ListenerConfig> listenerFromJson(const Json &json, const std::string &place);
Result<CertificateConfig> certificateFromJson(const Json &json, const std::string &place);
Result<AppConfig> appFromJson(const Json &json, const std::string &place);
Result<SiteConfig> siteFromJson(const Json &json, const std::string &place);
Result<Document> documentFromJson(const Json &json);

/// Everything that can be said about each object by itself: spelling, ranges, absolute paths. The
/// rest is validate()'s.
/// Of one app: "schedules[1].cron: ...".
Result<void> checkSchedules(const std::vector<ScheduleConfig> &schedules);
/// "services[1].command: ..."
Result<void> checkServices(const std::vector<ServiceConfig> &services);
Result<void> checkObjects(const Document &document);

} // namespace arc
