// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"
#include "server/loop/blocking_pool.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace arc {

/// Where request bodies that are too long for memory wait for a worker, and how many bytes all of
/// them may be. Any thread. The pool outlives every SpoolFile.
class Spool {
public:
    /// `folder` is made when it is first needed. `bytesMax`: buffers.spool_mib.
    Spool(BlockingPool &pool, std::string folder, int64_t bytesMax)
        : m_pool(pool), m_folder(std::move(folder)), m_bytesMax(bytesMax)
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

private:
    BlockingPool &m_pool;
    const std::string m_folder;
    std::atomic<int64_t> m_bytesMax;
    std::atomic<int64_t> m_used {0};
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
    bool read(uint64_t at, char *bytes, size_t size);
    /// Frees the disk's blocks, which takes a while for many. Blocks.
    void close() { m_file.reset(); }

private:
    const std::shared_ptr<Spool> m_spool;
    int64_t m_reserved = 0;
    FileDescriptor m_file;
};

} // namespace arc
