// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/websocket/frame.h"

#include <cstring>
#include <string>
#include <string_view>

namespace arc {

/// A client's frame, byte by byte as RFC 6455 5.2 draws it. `first`: final bit, reserved bits and
/// opcode.
inline std::string clientFrame(unsigned first, std::string_view payload, uint32_t mask = 0x5a3c0f96)
{
    std::string frame {static_cast<char>(first)};
    const size_t size = payload.size();
    if (size < 126) {
        frame += static_cast<char>(0x80 | size);
    } else {
        const size_t lengthBytes = size <= 0xffff ? 2 : 8;
        frame += static_cast<char>(0x80 | (lengthBytes == 2 ? 126 : 127));
        for (size_t i = lengthBytes; i-- > 0;)
            frame += static_cast<char>(static_cast<uint64_t>(size) >> 8 * i);
    }
    char key[4];
    std::memcpy(key, &mask, 4);
    frame.append(key, 4);
    for (size_t i = 0; i < size; ++i)
        frame += static_cast<char>(payload[i] ^ key[i % 4]);
    return frame;
}

/// Final frames of each kind.
inline std::string clientText(std::string_view text)
{
    return clientFrame(0x81, text);
}
inline std::string clientClose(uint16_t code, std::string_view reason = {})
{
    std::string payload {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return clientFrame(0x88, payload.append(reason));
}

} // namespace arc
