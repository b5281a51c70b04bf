// SPDX-License-Identifier: Apache-2.0
#include "server/workers/to_sides.h"

#include "server/workers/app_core.h"

namespace arc {

void ToSides::answer(RequestId id, const protocol::Frame &frame, uint32_t queueUs) noexcept
{
    if (id.loop == m_homeIndex) {
        m_core.side(id.loop).answer(id, frame, queueUs);
        return;
    }
    put({.kind = ToSide::Kind::Answer,
         .flags = frame.flags,
         .type = frame.type,
         .amount = queueUs,
         .id = id,
         .bytes = std::string(frame.payload)});
}

void ToSides::credit(RequestId id, uint32_t bytes) noexcept
{
    if (id.loop == m_homeIndex)
        m_core.side(id.loop).credit(id, bytes);
    else
        put({.kind = ToSide::Kind::Credit, .amount = bytes, .id = id});
}

void ToSides::refuse(RequestId id, const Refusal &refusal) noexcept
{
    if (id.loop == m_homeIndex) {
        m_core.side(id.loop).refuse(id, refusal);
        return;
    }
    put({.kind = ToSide::Kind::Refuse,
         .forLocalEyes = refusal.forLocalEyes,
         .status = refusal.status,
         .retryAfter = refusal.retryAfter,
         .id = id,
         .bytes = std::string(refusal.text)});
}

void ToSides::put(ToSide message) noexcept
{
    if (m_batches.empty())
        m_batches.resize(m_core.loops());
    m_batches[message.id.loop].push_back(std::move(message));
    m_loop.atEndOfTurn(*this);
}

void ToSides::endOfTurn() noexcept
{
    for (size_t i = 0; i < m_batches.size(); ++i) {
        if (m_batches[i].empty())
            continue;
        m_core.side(i).loop().post(
            [core = m_core.shared_from_this(), i, batch = std::move(m_batches[i])]() mutable {
                for (ToSide &message : batch)
                    core->side(i).take(std::move(message));
            });
        m_batches[i].clear();
    }
}

} // namespace arc
