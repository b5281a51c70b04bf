// SPDX-License-Identifier: Apache-2.0
#include "server/observe/app_log.h"

#include "server/base/text.h"

#include <fmt/format.h>

namespace arc {

namespace {

std::string lineText(int pid, std::string_view line)
{
    const std::string who = pid ? std::to_string(pid) : "engine";
    return fmt::format("{} [{}] {}\n", formatTimestamp(unixNowMs()), who, line);
}

} // namespace

AppLog::AppLog(std::string folder, LogLimits limits)
    : m_folder(std::move(folder)), m_limits(limits), m_thread("app-log", [this] { work(); })
{
}

AppLog::~AppLog()
{
    {
        std::scoped_lock lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    m_thread.join();
}

std::string AppLog::fileName(std::string_view app)
{
    return fmt::format("app-{}.log", app);
}

void AppLog::setLimits(LogLimits limits)
{
    std::scoped_lock lock(m_mutex);
    m_limits = limits;
}

void AppLog::write(const std::string &app, int pid, std::string_view line)
{
    std::string text = lineText(pid, line);
    {
        std::scoped_lock lock(m_mutex);
        if (m_queueBytes + text.size() > kQueueBytesMax) {
            ++m_untold[app];
            ++m_dropped;
            return;
        }
        m_queueBytes += text.size();
        m_queue.push_back({app, std::move(text)});
    }
    m_wake.notify_one();
}

uint64_t AppLog::linesDropped() const
{
    std::scoped_lock lock(m_mutex);
    return m_dropped;
}

void AppLog::flush()
{
    // Who takes the queue writes it before anybody else may take the next: lines stay in order.
    std::scoped_lock files(m_filesMutex);
    std::vector<Line> lines;
    std::map<std::string, uint64_t> untold;
    LogLimits limits;
    {
        std::scoped_lock lock(m_mutex);
        lines.swap(m_queue);
        untold.swap(m_untold);
        m_queueBytes = 0;
        limits = m_limits;
    }
    std::map<std::string, std::string> batches;
    for (Line &line : lines)
        batches[line.app] += line.text;
    for (const auto &[app, count] : untold) {
        batches[app] += lineText(
            0, fmt::format("{} lines were not kept: the disk was slower than the app", count));
    }
    for (const auto &[app, batch] : batches) {
        LogFile &file =
            m_files.try_emplace(app, m_folder + '/' + fileName(app), limits).first->second;
        file.setLimits(limits);
        const size_t dropped = file.append(batch); // says itself on stderr why
        std::scoped_lock lock(m_mutex);
        m_dropped += dropped;
    }
}

void AppLog::work()
{
    for (;;) {
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock,
                        [this] { return m_stopping || !m_queue.empty() || !m_untold.empty(); });
            if (m_queue.empty() && m_untold.empty())
                return;
        }
        flush();
    }
}

} // namespace arc
