// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/effective.h"
#include "server/tls/tls_config.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// What is known about certificates while a configuration is turned into endpoints.
struct TlsSources {
    const PinnedSettings &pinned;
    std::vector<std::shared_ptr<const TlsIdentity>> configured; ///< in the order of the document
    std::function<bool(std::string_view name)> localPermits;
    std::function<Result<std::shared_ptr<const TlsIdentity>>(const std::vector<std::string> &)>
        local;
    std::function<Result<std::shared_ptr<const TlsIdentity>>()> localDefault;
};

/// The endpoints of every site on TLS listeners, and one for each listener for names that
/// no site has. A name gets the certificate of the document that covers it (of several imported
/// ones the one that ends last), else one of the local CA, else the listener's default one, and
/// then a warning says that clients will complain.
Result<TlsConfig> planTls(const Document &document, const TlsSources &sources,
                          std::vector<std::string> &warnings);

/// Whether two plans greet clients alike.
bool greetsAlike(const TlsConfig &a, const TlsConfig &b);

} // namespace arc
