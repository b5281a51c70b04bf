// SPDX-License-Identifier: Apache-2.0
#include "server/observe/log_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

/// The setting log.files goes up to here: nothing beyond can be left over from an earlier limit.
constexpr int64_t kFilesMaxMax = 1000;
constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;

size_t countLines(std::string_view text)
{
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

LogFile::LogFile(std::string path, LogLimits limits) : m_path(std::move(path)), m_limits(limits)
{
}

size_t LogFile::append(std::string_view lines)
{
    while (!lines.empty()) {
        if (!prepare()) {
            failed(errno, countLines(lines));
            return countLines(lines);
        }
        const int64_t room = m_limits.fileBytesMax - m_size;
        std::string_view part = lines;
        if (static_cast<int64_t>(part.size()) > room) {
            const size_t fits = static_cast<size_t>(std::max<int64_t>(room, 0));
            const size_t end = lines.substr(0, fits).rfind('\n');
            if (end != lines.npos)
                part = lines.substr(0, end + 1);
            else if (m_size == 0) // one line beyond the limit of a file is a file of its own
                part = lines.substr(0, std::min(lines.find('\n'), lines.size() - 1) + 1);
            else
                part = {};
        }
        const size_t kept = part.empty() ? 0 : write(part);
        lines.remove_prefix(kept);
        if (kept < part.size() || (part.empty() && !rotate())) {
            const int error = errno;
            const size_t dropped = countLines(lines);
            failed(error, dropped);
            return dropped;
        }
    }
    worked();
    return 0;
}

/// The file that lies at the path now, open. False with errno.
bool LogFile::prepare()
{
    struct stat status { };
    if (m_file && stat(m_path.c_str(), &status) == 0 && status.st_dev == m_device
        && status.st_ino == m_inode)
        return true;
    m_file.reset(); // moved or removed by somebody else
    return open();
}

bool LogFile::open()
{
    const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY;
    int fd = ::open(m_path.c_str(), flags, kFileMode);
    if (fd < 0 && errno == ENOENT) {
        const size_t slash = m_path.rfind('/');
        if (slash == m_path.npos || mkdir(m_path.substr(0, slash).c_str(), kFolderMode) != 0)
            return false;
        fd = ::open(m_path.c_str(), flags, kFileMode);
    }
    m_file.reset(fd);
    struct stat status { };
    if (!m_file || fstat(fd, &status) != 0)
        return false;
    m_device = status.st_dev;
    m_inode = status.st_ino;
    m_size = status.st_size;
    char last = '\n';
    m_tornLine = m_size > 0 && pread(fd, &last, 1, m_size - 1) == 1 && last != '\n';
    return true;
}

std::string LogFile::rotatedPath(int64_t number) const
{
    return m_path + '.' + std::to_string(number);
}

void LogFile::removeBeyondLimit() const
{
    for (int64_t i = std::max<int64_t>(m_limits.filesMax, 1); i <= kFilesMaxMax; ++i)
        unlink(rotatedPath(i).c_str());
}

/// False with errno when the file could not be moved: then nothing more is written to it.
bool LogFile::rotate()
{
    removeBeyondLimit(); // the place of the oldest, and what a smaller limit left over
    for (int64_t i = std::max<int64_t>(m_limits.filesMax, 1) - 1; i >= 1; --i)
        rename(rotatedPath(i).c_str(), rotatedPath(i + 1).c_str()); // gaps are no failure
    if (rename(m_path.c_str(), rotatedPath(1).c_str()) != 0)
        return false;
    m_file.reset();
    return open();
}

/// Bytes written; fewer than asked, with errno, when the disk fails.
size_t LogFile::writeBytes(std::string_view bytes)
{
    size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::write(m_file.get(), bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += static_cast<size_t>(n);
        m_size += n;
    }
    return done;
}

/// Bytes of whole lines that are in the file now; fewer than asked, with errno, when the disk
/// fails.
size_t LogFile::write(std::string_view lines)
{
    if (m_tornLine && writeBytes("\n") == 0)
        return 0;
    m_tornLine = false;
    const size_t done = writeBytes(lines);
    const int error = errno;
    const size_t end = lines.substr(0, done).rfind('\n');
    const size_t whole = end == lines.npos ? 0 : end + 1;
    if (whole < done) { // a line that ends early would be no JSON: take its beginning back
        const int64_t torn = static_cast<int64_t>(done - whole);
        if (ftruncate(m_file.get(), m_size - torn) == 0)
            m_size -= torn;
        else
            m_tornLine = true;
    }
    errno = error;
    return whole;
}

void LogFile::failed(int errnoValue, size_t linesDropped)
{
    if (m_failing == 0) {
        std::fprintf(stderr, "%s: cannot write the log: %s; lines are dropped until it works\n",
                     m_path.c_str(), std::strerror(errnoValue));
    }
    m_failing = errnoValue;
    m_droppedSinceFailing += linesDropped;
}

std::string LogFile::trouble() const
{
    if (m_failing == 0)
        return {};
    const bool isFull = m_failing == ENOSPC || m_failing == EDQUOT || m_failing == EFBIG;
    return m_path + ": cannot be written (" + std::strerror(m_failing) + "), "
        + std::to_string(m_droppedSinceFailing) + " lines were dropped so far; "
        + (isFull ? "free some space" : "look at its rights and at the disk");
}

void LogFile::worked()
{
    if (m_failing == 0)
        return;
    std::fprintf(stderr, "%s: the log is written again; %zu lines were dropped\n", m_path.c_str(),
                 m_droppedSinceFailing);
    m_failing = 0;
    m_droppedSinceFailing = 0;
}

} // namespace arc
