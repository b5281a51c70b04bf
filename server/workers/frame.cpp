// SPDX-License-Identifier: Apache-2.0
#include "server/workers/frame.h"

#include "server/base/assert.h"

#include <cstring>

namespace arc::protocol {

namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little endian");

template <class T>
T load(std::string_view bytes, size_t at) noexcept
{
    T value {};
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

template <class T>
void store(std::string &out, T value)
{
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out.append(raw, sizeof value);
}

/// Which frames a worker may send, told once.
const char *complaintAbout(const Frame &frame) noexcept
{
    switch (frame.type) {
    case FrameType::Step:
    case FrameType::Ready:
    case FrameType::Failed:
    case FrameType::Pong:
        if (frame.stream != 0)
            return "a stream number where there is none";
        return frame.flags ? "flags where there are none" : nullptr;
    case FrameType::Response:
    case FrameType::Data:
        if (frame.stream == 0)
            return "stream 0 in an answer";
        return frame.flags <= kAbort ? nullptr : "unknown flags"; // none, kEnd or kAbort
    case FrameType::Message:
        if (frame.stream == 0)
            return "stream 0 in a message";
        return frame.flags & ~(kEnd | kText) ? "unknown flags" : nullptr;
    case FrameType::SocketClose:
        if (frame.stream == 0)
            return "stream 0 in a close";
        return frame.flags ? "flags where there are none" : nullptr;
    case FrameType::EarlyHints:
        if (frame.stream == 0)
            return "stream 0 in early hints";
        return frame.flags ? "flags where there are none" : nullptr;
    case FrameType::Trailers:
        if (frame.stream == 0)
            return "stream 0 in trailers";
        return frame.flags == kEnd ? nullptr : "trailers that are not the end";
    case FrameType::Window:
        if (frame.stream == 0)
            return "stream 0 in a window";
        return frame.flags ? "flags where there are none" : nullptr;
    case FrameType::Log:
        return frame.flags ? "flags where there are none" : nullptr;
    default:
        return "a frame type that workers do not send";
    }
}

bool lengthFits(FrameType type, uint32_t length) noexcept
{
    switch (type) {
    case FrameType::Window:
        return length == 4;
    case FrameType::Pong:
        return length == 8;
    case FrameType::Log:
        return length >= 1;
    case FrameType::Response:
    case FrameType::EarlyHints:
    case FrameType::Trailers:
        return length >= 4;
    case FrameType::SocketClose:
        return length >= 2;
    default:
        return true;
    }
}

} // namespace

FrameRead readWorkerFrame(std::string_view bytes) noexcept
{
    if (bytes.size() < kHeaderBytes)
        return {};
    const uint32_t length = load<uint32_t>(bytes, 0);
    const Frame frame {.type = static_cast<FrameType>(bytes[4]),
                       .flags = static_cast<uint8_t>(bytes[5]),
                       .stream = load<uint32_t>(bytes, 8)};
    if (length > kPayloadMax)
        return {.step = Step::Refuse, .complaint = "a frame above 1 MiB"};
    if (load<uint16_t>(bytes, 6) != 0)
        return {.step = Step::Refuse, .complaint = "reserved bytes that are not zero"};
    if (const char *complaint = complaintAbout(frame))
        return {.step = Step::Refuse, .complaint = complaint};
    if (!lengthFits(frame.type, length))
        return {.step = Step::Refuse, .complaint = "a payload of the wrong length"};
    if (bytes.size() - kHeaderBytes < length)
        return {.bytesWanted = kHeaderBytes + length};
    FrameRead read {.step = Step::Done, .frame = frame, .bytesUsed = kHeaderBytes + length};
    read.frame.payload = bytes.substr(kHeaderBytes, length);
    return read;
}

void appendFrame(std::string &out, const Frame &frame)
{
    ARC_ASSERT(frame.payload.size() <= kPayloadMax);
    char head[kHeaderBytes] = {};
    const auto length = static_cast<uint32_t>(frame.payload.size());
    std::memcpy(head, &length, 4);
    head[4] = static_cast<char>(frame.type);
    head[5] = static_cast<char>(frame.flags);
    std::memcpy(head + 8, &frame.stream, 4);
    out.append(head, sizeof head);
    out.append(frame.payload);
}

ResponseReader::ResponseReader(std::string_view payload) noexcept : m_payload(payload)
{
    if (payload.size() < 4) {
        m_sound = false;
        return;
    }
    m_status = load<uint16_t>(payload, 0);
    m_left = load<uint16_t>(payload, 2);
    m_rest = payload.substr(4);
}

bool ResponseReader::isSound() noexcept
{
    const unsigned count = m_left;
    const std::string_view start = m_rest;
    FieldView field;
    for (; m_sound && m_left; --m_left)
        m_sound = takeField(field);
    m_left = count;
    m_rest = start;
    return m_sound;
}

std::optional<FieldView> ResponseReader::next() noexcept
{
    FieldView field;
    if (!m_sound || m_left == 0 || !takeField(field))
        return std::nullopt;
    --m_left;
    return field;
}

bool ResponseReader::takeString(std::string_view &out) noexcept
{
    if (m_rest.size() < 2)
        return false;
    const size_t size = load<uint16_t>(m_rest, 0);
    if (m_rest.size() - 2 < size)
        return false;
    out = m_rest.substr(2, size);
    m_rest.remove_prefix(2 + size);
    return true;
}

bool ResponseReader::takeField(FieldView &field) noexcept
{
    if (m_rest.empty())
        return false;
    const auto id = static_cast<uint8_t>(m_rest[0]);
    if (id >= static_cast<uint8_t>(HeaderId::Count))
        return false;
    m_rest.remove_prefix(1);
    field.id = static_cast<HeaderId>(id);
    if (field.id == HeaderId::Other) {
        if (!takeString(field.name))
            return false;
    } else {
        field.name = headerName(field.id);
    }
    return takeString(field.value);
}

void RequestWriter::u16(unsigned value)
{
    store(m_out, static_cast<uint16_t>(value));
}

void RequestWriter::u32(uint32_t value)
{
    store(m_out, value);
}

void RequestWriter::u64(uint64_t value)
{
    store(m_out, value);
}

void RequestWriter::text(std::string_view value)
{
    if (value.size() > 0xffff) {
        m_fits = false;
        value = {};
    }
    u16(static_cast<unsigned>(value.size()));
    m_out.append(value);
}

std::string socketClosePayload(uint16_t code, std::string_view reason)
{
    std::string payload;
    store(payload, code);
    return payload.append(reason);
}

uint16_t readU16(std::string_view bytes, size_t at) noexcept
{
    return load<uint16_t>(bytes, at);
}

uint32_t readU32(std::string_view bytes, size_t at) noexcept
{
    return load<uint32_t>(bytes, at);
}

void writeU32(std::string &bytes, size_t at, uint32_t value) noexcept
{
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

std::string_view requestIdOf(std::string_view payload)
{
    size_t at = 16;                      // behind method, scheme, version, bits, length, queue time
    const auto take = [&](size_t more) { // a string, and so many bytes behind it
        const size_t size = load<uint16_t>(payload, at);
        const std::string_view text = payload.substr(at + 2, size);
        at += 2 + size + more;
        return text;
    };
    for (int i = 0; i < 4; ++i) // literal method, raw path, path, query
        take(0);
    take(2); // client host and port
    take(2); // server host and port
    return take(0);
}

std::string requestLabel(std::string_view payload, size_t bytesMax)
{
    constexpr size_t kTextAt = 16; // behind method, scheme, version, bits, length and queue time
    ARC_ASSERT(payload.size() >= kTextAt + 4);
    const auto method = static_cast<Method>(payload[0]);
    const size_t literal = load<uint16_t>(payload, kTextAt);
    const size_t path = load<uint16_t>(payload, kTextAt + 2 + literal);
    std::string label(method == Method::Other ? payload.substr(kTextAt + 2, literal)
                                              : methodName(method));
    label.push_back(' ');
    label.append(payload.substr(kTextAt + 4 + literal, path));
    if (label.size() > bytesMax)
        label.resize(bytesMax);
    for (char &c : label) {
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e)
            c = '?';
    }
    return label;
}

} // namespace arc::protocol
