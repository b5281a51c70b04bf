// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace arc {

/// RFC 6455 5.2. The numbers are the wire's.
enum class WsOpcode : uint8_t {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10
};
constexpr bool isControl(WsOpcode opcode) noexcept
{
    return static_cast<uint8_t>(opcode) >= 8;
}

/// RFC 6455 7.4.1 and the registry it opened. NoCode and Lost never stand on the wire.
namespace ws_close {
inline constexpr uint16_t kNormal = 1000;
inline constexpr uint16_t kGoingAway = 1001;
inline constexpr uint16_t kProtocolError = 1002;
inline constexpr uint16_t kNoCode = 1005;
inline constexpr uint16_t kLost = 1006;
inline constexpr uint16_t kBadText = 1007;
inline constexpr uint16_t kPolicy = 1008;
inline constexpr uint16_t kTooBig = 1009;
inline constexpr uint16_t kServerError = 1011;
inline constexpr uint16_t kServiceRestart = 1012;
inline constexpr uint16_t kTryAgain = 1013;
} // namespace ws_close
/// Whether a code may stand in a Close frame.
bool isWireCloseCode(unsigned code) noexcept;

inline constexpr size_t kWsControlMax = 125;   ///< payload of a control frame (RFC 6455 5.5)
inline constexpr size_t kWsReasonMax = 123;    ///< of a Close frame, behind its code
inline constexpr size_t kWsClientHeadMax = 14; ///< with a 64-bit length and the mask
inline constexpr size_t kWsServerHeadMax = 10;

struct WsFrameHead {
    WsOpcode opcode = WsOpcode::Continuation;
    bool isFinal = false;
    bool isCompressed = false; ///< RSV1 (RFC 7692 6)
    uint64_t length = 0;
    uint32_t mask = 0; ///< its four bytes in the order of the wire, in memory
};

/// What the first bytes of a client's frame are.
struct WsHeadRead {
    enum class Step { NeedMore, Done, Refuse };
    Step step = Step::NeedMore;
    WsFrameHead head = {};
    size_t bytesUsed = 0;       ///< Done: of the head
    const char *complaint = ""; ///< Refuse: one phrase; the connection fails with 1002
};
/// Applies every rule that a head alone can break: reserved bits and opcodes, a missing mask,
/// fragmented or long control frames, lengths that are not in their shortest form or above 2^63-1.
/// `mayCompress`: permessage-deflate was agreed.
WsHeadRead readClientFrameHead(std::string_view bytes, bool mayCompress) noexcept;

/// Appends the head of a frame from server to client, which has no mask.
void appendServerFrameHead(std::string &out, const WsFrameHead &head);
/// A whole Close frame's payload: code and reason, cut to kWsReasonMax at a whole character. 1005:
/// empty.
std::string closePayload(uint16_t code, std::string_view reason);

/// Takes the mask off; `phase` is the place of in[0] in the payload. `in` and `out` may be the
/// same.
void unmask(const char *in, char *out, size_t size, uint32_t mask, uint64_t phase) noexcept;

} // namespace arc
