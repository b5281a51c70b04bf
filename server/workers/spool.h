// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"
#include "server/loop/blocking_pool.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace arc {

/// Where request bodies that are too long for memory wait for a worker, and how many bytes all of
/// them may be. Any thread. The pool outlives every SpoolFile.
class Spool {
public:
    /// So much of its disk stays free: the database and the logs may lie there, too.
    static constexpr int64_t kDiskReserveBytes = 64 * 1024 * 1024;
    static constexpr std::chrono::minutes kComplainEvery {1};
    /// One sentence for an administrator; called by any thread.
    using Complain = std::function<void(std::string)>;

    /// `folder` is made when it is first needed. `bytesMax`: buffers.spool_mib. `complain` may be
    /// null.
    Spool(BlockingPool &pool, std::string folder, int64_t bytesMax, Complain complain)
        : m_pool(pool), m_folder(std::move(folder)), m_complain(std::move(complain)),
          m_bytesMax(bytesMax)
    {
    }
    Spool(const Spool &) = delete;

    void setLimit(int64_t bytesMax) noexcept
    {
        m_bytesMax.store(bytesMax, std::memory_order_relaxed);
    }
    BlockingPool &pool() noexcept { return m_pool; }
    int64_t used() const noexcept { return m_used.load(std::memory_order_relaxed); }
    /// Space for so many bytes more; false: there is none.
    bool reserve(int64_t bytes) noexcept;
    void giveBack(int64_t bytes) noexcept { m_used.fetch_sub(bytes, std::memory_order_relaxed); }
    /// Whether there would be space now.
    bool hasRoomFor(int64_t bytes) const noexcept;
    /// A file without a name: nothing of it is left when the engine dies. Blocks.
    Result<FileDescriptor> openFile() const;
    /// That `file`, one of this spool's, can take no more without the reserve. Blocks.
    bool isDiskFull(int file) const noexcept;
    /// Tests have a disk that is nearly full.
    void setReserve(int64_t bytes) noexcept { m_reserve.store(bytes, std::memory_order_relaxed); }
    /// Has it told why bodies cannot wait here, once in a while.
    void noteTrouble(std::string_view why) noexcept;

private:
    BlockingPool &m_pool;
    const std::string m_folder;
    const Complain m_complain;
    std::atomic<int64_t> m_bytesMax;
    std::atomic<int64_t> m_reserve {kDiskReserveBytes};
    std::atomic<int64_t> m_used {0};
    std::atomic<int64_t> m_toldAt {0}; ///< of the steady clock, in its ticks; 0: never
};

/// One body's file. Written and read by one job of the pool at a time; grow() is for the loop of
/// its request. Gives its space back when it goes.
class SpoolFile {
public:
    explicit SpoolFile(std::shared_ptr<Spool> spool) : m_spool(std::move(spool)) { }
    ~SpoolFile() { m_spool->giveBack(m_reserved); }
    SpoolFile(const SpoolFile &) = delete;

    bool grow(int64_t bytes) noexcept;
    int64_t reserved() const noexcept { return m_reserved; }
    /// Whole, or false: the disk is full or broken. Blocks.
    bool write(uint64_t at, std::string_view bytes);
    /// Whole, or false: it cannot be read. Blocks.
    bool read(uint64_t at, char *bytes, size_t size);
    /// Frees the disk's blocks, which takes a while for many. Blocks.
    void close() { m_file.reset(); }

private:
    const std::shared_ptr<Spool> m_spool;
    int64_t m_reserved = 0;
    FileDescriptor m_file;
};

} // namespace arc
