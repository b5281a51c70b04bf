// SPDX-License-Identifier: Apache-2.0
#include "server/workers/spool.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr mode_t kOwnerOnly = 0700;

/// For file systems that know no O_TMPFILE.
int openAndUnlink(const std::string &folder)
{
    std::string name = folder + "/body-XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file >= 0)
        ::unlink(name.c_str());
    return file;
}

} // namespace

bool Spool::hasRoomFor(int64_t bytes) const noexcept
{
    return bytes <= m_bytesMax.load(std::memory_order_relaxed) - used();
}

bool Spool::reserve(int64_t bytes) noexcept
{
    // Only a number is shared, no data behind it: relaxed is enough.
    const int64_t before = m_used.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= m_bytesMax.load(std::memory_order_relaxed))
        return true;
    giveBack(bytes);
    return false;
}

Result<FileDescriptor> Spool::openFile() const
{
    const auto open = [this] {
        const int file = ::open(m_folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        return file < 0 && errno != ENOENT ? openAndUnlink(m_folder) : file;
    };
    int file = open();
    if (file < 0 && errno == ENOENT
        && (::mkdir(m_folder.c_str(), kOwnerOnly) == 0 || errno == EEXIST))
        file = open();
    if (file < 0)
        return Error {ErrorCode::Internal, std::strerror(errno)};
    return FileDescriptor(file);
}

bool Spool::isDiskFull(int file) const noexcept
{
    struct statvfs disk { };
    if (::fstatvfs(file, &disk) != 0)
        return false; // a write will tell
    const uint64_t left = uint64_t {disk.f_bavail} * disk.f_frsize;
    return left < static_cast<uint64_t>(m_reserve.load(std::memory_order_relaxed));
}

void Spool::noteTrouble(std::string_view why) noexcept
{
    if (!m_complain)
        return;
    using Clock = std::chrono::steady_clock;
    const int64_t now = Clock::now().time_since_epoch().count();
    int64_t before = m_toldAt.load(std::memory_order_relaxed);
    if (before && Clock::duration(now - before) < kComplainEvery)
        return;
    if (m_toldAt.compare_exchange_strong(before, now, std::memory_order_relaxed))
        m_complain("request bodies cannot wait in " + m_folder + ": " + std::string(why));
}

bool SpoolFile::grow(int64_t bytes) noexcept
{
    if (!m_spool->reserve(bytes))
        return false;
    m_reserved += bytes;
    return true;
}

bool SpoolFile::write(uint64_t at, std::string_view bytes)
{
    if (!m_file) {
        auto opened = m_spool->openFile();
        if (!opened) {
            m_spool->noteTrouble(opened.error().message());
            return false;
        }
        m_file = std::move(*opened);
    }
    if (m_spool->isDiskFull(m_file.get())) {
        m_spool->noteTrouble("its disk is nearly full");
        return false;
    }
    while (!bytes.empty()) {
        const ssize_t size =
            ::pwrite(m_file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0) {
            m_spool->noteTrouble(size < 0 ? std::strerror(errno) : "nothing is written");
            return false;
        }
        bytes.remove_prefix(static_cast<size_t>(size));
        at += static_cast<uint64_t>(size);
    }
    return true;
}

bool SpoolFile::read(uint64_t at, char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t got = ::pread(m_file.get(), bytes, size, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            m_spool->noteTrouble(got < 0 ? std::strerror(errno) : "a file has lost bytes");
            return false;
        }
        bytes += got;
        at += static_cast<uint64_t>(got);
        size -= static_cast<size_t>(got);
    }
    return true;
}

} // namespace arc
