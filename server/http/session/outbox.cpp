// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/outbox.h"

#include <algorithm>

namespace arc {

void Outbox::closeSent(AccessLog &log) noexcept
{
    if (m_records.empty() || m_records.front().end > queue.sentTotal())
        return;
    // The loop's clock stands still during a turn, and most answers are made and sent within one.
    const SteadyTime now = std::chrono::steady_clock::now();
    size_t closed = 0;
    for (; closed < m_records.size() && m_records[closed].end <= queue.sentTotal(); ++closed) {
        AnswerRecord &record = m_records[closed];
        close(record, log,
              {.bytes = record.bytes,
               .took = now - record.startedAt,
               .clientLeft = record.clientLeft});
    }
    if (closed == m_records.size()) {
        m_records.clear();
        m_log.clear();
    } else {
        m_records.erase(m_records.begin(), m_records.begin() + static_cast<ptrdiff_t>(closed));
    }
}

void Outbox::closeLost(AccessLog &log, SteadyTime now) noexcept
{
    for (AnswerRecord &record : m_records) {
        const uint64_t begin = record.end - record.bytes;
        const uint64_t sent = queue.sentTotal() > begin ? queue.sentTotal() - begin : 0;
        close(record, log,
              {.bytes = std::min(sent, record.bytes),
               .took = now - record.startedAt,
               .clientLeft = !record.cut});
    }
    m_records.clear();
    m_log.clear();
}

void Outbox::close(AnswerRecord &record, AccessLog &log, const AccessLog::Sent &sent) noexcept
{
    if (SiteMetrics *metrics = record.inFlight.metrics()) {
        metrics->bytesSent.add(static_cast<int64_t>(sent.bytes));
        if (sent.clientLeft) {
            metrics->clientsLeft.add(1);
        } else {
            metrics->requests.add(1);
            if (record.status >= 500 || record.cut)
                metrics->errors.add(1);
            else if (record.status >= 400)
                metrics->clientErrors.add(1);
            if (!record.wasTunnel)
                metrics->responseTime.record(sent.took);
        }
    }
    if (record.logSize)
        log.finish(std::string_view(m_log).substr(record.logAt, record.logSize), sent);
}

} // namespace arc
