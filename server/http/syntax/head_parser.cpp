// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/head_parser.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/http/syntax/head_rules.h"

#include <algorithm>
#include <cstring>

namespace arc {

namespace {

constexpr std::string_view kBadLineEnd = "A line does not end with CR LF.";

/// Reads left to right; whatever it meets first decides, so the outcome does not depend on how the
/// bytes were split.
class HeadReader {
public:
    HeadReader(std::string_view bytes, const HeadLimits &limits, std::span<HeaderView> headers,
               const Scanner &scanner)
        : m_begin(bytes.data()), m_at(bytes.data()), m_bytesEnd(bytes.data() + bytes.size()),
          m_end(m_bytesEnd), m_limits(limits), m_scanner(scanner), m_headers(headers)
    {
    }

    /// Done, or why not. After Done `head` has the parts of the line and the headers.
    HeadStep read(const HeadProgress &progress, RequestHead &head) noexcept;

    size_t position() const noexcept { return static_cast<size_t>(m_at - m_begin); }
    /// After NeedMore.
    HeadProgress progress() const noexcept;
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
    HeadStep readWhole(RequestHead &head) noexcept;
    HeadStep readLineEnd() noexcept;
    HeadStep skipEmptyLine() noexcept;
    HeadStep readRequestLine(RequestHead &head) noexcept;
    HeadStep readVersion(RequestHead &head) noexcept;
    void beginHeaders() noexcept;
    HeadStep readHeaders() noexcept;
    HeadStep readHeader() noexcept;

    const char *const m_begin;
    const char *m_at;
    const char *const m_bytesEnd;
    const char *m_end; // of the part being read
    const HeadLimits &m_limits;
    const Scanner &m_scanner;
    const std::span<HeaderView> m_headers;
    size_t m_headersBegin = 0;
    size_t m_lineBegin = 0; // of the header line being read
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
    constexpr std::string_view kNearlyAlways = "HTTP/1.1\r\n";
    if (std::string_view(m_at, m_end).starts_with(kNearlyAlways)) {
        m_at += kNearlyAlways.size();
        return HeadStep::Done;
    }
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
    const char *const method = m_at; // too short for the scanner
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
    m_at = m_scanner.targetEnd(m_at, m_end);
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
    m_at = m_scanner.tokenEnd(m_at, m_end);
    if (m_at == m_end)
        return runOut();
    if (*m_at != ':' || m_at == name)
        return refuse(400, "A header line does not begin with a name and a colon.");
    const char *const nameEnd = m_at++;

    while (m_at < m_end && (*m_at == ' ' || *m_at == '\t'))
        ++m_at;
    const char *const value = m_at;
    m_at = m_scanner.valueEnd(m_at, m_end);
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

void HeadReader::beginHeaders() noexcept
{
    m_headersBegin = position();
    limitPart(m_limits.headerBytesMax, 431);
}

/// From the beginning of a header line to the end of the empty one.
HeadStep HeadReader::readHeaders() noexcept
{
    for (;;) {
        m_lineBegin = position();
        if (m_at == m_end)
            return runOut();
        if (*m_at == '\r')
            return readLineEnd();
        if (const HeadStep step = readHeader(); step != HeadStep::Done)
            return step;
    }
}

HeadStep HeadReader::readWhole(RequestHead &head) noexcept
{
    HeadStep step = skipEmptyLine();
    if (step != HeadStep::Done)
        return step;
    limitPart(m_limits.requestLineBytesMax + 2, 414); // with its CRLF
    step = readRequestLine(head);
    if (step != HeadStep::Done)
        return step;
    beginHeaders();
    step = readHeaders();
    head.headers = m_headers.first(m_count);
    return step;
}

HeadStep HeadReader::read(const HeadProgress &progress, RequestHead &head) noexcept
{
    if (progress.headersBegin > 0) {
        // The lines that came before are sound, and their views are gone: the reading goes on where
        // it stopped, and when nothing more is needed everything is read once more.
        m_at = m_begin + progress.headersBegin;
        beginHeaders();
        m_at = m_begin + progress.lineBegin;
        m_count = progress.headerCount;
        if (readHeaders() == HeadStep::NeedMore)
            return HeadStep::NeedMore;
        m_at = m_begin;
        m_count = 0;
    }
    return readWhole(head);
}

HeadProgress HeadReader::progress() const noexcept
{
    const auto small = [](size_t bytes) {
        return static_cast<uint32_t>(bytes);
    };
    return {.bytesLooked = small(static_cast<size_t>(m_bytesEnd - m_begin)),
            .decidedAt = small(m_decidedAt),
            .headersBegin = small(m_headersBegin),
            .lineBegin = small(m_lineBegin),
            .headerCount = small(m_count)};
}

/// True when the bytes that came since the last call cannot have changed anything.
bool nothingNew(std::string_view bytes, const HeadProgress &progress) noexcept
{
    if (progress.bytesLooked == 0 || bytes.size() >= progress.decidedAt)
        return false;
    ARC_DEBUG_ASSERT(bytes.size() >= progress.bytesLooked);
    const size_t size = bytes.size() - progress.bytesLooked;
    return size == 0 || !std::memchr(bytes.data() + progress.bytesLooked, '\n', size);
}

/// Whether a head that is refused names its site all the same: its rules hold up to the Host, or it
/// is only too large, and the lines before that are sound. Then whose error page the client sees,
/// and in which form, needs no guess.
bool namesSite(RequestHead &head, int status, std::string &text) noexcept
{
    if (status == 431 && head.target.starts_with('/')) {
        const auto isHost = [](const HeaderView &header) {
            return header.id == HeaderId::Host;
        };
        const auto host = std::find_if(head.headers.begin(), head.headers.end(), isHost);
        if (host == head.headers.end()
            || std::find_if(host + 1, head.headers.end(), isHost) != head.headers.end()
            || readHost(head, &*host, {}, 0))
            return false;
    }
    text = toLower(head.host);
    head.host = text;
    head.path = {}; // it may have been in `text`
    return !text.empty();
}

} // namespace

HeadOutcome parseHead(std::string_view bytes, const HeadLimits &limits, HeadProgress &progress,
                      const HeadMemory &memory, RequestHead &head, const Scanner &scanner) noexcept
{
    ARC_DEBUG_ASSERT(memory.headers.size() >= limits.headerCountMax);
    if (nothingNew(bytes, progress)) {
        progress.bytesLooked = static_cast<uint32_t>(bytes.size());
        return {};
    }
    HeadReader reader(bytes, limits, memory.headers, scanner);
    RequestHead parsed;
    const HeadStep step = reader.read(progress, parsed);
    HeadFault fault = reader.fault();
    if (step == HeadStep::NeedMore) {
        progress = reader.progress();
        return {};
    }
    if (step == HeadStep::Done)
        fault = applyHeadRules(parsed, memory.text);
    if (fault) {
        const bool isNamed = namesSite(parsed, fault.status, memory.text);
        if (isNamed)
            head = parsed;
        return {.step = HeadStep::Refuse,
                .status = fault.status,
                .reason = fault.reason,
                .namesSite = isNamed};
    }
    head = parsed;
    return {.step = HeadStep::Done, .bytesUsed = reader.position()};
}

} // namespace arc
