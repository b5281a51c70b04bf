// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/worker_end_types.h"
#include "server/loop/blocking_pool.h"
#include "server/loop/timer_wheel.h"
#include "server/workers/worker_end.h"

#include <deque>
#include <memory>
#include <string>

namespace arc {

/// The death certificates of all workers, in memory and in one file beside the database. Confined
/// to the control loop.
///
/// The file is written whole, on the blocking pool, kSaveAfter after an end; what came in between
/// goes with it. A file that cannot be read or written is said and lived with: serving does not
/// depend on it.
class EndRecords {
public:
    /// The oldest planned end goes first, then the oldest of all.
    static constexpr size_t kRecordsMax = 200;
    static constexpr std::chrono::milliseconds kSaveAfter {500};
    /// Of what is read back at the start; larger is no file of ours.
    static constexpr int64_t kFileBytesMax = 64 * 1024 * 1024;

    struct Parts {
        EventLoop &control;
        BlockingPool &blocking;
        std::string path;
        std::function<void(const std::string &)> log;
    };
    /// Reads what an engine before this one left; blocks for the disk, so at the start only.
    explicit EndRecords(Parts parts);
    EndRecords(const EndRecords &) = delete;
    /// Writes what is not written yet. The blocking pool must be gone: its last job may be older.
    ~EndRecords();

    void add(WorkerEnd end);
    /// Newest first.
    api::WorkerEnds list(const api::WorkerEndQuery &what) const;
    /// Null: it is not known, or no longer.
    const api::WorkerEnd *find(uint64_t id) const noexcept;

private:
    void read();
    api::WorkerEnds all() const;
    static void saveDue(void *context) noexcept;
    void save();
    void saved(const std::string &problem);

    Parts m_parts;
    std::deque<api::WorkerEnd> m_ends; // oldest first
    uint64_t m_lastId = 0;
    bool m_isSaving = false;
    bool m_isDirty = false;
    bool m_failing = false;
    std::shared_ptr<EndRecords *> m_self; // answers of the blocking pool find out that it is gone
    Timer m_saveDue;
};

} // namespace arc
