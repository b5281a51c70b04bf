// SPDX-License-Identifier: Apache-2.0
#include "server/http/websocket/frame.h"

#include "server/http/websocket/utf8.h"

#include <cstring>

namespace arc {

namespace {

constexpr uint8_t kFinalBit = 0x80;
constexpr uint8_t kCompressedBit = 0x40;
constexpr uint8_t kReservedBits = 0x30;
constexpr uint8_t kMaskBit = 0x80;
constexpr size_t kLength16 = 126; // says that two bytes of length follow
constexpr size_t kLength64 = 127;

uint64_t readBigEndian(std::string_view bytes, size_t at, size_t size) noexcept
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

bool isKnown(WsOpcode opcode) noexcept
{
    switch (opcode) {
    case WsOpcode::Continuation:
    case WsOpcode::Text:
    case WsOpcode::Binary:
    case WsOpcode::Close:
    case WsOpcode::Ping:
    case WsOpcode::Pong:
        return true;
    }
    return false;
}

const char *complaintAbout(uint8_t first, uint8_t second, bool mayCompress) noexcept
{
    const auto opcode = static_cast<WsOpcode>(first & 0x0f);
    if (first & kReservedBits || (first & kCompressedBit && !mayCompress))
        return "a reserved bit is set";
    if (!isKnown(opcode))
        return "the opcode is reserved";
    // Continuations belong to a message whose first frame told (RFC 7692 6.1).
    if (first & kCompressedBit && (isControl(opcode) || opcode == WsOpcode::Continuation))
        return "the compression bit is set where it cannot be";
    if (!(second & kMaskBit))
        return "the frame is not masked";
    if (isControl(opcode) && !(first & kFinalBit))
        return "a control frame is fragmented";
    if (isControl(opcode) && (second & ~kMaskBit) > kWsControlMax)
        return "a control frame is longer than 125 bytes";
    return nullptr;
}

} // namespace

bool isWireCloseCode(unsigned code) noexcept
{
    if (code >= 3000 && code <= 4999) // libraries and applications
        return true;
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

WsHeadRead readClientFrameHead(std::string_view bytes, bool mayCompress) noexcept
{
    if (bytes.size() < 2)
        return {};
    const auto first = static_cast<uint8_t>(bytes[0]);
    const auto second = static_cast<uint8_t>(bytes[1]);
    if (const char *complaint = complaintAbout(first, second, mayCompress))
        return {.step = WsHeadRead::Step::Refuse, .complaint = complaint};
    const size_t shortLength = second & ~kMaskBit;
    const size_t lengthBytes = shortLength == kLength16 ? 2 : shortLength == kLength64 ? 8 : 0;
    if (bytes.size() < 2 + lengthBytes)
        return {};
    const uint64_t length = lengthBytes ? readBigEndian(bytes, 2, lengthBytes) : shortLength;
    if ((lengthBytes == 2 && length < kLength16) || (lengthBytes == 8 && length <= 0xffff))
        return {.step = WsHeadRead::Step::Refuse,
                .complaint = "the length is not in its shortest form"};
    if (length >> 63)
        return {.step = WsHeadRead::Step::Refuse, .complaint = "the length is above 2^63-1"};
    const size_t headBytes = 2 + lengthBytes + 4;
    if (bytes.size() < headBytes)
        return {};
    WsHeadRead read {.step = WsHeadRead::Step::Done, .bytesUsed = headBytes};
    read.head = {.opcode = static_cast<WsOpcode>(first & 0x0f),
                 .isFinal = (first & kFinalBit) != 0,
                 .isCompressed = (first & kCompressedBit) != 0,
                 .length = length};
    std::memcpy(&read.head.mask, bytes.data() + headBytes - 4, 4);
    return read;
}

void appendServerFrameHead(std::string &out, const WsFrameHead &head)
{
    char bytes[kWsServerHeadMax];
    bytes[0] = static_cast<char>(static_cast<uint8_t>(head.opcode) | (head.isFinal ? kFinalBit : 0)
                                 | (head.isCompressed ? kCompressedBit : 0));
    size_t lengthBytes = 0;
    if (head.length < kLength16) {
        bytes[1] = static_cast<char>(head.length);
    } else {
        lengthBytes = head.length <= 0xffff ? 2 : 8;
        bytes[1] = static_cast<char>(lengthBytes == 2 ? kLength16 : kLength64);
        for (size_t i = 0; i < lengthBytes; ++i)
            bytes[2 + i] = static_cast<char>(head.length >> 8 * (lengthBytes - 1 - i));
    }
    out.append(bytes, 2 + lengthBytes);
}

std::string closePayload(uint16_t code, std::string_view reason)
{
    if (code == ws_close::kNoCode)
        return {};
    std::string payload {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    payload += wholeCharacters(reason, kWsReasonMax);
    return payload;
}

void unmask(const char *in, char *out, size_t size, uint32_t mask, uint64_t phase) noexcept
{
    unsigned char key[8];
    std::memcpy(key, &mask, 4);
    for (size_t i = 0; i < 4; ++i) // turned to where this piece begins
        key[4 + i] = key[(i + phase) % 4];
    std::memcpy(key, key + 4, 4);
    uint64_t wide = 0;
    std::memcpy(&wide, key, 8);
    size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, in + at, 8);
        word ^= wide;
        std::memcpy(out + at, &word, 8);
    }
    for (; at < size; ++at)
        out[at] = static_cast<char>(static_cast<unsigned char>(in[at]) ^ key[at % 8]);
}

} // namespace arc
