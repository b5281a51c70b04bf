// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/admin/admin_handler.h"
#include "server/control/api/codec.h"
#include "server/control/api/wire.h"

#include <memory>
#include <optional>
#include <string>

namespace arc {

/// One call of the admin API from its head to its answer. Keeps itself alive until it has answered
/// or the client has left; the answer of a call whose client left is dropped. Confined to the admin
/// loop.
class AdminCall final : public ExchangeListener, public std::enable_shared_from_this<AdminCall> {
public:
    using Dispatch = void (*)(AdminCall &call, api::Received received);

    AdminCall(Exchange &exchange, std::shared_ptr<Control> control, std::shared_ptr<AdminLoad> load,
              Dispatch dispatch, api::Received received);
    ~AdminCall();

    /// Reads the body where there is one, then calls Control.
    void start() noexcept;

    void onBody(std::string_view bytes) noexcept override;
    void onBodyEnd() noexcept override;
    void onDrained() noexcept override { }
    void onGone() noexcept override;

    // ---- for the dispatch functions ----
    Control &control() noexcept { return *m_control; }
    const std::optional<std::string> &ifMatch() const noexcept { return m_ifMatch; }
    void succeed(std::string json, std::optional<uint64_t> revision) noexcept;
    void fail(const Error &error) noexcept;

private:
    Exchange *detach() noexcept;

    Exchange *m_exchange; // null once answered or gone
    const std::shared_ptr<Control> m_control;
    const std::shared_ptr<AdminLoad> m_load;
    const Dispatch m_dispatch;
    api::Received m_received;
    std::optional<std::string> m_ifMatch;
    std::string m_body;
    std::shared_ptr<AdminCall> m_self; // while the exchange lives
};

/// The dispatch function of a row of operationRows().
AdminCall::Dispatch adminDispatch(size_t row) noexcept;

/// Says which Arcology answers, as api::kVersionHeader.
void addVersion(ResponseHead &head);
/// A whole JSON answer; `revision` becomes the ETag.
void respondJson(Exchange &exchange, int status, std::string json,
                 std::optional<uint64_t> revision = {}) noexcept;
void respondError(Exchange &exchange, const Error &error) noexcept;

} // namespace arc
