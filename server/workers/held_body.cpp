// SPDX-License-Identifier: Apache-2.0
#include "server/workers/held_body.h"

#include "server/base/assert.h"
#include "server/base/text.h"

#include <algorithm>

namespace arc {

void HeldBody::begin(std::shared_ptr<Spool> spool, uint64_t memoryBytesMax) noexcept
{
    ARC_DEBUG_ASSERT(isEmpty());
    m_spool = std::move(spool);
    m_memoryBytesMax = memoryBytesMax;
}

uint64_t HeldBody::size() const noexcept
{
    const uint64_t writing = m_job && m_job->isWrite ? m_job->bytes.size() : 0;
    return m_head.size() - m_headAt + inFile() + writing + m_tail.size();
}

uint64_t HeldBody::memoryBytes() const noexcept
{
    return m_head.capacity() + m_tail.capacity() + (m_job ? m_job->bytes.capacity() : 0);
}

void HeldBody::append(std::string_view bytes)
{
    const bool isBehindFile = inFile() || m_job || !m_tail.empty();
    const bool goesToFile =
        m_spool && !m_spoolFull && m_head.size() - m_headAt + bytes.size() > m_memoryBytesMax;
    if (!isBehindFile && !goesToFile) {
        m_head.append(bytes);
        return;
    }
    m_tail.append(bytes);
    writeOn();
}

void HeldBody::writeOn()
{
    if (m_job || m_spoolFull || !m_spool || m_tail.size() < kPieceBytes)
        return;
    if (!m_file)
        m_file = std::make_shared<SpoolFile>(m_spool);
    if (!m_file->grow(static_cast<int64_t>(m_tail.size()))) {
        m_spoolFull = true;
        return;
    }
    m_loop.metrics().spoolBytes.add(static_cast<int64_t>(m_tail.size()));
    m_job = std::make_shared<Job>(Job {.body = this, .isWrite = true});
    m_job->bytes.swap(m_tail);
    run();
}

void HeldBody::readOn()
{
    if (m_job)
        return;
    m_job = std::make_shared<Job>(Job {.body = this});
    m_job->bytes.resize(std::min<uint64_t>(inFile(), kPieceBytes));
    run();
}

void HeldBody::run()
{
    const uint64_t at = m_job->isWrite ? m_fileTo : m_fileFrom;
    auto work = [job = m_job, file = m_file, at]() -> std::function<void()> {
        std::string &bytes = job->bytes;
        job->done =
            job->isWrite ? file->write(at, bytes) : file->read(at, bytes.data(), bytes.size());
        return [job] {
            if (job->body)
                job->body->ended(*job);
        };
    };
    if (!m_spool->pool().submit(m_loop, std::move(work)))
        m_again.arm(m_loop.timers(), kRetryTime);
}

void HeldBody::runAgain(void *self) noexcept
{
    static_cast<HeldBody *>(self)->run();
}

void HeldBody::ended(Job &job)
{
    const std::shared_ptr<Job> own = std::exchange(m_job, nullptr);
    if (job.isWrite && job.done) {
        m_fileTo += job.bytes.size();
        writeOn();
    } else if (job.isWrite) {
        m_spoolFull = true;
        m_tail.insert(0, job.bytes);
    } else if (job.done) {
        m_fileFrom += job.bytes.size();
        m_head = std::move(job.bytes);
        m_headAt = 0;
    } else {
        m_broken = true;
    }
    m_owner.onHeldBody();
}

std::string_view HeldBody::front(size_t bytesMax)
{
    if (m_headAt == m_head.size()) {
        if (inFile()) {
            readOn();
            return {};
        }
        if (m_job) // what comes next is on its way to the disk
            return {};
        m_head.swap(m_tail);
        m_tail.clear();
        m_headAt = 0;
    }
    return std::string_view(m_head).substr(m_headAt, bytesMax);
}

void HeldBody::consume(size_t bytes)
{
    m_headAt += bytes;
    ARC_DEBUG_ASSERT(m_headAt <= m_head.size());
    if (m_headAt < m_head.size())
        return;
    if (m_head.capacity() > kPieceBytes / 2)
        freeMemory(m_head);
    m_head.clear();
    m_headAt = 0;
    if (!inFile() && !m_job)
        dropFile();
}

/// Closing frees what may be a million blocks: work for the pool.
void HeldBody::dropFile() noexcept
{
    if (!m_file)
        return;
    m_loop.metrics().spoolBytes.add(-m_file->reserved());
    m_fileFrom = m_fileTo = 0;
    const std::shared_ptr<SpoolFile> file = std::move(m_file);
    if (m_job) // its thread lets go of the file last, unless it has just ended
        return;
    (void)m_spool->pool().submit(m_loop, [file]() -> std::function<void()> {
        file->close();
        return {};
    });
}

void HeldBody::clear() noexcept
{
    m_again.disarm();
    if (m_job)
        m_job->body = nullptr;
    dropFile();
    m_job.reset();
    freeMemory(m_head);
    freeMemory(m_tail);
    m_headAt = 0;
    m_spool.reset();
    m_spoolFull = m_broken = false;
}

} // namespace arc
