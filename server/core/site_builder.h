// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/effective.h"
#include "server/http/files/static_handler.h"
#include "server/http/router.h"
#include "server/workers/app_pool.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace arc {

class StaticHandlers;

/// What a router is built from beside the document.
struct SiteSources {
    const PinnedSettings &pinned;
    MetricsRegistry &metrics;
    /// The pool of an app that runs, or null.
    std::function<const AppPool *(std::string_view app)> pool;
    /// Where HTTPS answers for a site; 0: nowhere.
    std::function<uint16_t(const SiteConfig &site)> securePort;
    std::vector<std::shared_ptr<const TlsContexts>> tls;
    StaticHandlers &files;
    /// One sentence for administrators.
    std::function<void(std::string sentence)> complain;
};

/// Static handlers by what they serve: a handler that is used again keeps its part of every loop's
/// file cache, which would else be lost with each change of the configuration. Control loop only.
class StaticHandlers {
public:
    std::shared_ptr<const Handler> get(StaticOptions options);

private:
    std::map<std::tuple<std::vector<std::string>, std::string, std::string, FileWishes>,
             std::weak_ptr<const Handler>>
        m_known;
};

/// The routing of all sites: configured routes, and the static folders that apps named, which the
/// engine serves itself unless a configured route claims the same prefix. A stopped site answers
/// 503 where no enabled one has its hosts.
std::shared_ptr<const HttpSnapshot> buildSnapshot(const Document &document, uint64_t revision,
                                                  const SiteSources &sources);

/// How clients ask for the first site in use of an app: "https://shop.example", without a port, and
/// "localhost" for a site without a name of its own. Empty: it has no site.
std::string appOrigin(const Document &document, std::string_view app);

} // namespace arc
