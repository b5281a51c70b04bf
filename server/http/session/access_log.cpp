// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/access_log.h"

#include "server/base/text.h"
#include "server/http/syntax/scan.h"

#include <charconv>

namespace arc {

namespace {

void appendNumber(std::string &out, uint64_t value)
{
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

/// Milliseconds with three decimals.
void appendMs(std::string &out, std::chrono::nanoseconds duration)
{
    const uint64_t us = duration.count() > 0 ? static_cast<uint64_t>(duration.count()) / 1000 : 0;
    appendNumber(out, us / 1000);
    const auto rest = static_cast<unsigned>(us % 1000);
    const char decimals[4] = {'.', static_cast<char>('0' + rest / 100),
                              static_cast<char>('0' + rest / 10 % 10),
                              static_cast<char>('0' + rest % 10)};
    out.append(decimals, sizeof decimals);
}

void appendField(std::string &out, std::string_view quotedName, std::string_view value, size_t most)
{
    if (value.empty())
        return;
    out.append(quotedName);
    appendJsonText(out, value.substr(0, most));
    out.push_back('"');
}

} // namespace

void appendJsonText(std::string &out, std::string_view text)
{
    static constexpr char kHex[] = "0123456789abcdef";
    const char *at = text.data();
    const char *const end = at + text.size();
    for (;;) {
        const char *const plainEnd = kScanner.plainEnd(at, end);
        out.append(at, plainEnd);
        if (plainEnd == end)
            return;
        at = plainEnd + 1;
        const auto c = static_cast<unsigned char>(*plainEnd);
        if (c == '"' || c == '\\') {
            const char escaped[2] = {'\\', static_cast<char>(c)};
            out.append(escaped, sizeof escaped);
        } else {
            const char escaped[6] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
            out.append(escaped, sizeof escaped);
        }
    }
}

std::string_view AccessLog::second(int64_t unixMs)
{
    if (const int64_t now = unixMs / 1000; now != m_second) {
        m_second = now;
        m_secondText = formatTimestamp(now * 1000).substr(0, 19);
    }
    return m_secondText;
}

void AccessLog::begin(std::string &out, const AccessLine &line)
{
    constexpr size_t kNameMax =
        256; // hosts, ids and methods are bounded before; this is the last word
    out.append("{\"time\":\"");
    out.append(second(line.unixMs));
    const auto ms = static_cast<unsigned>(line.unixMs % 1000);
    const char fraction[5] = {'.', static_cast<char>('0' + ms / 100),
                              static_cast<char>('0' + ms / 10 % 10),
                              static_cast<char>('0' + ms % 10), 'Z'};
    out.append(fraction, sizeof fraction);
    out.append("\",\"status\":");
    appendNumber(out, static_cast<uint64_t>(line.status));
    appendField(out, ",\"site\":\"", line.site, kNameMax);
    appendField(out, ",\"route\":\"", line.route, kNameMax);
    appendField(out, ",\"method\":\"", line.method, kNameMax);
    appendField(out, ",\"target\":\"", line.target, AccessLine::kTargetMax);
    appendField(out, ",\"protocol\":\"", line.protocol, kNameMax);
    appendField(out, ",\"client\":\"", line.client, kNameMax);
    appendField(out, ",\"host\":\"", line.host, kNameMax);
    appendField(out, ",\"user_agent\":\"", line.userAgent, AccessLine::kTextMax);
    appendField(out, ",\"referer\":\"", line.referer, AccessLine::kTextMax);
    appendField(out, ",\"request_id\":\"", line.requestId, kNameMax);
    appendField(out, ",\"refusal\":\"", line.refusal, kNameMax);
    if (line.queued) {
        out.append(",\"queue_ms\":");
        appendMs(out, *line.queued);
    }
    if (line.closeCode) {
        out.append(",\"close\":");
        appendNumber(out, line.closeCode);
    }
}

void AccessLog::finish(std::string_view begun, const Sent &sent)
{
    if (!m_ring)
        return;
    m_line.assign(begun);
    m_line.append(",\"bytes\":");
    appendNumber(m_line, sent.bytes);
    m_line.append(",\"ms\":");
    appendMs(m_line, sent.took);
    if (sent.clientLeft)
        m_line.append(",\"client_left\":true");
    m_line.append("}\n");
    if (!m_ring->push(m_line))
        m_metrics.logLinesDropped.add(1);
    else if (m_ring->wantsConsumer() && m_wake)
        m_wake();
}

} // namespace arc
