// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/admin/peers.h"
#include "server/control/api/control_provider.h"
#include "server/http/exchange.h"

#include <memory>
#include <string>

namespace arc {

/// What the calls in flight share: the limits they are counted against. Confined to the admin loop.
struct AdminLoad {
    static constexpr size_t kCallsMax = 128;
    static constexpr size_t kBodyBytesTotalMax = 64 * 1024 * 1024;
    size_t calls = 0;
    size_t bodyBytes = 0;
};

/// The admin API under /api/v1 of a Unix socket's listener. Unlike other handlers it serves one
/// loop only, the one that Control lives on. Each operation of operations.def is one method and
/// path here; who asks is told by the kernel (uid of the peer), so a request that came over TCP is
/// refused.
class AdminHandler final : public Handler {
public:
    AdminHandler(ControlProvider &provider, uint32_t ownUid);
    void handle(Exchange &exchange) const noexcept override;

private:
    ControlProvider &m_provider;
    const std::shared_ptr<const std::string> m_openApi;
    const std::shared_ptr<Peers> m_peers;
    const std::shared_ptr<AdminLoad> m_load;
};

} // namespace arc
