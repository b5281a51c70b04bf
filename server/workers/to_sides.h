// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/loop/event_loop.h"
#include "server/workers/frame.h"
#include "server/workers/messages.h"

#include <string_view>
#include <vector>

namespace arc {

class AppCore;

/// From the home loop to the exchanges' loops: a direct call on the home loop itself, else one
/// message per loop and turn. Confined to the home loop.
class ToSides final : public TurnHook {
public:
    ToSides(AppCore &core, EventLoop &loop, size_t homeIndex)
        : m_core(core), m_loop(loop), m_homeIndex(homeIndex)
    {
    }

    void answer(RequestId id, const protocol::Frame &frame, uint32_t queueUs) noexcept;
    void credit(RequestId id, uint32_t bytes) noexcept;
    struct Refusal {
        uint16_t status = 503;
        uint16_t retryAfter = 0;
        bool forLocalEyes = false;
        std::string_view text;
    };
    void refuse(RequestId id, const Refusal &refusal) noexcept;

private:
    void endOfTurn() noexcept override;
    void put(ToSide message) noexcept;

    AppCore &m_core;
    EventLoop &m_loop;
    const size_t m_homeIndex;
    std::vector<std::vector<ToSide>> m_batches; // by loop
};

} // namespace arc
