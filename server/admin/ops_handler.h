// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"

#include <functional>
#include <string>

namespace arc {

/// What the operations endpoints ask. Called on the loop that serves them; must answer at once.
struct OpsSources {
    std::function<std::string()> metrics; ///< Prometheus text format 0.0.4
    std::function<std::string()>
        unhealthy; ///< "" while every loop answers, else one line for each that does not
    std::function<std::string()>
        notReady; ///< "" when every enabled site answers, else one line for each that does not
};

/// The operations endpoints of a separate listener: /metrics, /healthz, /readyz. GET and HEAD only.
/// They tell figures and names, and change nothing.
class OpsHandler final : public Handler {
public:
    explicit OpsHandler(OpsSources sources) : m_sources(std::move(sources)) { }
    void handle(Exchange &exchange) const noexcept override;

private:
    const OpsSources m_sources;
};

} // namespace arc
