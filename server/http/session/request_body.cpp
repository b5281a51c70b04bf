// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/request_body.h"

#include <algorithm>

namespace arc {

RequestBody::RequestBody(const RequestHead &head) noexcept
    : m_left(head.contentLength.value_or(0)), m_chunked(head.chunked), m_done(!head.hasBody())
{
}

RequestBody::Taken RequestBody::take(std::string_view bytes) noexcept
{
    if (m_done || bytes.empty())
        return {};
    if (!m_chunked) {
        const size_t size = static_cast<size_t>(std::min<uint64_t>(m_left, bytes.size()));
        m_left -= size;
        m_received += size;
        m_done = m_left == 0;
        return {.data = bytes.substr(0, size), .bytesUsed = size};
    }
    const ChunkPiece piece = m_decoder.decode(bytes);
    if (piece.step == ChunkStep::Refuse)
        return {.bytesUsed = piece.bytesUsed, .refusal = piece.reason};
    m_received += piece.data.size();
    m_done = piece.step == ChunkStep::Done;
    return {.data = piece.data, .bytesUsed = piece.bytesUsed};
}

} // namespace arc
