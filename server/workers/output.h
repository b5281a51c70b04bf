// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace arc {

/// The last lines an app wrote, bounded in bytes; the oldest go first. Control loop.
class OutputRing {
public:
    explicit OutputRing(size_t bytesMax) : m_bytesMax(bytesMax) { }
    /// Hears every line as well; it outlives this ring.
    void tellAlso(std::function<void(int pid, std::string_view line)> also)
    {
        m_also = std::move(also);
    }
    void setBytesMax(size_t bytesMax);
    /// pid 0: the engine speaks.
    void add(int pid, std::string_view line);
    /// The newest lines that fit, oldest first, "[pid] line\n" each.
    std::string tail(size_t bytesMax) const;

private:
    void shrink();
    size_t m_bytesMax;
    size_t m_bytes = 0;
    std::deque<std::string> m_lines;
    std::function<void(int, std::string_view)> m_also;
};

/// Reads a child's output pipe as it comes, at most kBytesPerTurn in one turn of the loop. Confined
/// to it.
class OutputReader {
public:
    static constexpr size_t kBytesPerTurn = 256 * 1024;
    /// bytes is valid during the call.
    OutputReader(EventLoop &loop, FileDescriptor pipe, std::function<void(std::string_view)> read);
    ~OutputReader();
    OutputReader(const OutputReader &) = delete;

    /// Takes what is in the pipe now; a child that has ended leaves nothing behind it.
    void drain() noexcept;

private:
    static void ready(void *context, Readiness) noexcept;
    bool readSome(size_t bytesMax) noexcept;
    void readTurn() noexcept;

    EventLoop &m_loop;
    FileDescriptor m_pipe;
    std::function<void(std::string_view)> m_read;
    std::shared_ptr<OutputReader *> m_self; // posted turns find out that it is gone
    IoEvent m_event;
};

/// Cuts bytes into lines; a line above kLineMax is cut there, invalid bytes stay.
class LineCutter {
public:
    static constexpr size_t kLineMax = 8 * 1024;
    template <class F>
    void feed(std::string_view bytes, F &&line)
    {
        for (const char c : bytes) {
            if (c == '\n' || m_partial.size() == kLineMax)
                flush(line);
            if (c != '\n')
                m_partial.push_back(c);
        }
    }
    /// What came without a newline.
    template <class F>
    void end(F &&line)
    {
        if (!m_partial.empty())
            flush(line);
    }

private:
    template <class F>
    void flush(F &line)
    {
        if (m_partial.ends_with('\r'))
            m_partial.pop_back();
        line(std::string_view(m_partial));
        m_partial.clear();
    }
    std::string m_partial;
};

} // namespace arc
