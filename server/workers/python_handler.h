// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"

#include <memory>

namespace arc {

class AppCore;

/// Hands requests to an app. Shared by all loops; keeps the app's core alive, which answers 503
/// once the pool is gone.
class PythonHandler final : public Handler {
public:
    explicit PythonHandler(std::shared_ptr<AppCore> core) : m_core(std::move(core)) { }
    void handle(Exchange &exchange) const noexcept override;

private:
    std::shared_ptr<AppCore> m_core;
};

} // namespace arc
