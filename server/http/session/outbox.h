// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/router.h"
#include "server/http/session/access_log.h"
#include "server/http/session/output_queue.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace arc {

/// A snapshot with the number of users it has on this loop: a plain count, so that no request
/// touches an atomic.
struct SnapshotPin {
    std::shared_ptr<const HttpSnapshot> snapshot;
    uint32_t uses = 0;
};

/// Holds a SnapshotPin. Confined to the loop.
class PinnedSnapshot {
public:
    PinnedSnapshot() = default;
    explicit PinnedSnapshot(SnapshotPin &pin) noexcept : m_pin(&pin) { ++pin.uses; }
    PinnedSnapshot(PinnedSnapshot &&other) noexcept : m_pin(std::exchange(other.m_pin, nullptr)) { }
    PinnedSnapshot &operator=(PinnedSnapshot &&other) noexcept
    {
        std::swap(m_pin, other.m_pin);
        return *this;
    }
    ~PinnedSnapshot() { release(); }

    void release() noexcept
    {
        if (m_pin)
            --m_pin->uses; // the loop looks for unused ones at the end of a turn in which it
                           // published
        m_pin = nullptr;
    }
    const HttpSnapshot *operator->() const noexcept { return m_pin->snapshot.get(); }

private:
    SnapshotPin *m_pin = nullptr;
};

/// Raises a site's inFlight for as long as it lives.
class InFlight {
public:
    InFlight() = default;
    explicit InFlight(SiteMetrics &metrics) noexcept : m_metrics(&metrics)
    {
        metrics.inFlight.add(1);
    }
    InFlight(InFlight &&other) noexcept : m_metrics(std::exchange(other.m_metrics, nullptr)) { }
    InFlight &operator=(InFlight &&other) noexcept
    {
        std::swap(m_metrics, other.m_metrics);
        return *this;
    }
    ~InFlight()
    {
        if (m_metrics)
            m_metrics->inFlight.add(-1);
    }
    SiteMetrics *metrics() const noexcept { return m_metrics; }

private:
    SiteMetrics *m_metrics = nullptr;
};

/// An answer that is complete for its handler, but whose last byte may still wait here. Closing the
/// record is where it is counted and logged, exactly once.
struct AnswerRecord {
    uint64_t end = 0; ///< of the queue's total
    uint64_t bytes = 0;
    int status = 0;
    bool cut = false;        ///< the answer could not be completed: our fault
    bool clientLeft = false; ///< the client did not want the whole of it
    bool wasTunnel = false;  ///< how long it lived says nothing about response times
    SteadyTime startedAt {};
    PinnedSnapshot snapshot; ///< keeps the site's cells
    InFlight inFlight;       ///< without metrics: no site claimed the request
    size_t logAt = 0;
    size_t logSize = 0; ///< 0: not logged
};

/// All that waits to leave through one connection: bytes, and the records that are closed as they
/// leave. Pooled by the loop; a connection has one only while it has something to say.
class Outbox {
public:
    OutputQueue queue;

    std::string &logText() noexcept { return m_log; }
    void add(AnswerRecord record) { m_records.push_back(std::move(record)); }
    bool isIdle() const noexcept { return !queue.pending() && m_records.empty(); }
    bool hasRecords() const noexcept { return !m_records.empty(); }
    /// Closes the records whose bytes have left.
    void closeSent(AccessLog &log) noexcept;
    /// The client is gone: closes all records.
    void closeLost(AccessLog &log, SteadyTime now) noexcept;

private:
    void close(AnswerRecord &record, AccessLog &log, const AccessLog::Sent &sent) noexcept;

    std::vector<AnswerRecord> m_records;
    std::string m_log; // begun lines of the records
};

} // namespace arc
