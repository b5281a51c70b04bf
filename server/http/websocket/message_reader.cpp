// SPDX-License-Identifier: Apache-2.0
#include "server/http/websocket/message_reader.h"

#include <algorithm>

namespace arc {

namespace {

constexpr std::string_view kDeflateTail("\0\0\xff\xff", 4); // RFC 7692 7.2.2
constexpr size_t kInflateStep = 4096; // unmasked ahead of the inflater, which may not take it all

WsMessageReader::Result refused(uint16_t code, const char *complaint)
{
    return {.got = WsMessageReader::Got::Refused, .code = code, .complaint = complaint};
}

} // namespace

WsMessageReader::~WsMessageReader()
{
    if (m_inflater)
        m_inflaters.giveInflater(std::move(m_inflater));
}

WsMessageReader::Result WsMessageReader::read(std::string_view bytes, std::span<char> scratch,
                                              size_t room)
{
    size_t used = 0;
    for (;;) {
        Result result;
        const std::string_view rest = bytes.substr(used);
        if (!m_isInFrame) {
            result = beginFrame(rest);
            if (result.got == Got::NeedBytes && result.bytesUsed == 0)
                return {.bytesUsed = used};
        } else if (isControl(m_head.opcode)) {
            result = readControl(rest);
        } else if (m_discards) {
            result = skip(rest);
        } else if (room == 0) {
            return {.got = Got::NeedRoom, .bytesUsed = used};
        } else {
            const std::span<char> out = scratch.first(std::min(scratch.size(), room));
            result = m_isCompressed ? readCompressed(rest, out) : readPlain(rest, out);
        }
        const bool isStuck = result.bytesUsed == 0 && m_isInFrame;
        used += result.bytesUsed;
        result.bytesUsed = used;
        // A frame that told nothing by itself, such as an empty fragment, is behind us: on.
        if (result.got != Got::NeedBytes || isStuck)
            return result;
    }
}

WsMessageReader::Result WsMessageReader::beginFrame(std::string_view bytes)
{
    const WsHeadRead read = readClientFrameHead(bytes, m_rules.mayCompress);
    if (read.step == WsHeadRead::Step::NeedMore)
        return {};
    if (read.step == WsHeadRead::Step::Refuse)
        return refused(ws_close::kProtocolError, read.complaint);
    const WsFrameHead &head = read.head;
    if (!isControl(head.opcode)) {
        const bool continues = head.opcode == WsOpcode::Continuation;
        if (continues && !m_isInMessage)
            return refused(ws_close::kProtocolError, "a continuation of nothing");
        if (!continues && m_isInMessage)
            return refused(ws_close::kProtocolError, "a message begins within another one");
        if (!continues) {
            m_isInMessage = true;
            m_isText = head.opcode == WsOpcode::Text;
            m_isCompressed = head.isCompressed;
            m_messageBytes = 0;
            m_tailDone = 0;
            m_text.reset();
        }
        if (!m_isCompressed && !m_discards
            && head.length > m_rules.messageBytesMax - m_messageBytes)
            return refused(ws_close::kTooBig, "the message is too long");
    }
    m_head = head;
    m_done = 0;
    m_isInFrame = true;
    return {.bytesUsed = read.bytesUsed};
}

WsMessageReader::Result WsMessageReader::readControl(std::string_view bytes)
{
    const auto done = static_cast<size_t>(m_done);
    const auto left = static_cast<size_t>(m_head.length) - done;
    const size_t size = std::min(bytes.size(), left);
    unmask(bytes.data(), m_control.data() + done, size, m_head.mask, m_done);
    m_done += size;
    return size < left ? Result {.bytesUsed = size} : endControl(size);
}

WsMessageReader::Result WsMessageReader::endControl(size_t used)
{
    m_isInFrame = false;
    if (m_head.opcode == WsOpcode::Close)
        return readClose(used);
    return {.got = m_head.opcode == WsOpcode::Ping ? Got::Ping : Got::Pong,
            .bytesUsed = used,
            .data = {m_control.data(), static_cast<size_t>(m_head.length)}};
}

WsMessageReader::Result WsMessageReader::readClose(size_t used)
{
    const std::string_view payload(m_control.data(), static_cast<size_t>(m_head.length));
    if (payload.empty())
        return {.got = Got::Close, .bytesUsed = used, .code = ws_close::kNoCode};
    if (payload.size() < 2)
        return refused(ws_close::kProtocolError, "a close code of one byte");
    const auto code = static_cast<uint16_t>(static_cast<unsigned char>(payload[0]) << 8
                                            | static_cast<unsigned char>(payload[1]));
    if (!isWireCloseCode(code))
        return refused(ws_close::kProtocolError, "a close code that must not be sent");
    Utf8Check text;
    if (!text.feed(payload.substr(2)) || !text.isComplete())
        return refused(ws_close::kBadText, "a close reason that is not UTF-8");
    return {.got = Got::Close, .bytesUsed = used, .data = payload.substr(2), .code = code};
}

WsMessageReader::Result WsMessageReader::readPlain(std::string_view bytes, std::span<char> out)
{
    const size_t size =
        static_cast<size_t>(std::min<uint64_t>({bytes.size(), m_head.length - m_done, out.size()}));
    unmask(bytes.data(), out.data(), size, m_head.mask, m_done);
    m_done += size;
    m_isInFrame = m_done < m_head.length;
    const bool isLast = !m_isInFrame && m_head.isFinal;
    if (size == 0 && !isLast)
        return {};
    return piece({out.data(), size}, isLast, size);
}

WsMessageReader::Result WsMessageReader::readCompressed(std::string_view bytes, std::span<char> out)
{
    if (!m_inflater)
        m_inflater = m_inflaters.takeInflater();
    std::array<char, kInflateStep> plain;
    size_t used = 0;
    size_t made = 0;
    while (made < out.size()) {
        const bool isTail = m_done == m_head.length;
        // Behind a fragment that others follow, only what the inflater still holds is asked for.
        std::string_view in = m_head.isFinal ? kDeflateTail.substr(m_tailDone) : std::string_view();
        if (!isTail) {
            const size_t size = static_cast<size_t>(
                std::min<uint64_t>({bytes.size() - used, m_head.length - m_done, plain.size()}));
            unmask(bytes.data() + used, plain.data(), size, m_head.mask, m_done);
            in = {plain.data(), size};
        }
        const WsInflater::Step step = m_inflater->inflate(in, out.subspan(made));
        if (step.failed)
            return refused(ws_close::kBadText, "compressed data that cannot be inflated");
        made += step.made;
        if (isTail) {
            m_tailDone = static_cast<uint8_t>(m_tailDone + step.used);
        } else {
            used += step.used;
            m_done += step.used;
        }
        if (step.used == 0 && step.made == 0)
            break;
    }
    // With room left over, the inflater holds nothing back.
    const bool isWhole = m_done == m_head.length && made < out.size();
    const bool isLast = isWhole && m_head.isFinal && m_tailDone == kDeflateTail.size();
    m_isInFrame = !(isWhole && (isLast || !m_head.isFinal));
    if (made > m_rules.messageBytesMax - m_messageBytes)
        return refused(ws_close::kTooBig, "the message is too long");
    if (made == 0 && !isLast)
        return {.bytesUsed = used};
    return piece({out.data(), made}, isLast, used);
}

void WsMessageReader::discardData() noexcept
{
    m_discards = true;
    if (m_inflater)
        m_inflaters.giveInflater(std::move(m_inflater));
}

WsMessageReader::Result WsMessageReader::skip(std::string_view bytes) noexcept
{
    const auto size = static_cast<size_t>(std::min<uint64_t>(bytes.size(), m_head.length - m_done));
    m_done += size;
    m_isInFrame = m_done < m_head.length;
    m_isInMessage = m_isInFrame || !m_head.isFinal;
    return {.bytesUsed = size};
}

WsMessageReader::Result WsMessageReader::piece(std::string_view data, bool isLast, size_t used)
{
    m_messageBytes += data.size();
    if (m_isText && (!m_text.feed(data) || (isLast && !m_text.isComplete())))
        return refused(ws_close::kBadText, "a text message that is not UTF-8");
    if (isLast)
        endMessage();
    return {
        .got = Got::Piece, .bytesUsed = used, .data = data, .isText = m_isText, .isLast = isLast};
}

void WsMessageReader::endMessage() noexcept
{
    m_isInMessage = false;
    if (m_inflater && !m_rules.keepsContext) {
        m_inflater->reset();
        m_inflaters.giveInflater(std::move(m_inflater));
    }
}

} // namespace arc
