// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/loop/event_loop.h"
#include "server/workers/spool.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace arc {

/// What has arrived of a request body and is not sent to a worker yet, first in, first out: some of
/// it in memory, and from there on, where there is a spool, in a file. Confined to its loop; only
/// jobs of the pool touch the disk, one at a time.
///
/// In memory are at most the bytes that begin() allows and, of a body in a file, about kPieceBytes
/// on the way to the disk or from it and as many behind them, if the owner heeds isFull().
class HeldBody {
public:
    static constexpr size_t kPieceBytes = 128 * 1024;

    class Owner {
    public:
        /// A job has ended: there may be room, or bytes, or a failure. Never called from inside a
        /// call of the owner.
        virtual void onHeldBody() noexcept = 0;

    protected:
        ~Owner() = default;
    };

    /// To the next try, when too much waits for the pool.
    static constexpr std::chrono::milliseconds kRetryTime {20};

    HeldBody(EventLoop &loop, Owner &owner)
        : m_loop(loop), m_owner(owner), m_again(&HeldBody::runAgain, this)
    {
    }
    ~HeldBody() { clear(); }
    HeldBody(const HeldBody &) = delete;

    /// `spool` null: everything stays in memory, and the owner sees to it that it is little.
    void begin(std::shared_ptr<Spool> spool, uint64_t memoryBytesMax) noexcept;
    void append(std::string_view bytes);
    /// Nothing more goes to the file: the spool is full, or the disk.
    bool isSpoolFull() const noexcept { return m_spoolFull; }
    /// The disk has to take what there is before more is appended.
    bool isFull() const noexcept { return m_job && m_tail.size() >= kPieceBytes; }
    /// What was in the file cannot be read any more.
    bool isBroken() const noexcept { return m_broken; }

    uint64_t size() const noexcept;
    bool isEmpty() const noexcept { return size() == 0; }
    /// In memory, on its way to or from the disk included.
    uint64_t memoryBytes() const noexcept;
    /// The first bytes, at most so many; none while size() says that there are some: the disk is
    /// asked for them.
    std::string_view front(size_t bytesMax);
    void consume(size_t bytes);
    void clear() noexcept;

private:
    /// Outlives the body if need be, and then nobody hears of it.
    struct Job {
        HeldBody *body = nullptr;
        std::string bytes;
        bool isWrite = false;
        bool done = false;
    };
    void writeOn();
    void readOn();
    void run();
    static void runAgain(void *self) noexcept;
    void ended(Job &job);
    void dropFile() noexcept;
    uint64_t inFile() const noexcept { return m_fileTo - m_fileFrom; }

    EventLoop &m_loop;
    Owner &m_owner;
    std::shared_ptr<Spool> m_spool;
    uint64_t m_memoryBytesMax = 0;
    std::string m_head; ///< the first bytes; those before m_headAt are consumed
    size_t m_headAt = 0;
    std::shared_ptr<SpoolFile> m_file;
    uint64_t m_fileFrom = 0; ///< the next bytes lie in the file from here
    uint64_t m_fileTo = 0;   ///< to here
    std::string m_tail;      ///< the last bytes, behind what a job is writing
    std::shared_ptr<Job> m_job;
    bool m_spoolFull = false;
    bool m_broken = false;
    Timer m_again;
};

} // namespace arc
