// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"

#include <map>
#include <string>

namespace arc {

/// Values given on the command line or in the environment: they win over everything stored, on
/// every level, and the window shows them locked.
struct PinnedSettings {
    Overrides values;
    std::map<std::string, std::string, std::less<>>
        source; ///< key -> "command line" or "environment"
};

/// A sentence for each variable (as environ has them) that looks like a setting and is none:
/// whoever mistypes one must not believe that it is in force.
std::vector<std::string> unknownVariables(char *const *environment);

/// Reads ARCOLOGY_<KEY> of every row from the environment ("cache.limit_mib":
/// ARCOLOGY_CACHE_LIMIT_MIB) and lays `commandLine` ("key=value" each) over it. Invalid names the
/// option or variable. Relative paths on the command line are made absolute.
Result<PinnedSettings> pinSettings(const std::vector<std::string> &commandLine);

// What holds on each level: defaults, then the document from outside in, then what is pinned.
Settings engineSettings(const Document &document, const PinnedSettings &pinned);
Settings appSettings(const Document &document, const AppConfig &app, const PinnedSettings &pinned);
Settings siteSettings(const Document &document, const SiteConfig &site,
                      const PinnedSettings &pinned);
Settings routeSettings(const Document &document, const SiteConfig &site, const RouteConfig &route,
                       const PinnedSettings &pinned);

} // namespace arc
