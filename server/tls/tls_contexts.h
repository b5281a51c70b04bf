// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/tls/tls_config.h"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

struct ssl_ctx_st;

namespace arc {

/// The SSL contexts that one loop greets clients with: one for each endpoint, with keys and
/// certificates of their own, so that loops share no reference count. Built on the control loop,
/// which can refuse a configuration before it is in force; used on one loop; immutable.
///
/// Live connections hold on to their context, so replacing the set concerns new ones only.
class TlsContexts {
public:
    /// The error names the endpoint's certificate.
    static Result<std::shared_ptr<const TlsContexts>>
    build(std::shared_ptr<const TlsConfig> config);
    /// Whether one endpoint could be served.
    static Result<void> check(const TlsConfig &config, const TlsEndpoint &endpoint);
    ~TlsContexts();
    TlsContexts(const TlsContexts &) = delete;

    struct Choice {
        ssl_ctx_st *context = nullptr; ///< null: nothing is served there
        std::shared_ptr<const TlsEndpoint> endpoint;
    };
    /// Exact name, then the longest wildcard, then the endpoint without names.
    Choice choose(std::string_view listener, std::string_view name) const;

private:
    struct Names {
        std::unordered_map<std::string_view, size_t> exact; // index of m_choices
        std::vector<std::pair<std::string_view, size_t>> suffixes;
        size_t any = kNone;
    };
    static constexpr size_t kNone = ~size_t {0};

    TlsContexts() = default;
    void add(Names &names, size_t index);
    size_t find(const Names &names, std::string_view name) const;

    std::shared_ptr<const TlsConfig> m_config;
    std::vector<Choice> m_choices;
    std::unordered_map<std::string_view, Names> m_byListener;
    Names m_everyListener; // what no listener has of its own
};

} // namespace arc
