// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/workers/app_request.h"
#include "server/workers/messages.h"
#include "server/workers/request_head.h"
#include "server/workers/sent_file.h"
#include "server/workers/to_sides.h"

#include <memory>
#include <string>
#include <vector>

namespace arc {

class AppCore;

/// An app's exchanges on one loop, and the way from there to its home loop: direct when it is the
/// same loop, else one message per turn. Confined to its loop.
class LoopSide final : public TurnHook {
public:
    LoopSide(AppCore &core, EventLoop &loop, bool isHome);

    EventLoop &loop() noexcept { return m_loop; }
    AddressTexts &addresses() noexcept { return m_addresses; }
    uint64_t responseBuffer() const noexcept { return m_limits.responseBufferBytes; }
    /// For a body that is collected before its request queues; null: it is not.
    std::shared_ptr<Spool> spoolFor(const RequestHead &head) const noexcept;
    uint64_t requestBuffer() const noexcept { return m_limits.requestBufferBytes; }
    bool speaksWebSocket() const noexcept { return m_limits.speaksWebSocket; }
    const SendFolders &sendFolders() const noexcept { return m_sendFolders; }
    void setLimits(const AppLimits &limits, SendFolders folders) noexcept
    {
        m_limits = limits;
        m_sendFolders = std::move(folders);
    }

    /// A new request for the app.
    void accept(Exchange &exchange) noexcept;

    // To the home loop, from AppRequests.
    void enqueue(ToHome message) noexcept;
    void body(RequestId id, std::string_view bytes, uint8_t flags) noexcept;
    void grant(RequestId id, uint32_t bytes) noexcept;
    void message(RequestId id, std::string_view bytes, uint8_t flags) noexcept;
    void gone(RequestId id) noexcept { socketGone(id, 0, {}); }
    void socketGone(RequestId id, uint16_t code, std::string_view reason) noexcept;
    void release(AppRequest &request) noexcept;
    /// Calls request.flush() at the end of this turn.
    void flushLater(AppRequest &request) noexcept;
    /// What is wrong with the app's answer, for its output. At most kComplaintsPerSecond.
    static constexpr int kComplaintsPerSecond = 10;
    void complain(std::string text) noexcept;

    /// From the file cache, for a request that had a file sent.
    void fileFound(RequestId id, const std::shared_ptr<const FileEntry> &entry) noexcept;

    // From the home loop. A request that is gone hears nothing.
    void answer(RequestId id, const protocol::Frame &frame, uint32_t queueUs) noexcept;
    void credit(RequestId id, uint32_t bytes) noexcept;
    void refuse(RequestId id, const ToSides::Refusal &refusal) noexcept;
    void take(ToSide message) noexcept;

private:
    AppRequest *find(RequestId id) noexcept;
    void put(ToHome message) noexcept;
    void endOfTurn() noexcept override;

    AppCore &m_core;
    EventLoop &m_loop;
    const bool m_isHome;
    SendFolders m_sendFolders;
    AppLimits m_limits;
    AddressTexts m_addresses;
    std::vector<std::unique_ptr<AppRequest>> m_requests;
    std::vector<uint32_t> m_free;
    std::vector<ToHome> m_outbox;
    std::vector<AppRequest *> m_toFlush; // requests are never destroyed before this
    int64_t m_complaintsSecond = 0;
    int m_complaints = 0;
};

} // namespace arc
