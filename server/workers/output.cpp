// SPDX-License-Identifier: Apache-2.0
#include "server/workers/output.h"

#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

namespace arc {

void OutputRing::setBytesMax(size_t bytesMax)
{
    m_bytesMax = bytesMax;
    shrink();
}

void OutputRing::add(int pid, std::string_view line)
{
    if (m_also)
        m_also(pid, line);
    m_lines.push_back(pid ? fmt::format("[{}] {}\n", pid, line)
                          : fmt::format("[engine] {}\n", line));
    m_bytes += m_lines.back().size();
    shrink();
}

void OutputRing::shrink()
{
    while (m_bytes > m_bytesMax && !m_lines.empty()) {
        m_bytes -= m_lines.front().size();
        m_lines.pop_front();
    }
}

std::string OutputRing::tail(size_t bytesMax) const
{
    auto first = m_lines.end();
    size_t bytes = 0;
    while (first != m_lines.begin() && bytes + std::prev(first)->size() <= bytesMax)
        bytes += (--first)->size();
    std::string text;
    text.reserve(bytes);
    for (; first != m_lines.end(); ++first)
        text += *first;
    return text;
}

OutputReader::OutputReader(EventLoop &loop, FileDescriptor pipe,
                           std::function<void(std::string_view)> read)
    : m_loop(loop), m_pipe(std::move(pipe)), m_read(std::move(read)),
      m_self(std::make_shared<OutputReader *>(this))
{
    m_event.watchInput(m_loop, m_pipe.get(), &OutputReader::ready, this);
}

OutputReader::~OutputReader()
{
    *m_self = nullptr;
}

void OutputReader::ready(void *context, Readiness) noexcept
{
    static_cast<OutputReader *>(context)->readTurn();
}

void OutputReader::readTurn() noexcept
{
    if (!readSome(kBytesPerTurn))
        return;
    m_loop.post([self = m_self] { // the edge is used up, so the rest needs an own turn
        if (*self)
            (*self)->readTurn();
    });
}

void OutputReader::drain() noexcept
{
    constexpr size_t kPipeBytesMax = 1024 * 1024; // of /proc/sys/fs/pipe-max-size
    (void)readSome(kPipeBytesMax);
}

/// True when the limit ended it.
bool OutputReader::readSome(size_t bytesMax) noexcept
{
    char buffer[16 * 1024];
    for (size_t total = 0; total < bytesMax && m_pipe;) {
        const ssize_t size = ::read(m_pipe.get(), buffer, sizeof buffer);
        if (size > 0) {
            total += static_cast<size_t>(size);
            m_read({buffer, static_cast<size_t>(size)});
            continue;
        }
        if (size < 0 && errno == EINTR)
            continue;
        if (size == 0 || errno != EAGAIN) {
            m_event.stop();
            m_pipe.reset();
        }
        return false;
    }
    return static_cast<bool>(m_pipe);
}

} // namespace arc
