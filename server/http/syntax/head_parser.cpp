// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/head_parser.h"

#include "server/base/assert.h"
#include "server/http/syntax/head_rules.h"
#include "server/http/syntax/scan.h"

#include <algorithm>
#include <cstring>

namespace arc {

namespace {

constexpr std::string_view kBadLineEnd = "A line does not end with CR LF.";

/// Reads left to right; whatever it meets first decides, so the outcome does not depend on how the
/// bytes were split.
class HeadReader {
public:
    HeadReader(std::string_view bytes, const HeadLimits &limits, std::span<HeaderView> headers)
        : m_begin(bytes.data()), m_at(bytes.data()), m_bytesEnd(bytes.data() + bytes.size()),
          m_end(m_bytesEnd), m_limits(limits), m_headers(headers)
    {
    }

    /// Done, or why not. After Done `head` has the parts of the line and the headers.
    HeadStep read(RequestHead &head) noexcept;

    size_t position() const noexcept { return static_cast<size_t>(m_at - m_begin); }
    /// From this size on more bytes change the outcome even without a line's end.
    size_t decidedAt() const noexcept { return m_decidedAt; }
    HeadFault fault() const noexcept { return m_fault; }

private:
    HeadStep refuse(int status, std::string_view reason) noexcept
    {
        m_fault = {status, reason};
        return HeadStep::Refuse;
    }
    /// The bytes ran out: the part is too long, or the rest has not arrived.
    HeadStep runOut() noexcept
    {
        if (static_cast<size_t>(m_bytesEnd - m_begin) >= m_decidedAt)
            return refuse(m_tooLongStatus,
                          m_tooLongStatus == 414 ? "The request line is too long."
                                                 : "The headers are too long.");
        return HeadStep::NeedMore;
    }
    /// The part that begins here ends after at most `bytesMax` bytes.
    void limitPart(size_t bytesMax, int tooLongStatus) noexcept
    {
        m_decidedAt = position() + bytesMax;
        m_tooLongStatus = tooLongStatus;
        m_end = m_begin + std::min(m_decidedAt, static_cast<size_t>(m_bytesEnd - m_begin));
    }
    HeadStep readLineEnd() noexcept;
    HeadStep skipEmptyLine() noexcept;
    HeadStep readRequestLine(RequestHead &head) noexcept;
    HeadStep readVersion(RequestHead &head) noexcept;
    HeadStep readHeader() noexcept;

    const char *const m_begin;
    const char *m_at;
    const char *const m_bytesEnd;
    const char *m_end; // of the part being read
    const HeadLimits &m_limits;
    const std::span<HeaderView> m_headers;
    size_t m_count = 0;
    size_t m_decidedAt = 0;
    int m_tooLongStatus = 414;
    HeadFault m_fault;
};

HeadStep HeadReader::readLineEnd() noexcept
{
    if (m_at == m_end)
        return runOut();
    if (*m_at != '\r')
        return refuse(400, kBadLineEnd);
    if (m_at + 1 == m_end)
        return runOut();
    if (m_at[1] != '\n')
        return refuse(400, kBadLineEnd);
    m_at += 2;
    return HeadStep::Done;
}

HeadStep HeadReader::skipEmptyLine() noexcept
{
    limitPart(m_limits.requestLineBytesMax + 2, 414);
    return m_at < m_end && *m_at == '\r' ? readLineEnd() : HeadStep::Done;
}

HeadStep HeadReader::readVersion(RequestHead &head) noexcept
{
    constexpr std::string_view kPattern = "HTTP/d.d";
    for (const char wanted : kPattern) {
        if (m_at == m_end)
            return runOut();
        if (wanted == 'd' ? (*m_at < '0' || *m_at > '9') : *m_at != wanted)
            return refuse(400, "The request line does not end with an HTTP version.");
        ++m_at;
    }
    if (m_at[-3] != '1' || m_at[-1] > '1')
        return refuse(505, "Only HTTP/1.0 and HTTP/1.1 are understood here.");
    head.minorVersion = m_at[-1] - '0';
    return readLineEnd();
}

HeadStep HeadReader::readRequestLine(RequestHead &head) noexcept
{
    const char *const method = m_at;
    while (m_at < m_end && isTokenByte(*m_at)) {
        if (static_cast<size_t>(++m_at - method) > kMethodBytesMax)
            return refuse(501, "The method is too long.");
    }
    if (m_at == m_end)
        return runOut();
    if (*m_at != ' ' || m_at == method)
        return refuse(400, "The request does not begin with a method.");
    head.methodText = {method, static_cast<size_t>(m_at - method)};
    head.method = methodFromName(head.methodText);

    const char *const target = ++m_at;
    m_at = kScanner.targetEnd(m_at, m_end);
    if (m_at == m_end)
        return runOut();
    if (*m_at != ' ' || m_at == target)
        return refuse(400, "The request target is empty or has a byte that may not stand there.");
    head.target = {target, static_cast<size_t>(m_at - target)};
    ++m_at;
    return readVersion(head);
}

HeadStep HeadReader::readHeader() noexcept
{
    if (m_count == m_limits.headerCountMax)
        return refuse(431, "There are too many header lines.");
    const char *const name = m_at;
    while (m_at < m_end && isTokenByte(*m_at))
        ++m_at;
    if (m_at == m_end)
        return runOut();
    if (*m_at != ':' || m_at == name)
        return refuse(400, "A header line does not begin with a name and a colon.");
    const char *const nameEnd = m_at++;

    while (m_at < m_end && (*m_at == ' ' || *m_at == '\t'))
        ++m_at;
    const char *const value = m_at;
    m_at = kScanner.valueEnd(m_at, m_end);
    if (m_at == m_end)
        return runOut();
    if (*m_at != '\r' && *m_at != '\n')
        return refuse(400, "A header value has a control character.");
    const char *valueEnd = m_at;
    while (valueEnd > value && (valueEnd[-1] == ' ' || valueEnd[-1] == '\t'))
        --valueEnd;
    const HeadStep end = readLineEnd();
    if (end != HeadStep::Done)
        return end;

    HeaderView &header = m_headers[m_count++];
    header.name = {name, static_cast<size_t>(nameEnd - name)};
    header.value = {value, static_cast<size_t>(valueEnd - value)};
    header.id = headerFromName(header.name);
    return HeadStep::Done;
}

HeadStep HeadReader::read(RequestHead &head) noexcept
{
    HeadStep step = skipEmptyLine();
    if (step != HeadStep::Done)
        return step;
    limitPart(m_limits.requestLineBytesMax + 2, 414); // with its CRLF
    step = readRequestLine(head);
    if (step != HeadStep::Done)
        return step;
    limitPart(m_limits.headerBytesMax, 431);
    while (m_at == m_end || *m_at != '\r') {
        step = m_at == m_end ? runOut() : readHeader();
        if (step != HeadStep::Done)
            return step;
    }
    step = readLineEnd();
    head.headers = m_headers.first(m_count);
    return step;
}

/// True when the bytes that came since the last call cannot have changed anything, so that a head
/// that drips in is not read again from its start for each byte, but once for each of its (counted)
/// lines.
bool nothingNew(std::string_view bytes, const HeadProgress &progress) noexcept
{
    if (progress.bytesLooked == 0 || bytes.size() >= progress.decidedAt)
        return false;
    ARC_DEBUG_ASSERT(bytes.size() >= progress.bytesLooked);
    const size_t size = bytes.size() - progress.bytesLooked;
    return size == 0 || !std::memchr(bytes.data() + progress.bytesLooked, '\n', size);
}

} // namespace

HeadOutcome parseHead(std::string_view bytes, const HeadLimits &limits, HeadProgress &progress,
                      const HeadMemory &memory, RequestHead &head) noexcept
{
    ARC_DEBUG_ASSERT(memory.headers.size() >= limits.headerCountMax);
    if (nothingNew(bytes, progress)) {
        progress.bytesLooked = bytes.size();
        return {};
    }
    HeadReader reader(bytes, limits, memory.headers);
    RequestHead parsed;
    const HeadStep step = reader.read(parsed);
    HeadFault fault = reader.fault();
    if (step == HeadStep::NeedMore) {
        progress = {.bytesLooked = bytes.size(), .decidedAt = reader.decidedAt()};
        return {};
    }
    if (step == HeadStep::Done)
        fault = applyHeadRules(parsed, memory.text);
    if (fault)
        return {.step = HeadStep::Refuse, .status = fault.status, .reason = fault.reason};
    head = parsed;
    return {.step = HeadStep::Done, .bytesUsed = reader.position()};
}

RequestHead copyHead(const RequestHead &head, std::string_view bytes, std::string &text,
                     std::vector<HeaderView> &headers)
{
    // What lies outside the received bytes is appended, so the room is known before views are made.
    text.clear();
    text.reserve(bytes.size() + head.rawPath.size() + head.path.size() + head.host.size());
    const char *const place = text.data();
    text.append(bytes);
    const auto moved = [&](std::string_view view) -> std::string_view {
        const auto from = reinterpret_cast<uintptr_t>(bytes.data());
        const auto at = reinterpret_cast<uintptr_t>(view.data());
        if (at >= from && at + view.size() <= from + bytes.size())
            return std::string_view(text).substr(at - from, view.size());
        const size_t appended = text.size();
        text.append(view);
        return std::string_view(text).substr(appended);
    };
    RequestHead copy = head;
    copy.methodText = moved(head.methodText);
    copy.target = moved(head.target);
    copy.rawPath = moved(head.rawPath);
    copy.query = moved(head.query);
    copy.authority = moved(head.authority);
    copy.path = moved(head.path);
    copy.host = moved(head.host);
    headers.assign(head.headers.begin(), head.headers.end());
    for (HeaderView &header : headers) {
        header.name = moved(header.name);
        header.value = moved(header.value);
    }
    copy.headers = headers;
    ARC_ASSERT(text.data() == place);
    return copy;
}

} // namespace arc
