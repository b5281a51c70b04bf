// SPDX-License-Identifier: Apache-2.0
#include "server/observe/engine_log.h"

#include "server/base/text.h"

#include <algorithm>
#include <chrono>

#include <poll.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr const char *kPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
/// How long a terminal or a pipe may make us wait before a line is left out there.
constexpr int kStderrWaitMs = 50;

spdlog::level::level_enum spdlogLevel(LogLevel level) noexcept
{
    switch (level) {
    case LogLevel::Debug:
        return spdlog::level::debug;
    case LogLevel::Info:
        return spdlog::level::info;
    case LogLevel::Warning:
        return spdlog::level::warn;
    case LogLevel::Error:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string asOneLine(std::string_view message)
{
    std::string line;
    for (const char c : message.substr(0, EngineLog::kMessageBytesMax)) {
        if (c == '\n')
            line += ' ';
        else
            line += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) && c != '\t' ? '?' : c;
    }
    if (message.size() > EngineLog::kMessageBytesMax)
        line += "…";
    return line;
}

/// Standard error may be a pipe that nobody reads: it must not hold up the file, nor the end.
class StderrSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
protected:
    void sink_it_(const spdlog::details::log_msg &message) override
    {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        pollfd wait {.fd = STDERR_FILENO, .events = POLLOUT};
        const bool ready = poll(&wait, 1, m_stuck ? 0 : kStderrWaitMs) == 1;
        m_stuck = !ready || !(wait.revents & POLLOUT);
        if (m_stuck)
            return;
        [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
    }
    void flush_() override { }

private:
    bool m_stuck = false; // the last line was left out: the next does not wait
};

class FileSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    FileSink(std::string path, LogLimits limits) : m_file(std::move(path), limits) { }
    void setLimits(LogLimits limits) { m_file.setLimits(limits); }

protected:
    void sink_it_(const spdlog::details::log_msg &message) override
    {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        m_file.append({line.data(), line.size()}); // says itself on stderr what it drops
    }
    void flush_() override { }

private:
    LogFile m_file;
};

} // namespace

/// Used by the log's own thread only.
class EngineLog::Output {
public:
    Output(const std::string &path, bool toStderr)
        : m_logger("engine"), m_file(std::make_shared<FileSink>(path, LogLimits {}))
    {
        m_logger.set_level(spdlog::level::trace); // write() has chosen already
        add(m_file);
        if (toStderr)
            add(std::make_shared<StderrSink>());
    }
    void setLimits(LogLimits limits) { m_file->setLimits(limits); }
    void write(const EngineLogLine &line)
    {
        const spdlog::log_clock::time_point time {std::chrono::milliseconds(line.unixMs)};
        m_logger.log(time, spdlog::source_loc {}, spdlogLevel(line.level), line.message);
    }

private:
    void add(std::shared_ptr<spdlog::sinks::sink> sink)
    {
        sink->set_formatter(
            std::make_unique<spdlog::pattern_formatter>(kPattern, spdlog::pattern_time_type::utc));
        m_logger.sinks().push_back(std::move(sink));
    }

    spdlog::logger m_logger;
    const std::shared_ptr<FileSink> m_file;
};

EngineLog::EngineLog(const std::string &folder, bool toStderr, LogLevel level)
    : m_path(folder + "/engine.log"), m_toStderr(toStderr), m_level(level),
      m_thread("engine-log", [this] { work(); })
{
}

EngineLog::~EngineLog()
{
    {
        std::scoped_lock lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    m_thread.join();
}

void EngineLog::setLimits(LogLimits limits)
{
    std::scoped_lock lock(m_mutex);
    m_limits = limits;
}

void EngineLog::setLevel(LogLevel level)
{
    std::scoped_lock lock(m_mutex);
    m_level = level;
}

LogLevel EngineLog::level() const
{
    std::scoped_lock lock(m_mutex);
    return m_level;
}

void EngineLog::write(LogLevel level, std::string_view message)
{
    EngineLogLine line {unixNowMs(), level, asOneLine(message)};
    {
        std::scoped_lock lock(m_mutex);
        if (level < m_level)
            return;
        m_last.push_back(line);
        if (m_last.size() > kLastLinesMax)
            m_last.pop_front();
        if (m_queue.size() < kQueueMax)
            m_queue.push_back(std::move(line));
        else
            ++m_dropped;
    }
    m_wake.notify_one();
}

std::vector<EngineLogLine> EngineLog::lastLines(size_t countMax) const
{
    std::scoped_lock lock(m_mutex);
    const size_t count = std::min(countMax, m_last.size());
    return {m_last.end() - static_cast<std::ptrdiff_t>(count), m_last.end()};
}

uint64_t EngineLog::linesDropped() const
{
    std::scoped_lock lock(m_mutex);
    return m_dropped;
}

void EngineLog::work()
{
    Output output(m_path, m_toStderr);
    uint64_t droppedTold = 0;
    std::vector<EngineLogLine> lines;
    for (;;) {
        uint64_t dropped = 0;
        LogLimits limits;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [this] { return m_stopping || !m_queue.empty(); });
            if (m_queue.empty())
                return;
            lines.clear();
            lines.swap(m_queue);
            dropped = m_dropped;
            limits = m_limits;
        }
        output.setLimits(limits);
        for (const EngineLogLine &line : lines)
            output.write(line);
        if (dropped > droppedTold) {
            output.write(
                {unixNowMs(), LogLevel::Warning,
                 std::to_string(dropped - droppedTold) + " lines of this log were dropped"});
            droppedTold = dropped;
        }
    }
}

} // namespace arc
