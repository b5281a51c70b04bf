// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/effective.h"
#include "server/http/router.h"
#include "server/workers/app_pool.h"

#include <functional>
#include <memory>

namespace arc {

/// What a router is built from beside the document.
struct SiteSources {
    const PinnedSettings &pinned;
    MetricsRegistry &metrics;
    /// The pool of an app that runs, or null.
    std::function<const AppPool *(std::string_view app)> pool;
};

/// The routing of all enabled sites: configured routes, and the static folders that apps named, which the engine serves
/// itself unless a configured route claims the same prefix.
std::shared_ptr<const HttpSnapshot> buildSnapshot(const Document &document, uint64_t revision, const SiteSources &sources);

} // namespace arc
