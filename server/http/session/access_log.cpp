// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/access_log.h"

#include "server/base/pen.h"
#include "server/base/text.h"
#include "server/http/syntax/scan.h"

#include <algorithm>
#include <cstring>

namespace arc {

namespace {

/// Hosts, ids and methods are bounded before; this is the last word.
constexpr size_t kNameMax = 256;
constexpr size_t kNames = 8;
/// Names of fields, punctuation, and numbers.
constexpr size_t kFixedMax = 1024;
constexpr size_t kLineMax = kFixedMax
    + kJsonByteMax * (AccessLine::kTargetMax + 2 * AccessLine::kTextMax + kNames * kNameMax);

template <size_t N>
void field(Pen &pen, const char (&quotedName)[N], std::string_view value,
           size_t most = kNameMax) noexcept
{
    if (value.empty())
        return;
    pen.literal(quotedName);
    pen.moveTo(writeJsonText(pen.at(), value.substr(0, most)));
    pen.literal("\"");
}

/// Of text that has only passed when all of it may stand in JSON.
template <size_t N>
void plainField(Pen &pen, const char (&quotedName)[N], std::string_view value) noexcept
{
    if (value.empty())
        return;
    pen.literal(quotedName);
    pen.text(value.substr(0, kNameMax));
    pen.literal("\"");
}

/// With three decimals.
void milliseconds(Pen &pen, std::chrono::nanoseconds duration) noexcept
{
    const auto us = static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0)) / 1000;
    pen.number(us / 1000);
    pen.literal(".");
    pen.threeDigits(static_cast<unsigned>(us % 1000));
}

char *escape(char *to, std::string_view text) noexcept
{
    static constexpr char kHex[] = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (isPlainByte(c)) {
            *to++ = c;
        } else if (c == '"' || c == '\\') {
            *to++ = '\\';
            *to++ = c;
        } else {
            const char escaped[kJsonByteMax] = {'\\',           'u', '0', '0', kHex[byte >> 4],
                                                kHex[byte & 15]};
            std::memcpy(to, escaped, sizeof escaped);
            to += sizeof escaped;
        }
    }
    return to;
}

} // namespace

char *writeJsonText(char *to, std::string_view text) noexcept
{
    if (kScanner.copyPlain(to, text.data(), text.size()))
        return to + text.size();
    return escape(to, text);
}

AccessLog::AccessLog(LogRing *ring, LoopMetrics &metrics, std::function<void()> wake)
    : m_ring(ring), m_metrics(metrics), m_wake(std::move(wake)),
      m_line(std::make_unique_for_overwrite<char[]>(kLineMax))
{
}

void AccessLog::printSecond(int64_t unixMs)
{
    if (const int64_t now = unixMs / 1000; now != m_second) {
        m_second = now;
        formatTimestamp(now * 1000).copy(m_secondText.data(), m_secondText.size());
    }
}

void AccessLog::begin(std::string &out, const AccessLine &line)
{
    printSecond(line.unixMs);
    Pen pen(m_line.get());
    pen.literal("{\"time\":\"");
    pen.text({m_secondText.data(), m_secondText.size()});
    pen.literal(".");
    pen.threeDigits(static_cast<unsigned>(line.unixMs % 1000));
    pen.literal("Z\",\"status\":");
    pen.number(static_cast<uint64_t>(line.status));
    field(pen, ",\"site\":\"", line.site);
    field(pen, ",\"route\":\"", line.route);
    field(pen, ",\"method\":\"", line.method);
    field(pen, ",\"target\":\"", line.target, AccessLine::kTargetMax);
    plainField(pen, ",\"protocol\":\"", line.protocol);
    field(pen, ",\"client\":\"", line.client);
    field(pen, ",\"host\":\"", line.host);
    field(pen, ",\"user_agent\":\"", line.userAgent, AccessLine::kTextMax);
    field(pen, ",\"referer\":\"", line.referer, AccessLine::kTextMax);
    plainField(pen, ",\"request_id\":\"", line.requestId);
    field(pen, ",\"refusal\":\"", line.refusal);
    if (line.queued) {
        pen.literal(",\"queue_ms\":");
        milliseconds(pen, *line.queued);
    }
    if (line.closeCode) {
        pen.literal(",\"close\":");
        pen.number(line.closeCode);
    }
    out.append(pen.written());
}

void AccessLog::finish(std::string_view begun, const Sent &sent)
{
    if (!m_ring)
        return;
    char tail[128];
    Pen pen(tail);
    pen.literal(",\"bytes\":");
    pen.number(sent.bytes);
    pen.literal(",\"ms\":");
    milliseconds(pen, sent.took);
    if (sent.clientLeft)
        pen.literal(",\"client_left\":true");
    pen.literal("}\n");
    if (!m_ring->push(begun, pen.written()))
        m_metrics.logLinesDropped.add(1);
    else if (m_ring->wantsConsumer() && m_wake)
        m_wake();
}

} // namespace arc
