// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/websocket/deflate.h"
#include "server/http/websocket/frame.h"
#include "server/http/websocket/utf8.h"

#include <array>
#include <memory>
#include <span>
#include <string_view>

namespace arc {

/// What a client's bytes mean: pieces of messages, pings, pongs, a close (RFC 6455 5 to 8, RFC 7692
/// 6). Touches no socket and holds no message: what a piece was made of is used up before the next
/// one, so the memory of a long message is its receiver's. One control frame and the inflater of a
/// compressed message are all it keeps.
class WsMessageReader {
public:
    struct Rules {
        uint64_t messageBytesMax = 0; ///< of a message after inflating
        bool mayCompress = false;     ///< permessage-deflate was agreed
        bool keepsContext = false;    ///< without client_no_context_takeover
    };
    enum class Got { NeedBytes, NeedRoom, Piece, Ping, Pong, Close, Refused };
    struct Result {
        Got got = Got::NeedBytes;
        size_t bytesUsed = 0;
        std::string_view data = {}; ///< Piece; payload of Ping and Pong; reason of Close
        bool isText = false;
        bool isLast = false;
        uint16_t code = 0;          ///< Close: as sent, or 1005; Refused: to fail with
        const char *complaint = ""; ///< Refused: one phrase
    };
    /// Makes inflaters for compressed messages, and takes them back.
    class Inflaters {
    public:
        virtual std::unique_ptr<WsInflater> takeInflater() = 0;
        virtual void giveInflater(std::unique_ptr<WsInflater> used) noexcept = 0;

    protected:
        ~Inflaters() = default;
    };

    WsMessageReader(const Rules &rules, Inflaters &inflaters) noexcept
        : m_rules(rules), m_inflaters(inflaters)
    {
    }
    ~WsMessageReader();
    WsMessageReader(const WsMessageReader &) = delete;

    /// Reads up to the next thing to tell. Views are into `scratch`, or into this until the next
    /// call. A piece is at most `room` and scratch.size() bytes; without room, data waits. Repeat
    /// with the bytes behind bytesUsed; after Close or Refused not at all.
    Result read(std::string_view bytes, std::span<char> scratch, size_t room);
    /// From now on data is passed over, neither unmasked nor inflated: only control frames are told
    /// (RFC 6455 5.5.1, who has sent a Close need not process what comes).
    void discardData() noexcept;
    bool holdsInflater() const noexcept { return m_inflater != nullptr; }
    /// In the middle of a message or a frame.
    bool isInMessage() const noexcept { return m_isInMessage || m_isInFrame; }

private:
    Result beginFrame(std::string_view bytes);
    Result readControl(std::string_view bytes);
    Result endControl(size_t used);
    Result readClose(size_t used);
    Result readPlain(std::string_view bytes, std::span<char> out);
    Result readCompressed(std::string_view bytes, std::span<char> out);
    Result skip(std::string_view bytes) noexcept;
    Result piece(std::string_view data, bool isLast, size_t used);
    void endMessage() noexcept;

    const Rules m_rules;
    Inflaters &m_inflaters;
    WsFrameHead m_head;
    bool m_discards = false;
    bool m_isInFrame = false;
    uint64_t m_done = 0; ///< of m_head.length
    bool m_isInMessage = false;
    bool m_isText = false;
    bool m_isCompressed = false;
    uint8_t m_tailDone = 0; ///< of the four bytes that end a compressed message
    uint64_t m_messageBytes = 0;
    Utf8Check m_text;
    std::unique_ptr<WsInflater> m_inflater;
    std::array<char, kWsControlMax> m_control;
};

} // namespace arc
