// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/message.h"
#include "server/workers/protocol.h"

#include <optional>
#include <string>
#include <string_view>

namespace arc::protocol {

// The thinking part of the worker protocol: bytes in, values out. No socket, no state, any thread.

struct Frame {
    FrameType type = FrameType::Hello;
    uint8_t flags = 0;
    uint32_t stream = 0;
    std::string_view payload = {}; ///< into the caller's bytes
};

enum class Step { NeedMore, Done, Refuse };

struct FrameRead {
    Step step = Step::NeedMore;
    Frame frame = {};
    size_t bytesUsed = 0;       ///< Done: of the whole frame
    size_t bytesWanted = 0;     ///< NeedMore: size of the whole frame, 0 while unknown
    const char *complaint = ""; ///< Refuse: one phrase
};

/// Reads the first frame of what a worker sent. Refuses types only the engine sends, flags and
/// streams that do not fit the type, and payloads above kPayloadMax, as soon as the twelve header
/// bytes are there.
FrameRead readWorkerFrame(std::string_view bytes) noexcept;

/// Appends a frame, header and payload.
void appendFrame(std::string &out, const Frame &frame);

/// One header line of a RESPONSE.
struct FieldView {
    HeaderId id = HeaderId::Other;
    std::string_view name;
    std::string_view value;
};

/// Walks a RESPONSE payload. Check isSound() of a whole payload once; afterwards next() cannot
/// fail.
class ResponseReader {
public:
    explicit ResponseReader(std::string_view payload) noexcept;

    /// Every length stays inside the payload and every HeaderId exists. Leaves the reader at the
    /// start.
    bool isSound() noexcept;
    int status() const noexcept { return m_status; }
    /// The next header line, or nothing at the end of them.
    std::optional<FieldView> next() noexcept;
    /// The first body bytes: what follows the last header line. Valid after next() returned
    /// nothing.
    std::string_view body() const noexcept { return m_rest; }

private:
    bool takeString(std::string_view &out) noexcept;
    bool takeField(FieldView &field) noexcept;

    std::string_view m_payload;
    std::string_view m_rest;
    int m_status = 0;
    unsigned m_left = 0;
    bool m_sound = true;
};

/// Appends the parts of a REQUEST payload in order (protocol.h). A string above 65535 bytes does
/// not fit the format: it is left out, and fits() tells.
class RequestWriter {
public:
    explicit RequestWriter(std::string &out) noexcept : m_out(out) { }

    void u8(unsigned value) { m_out.push_back(static_cast<char>(value)); }
    void u16(unsigned value);
    void u32(uint32_t value);
    void u64(uint64_t value);
    void text(std::string_view value);
    bool fits() const noexcept { return m_fits; }

private:
    std::string &m_out;
    bool m_fits = true;
};

uint16_t readU16(std::string_view bytes, size_t at) noexcept;
uint32_t readU32(std::string_view bytes, size_t at) noexcept;
/// Of a SOCKET_CLOSE frame.
std::string socketClosePayload(uint16_t code, std::string_view reason);
void writeU32(std::string &bytes, size_t at, uint32_t value) noexcept;

/// Where the "µs waited in the queue" of a REQUEST payload stands: it is filled in when the request
/// leaves the queue.
inline constexpr size_t kQueueTimeAt = 12;
/// "GET /admin/" of a REQUEST payload, cut to `bytesMax`, unprintable bytes replaced: for people.
std::string requestLabel(std::string_view requestPayload, size_t bytesMax);
/// The id under which the app and the access log know it.
std::string_view requestIdOf(std::string_view requestPayload);

} // namespace arc::protocol
