// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/log_feed.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"

namespace arc {

LogFeed::LogFeed(ControlBridge &bridge, QObject *parent) : QObject(parent), m_bridge(bridge)
{
    m_timer.setInterval(kIntervalMs);
    connect(&m_timer, &QTimer::timeout, this, &LogFeed::ask);
    connect(&m_bridge, &ControlBridge::linkChanged, this, &LogFeed::updateTimer);
}

void LogFeed::open(const QString &source, const QString &site)
{
    m_source = source;
    m_site = site;
    m_searching = m_showsSearch = false;
    m_cursor.clear();
    m_sizeBytes = 0;
    ++m_round;
    m_asking = false;
    Q_EMIT begun();
    updateTimer();
    if (m_watched) // the first lines come even while paused
        ask();
    Q_EMIT stateChanged();
}

void LogFeed::setWatched(bool watched)
{
    if (watched == m_watched)
        return;
    m_watched = watched;
    updateTimer();
    if (m_watched && !m_paused && !m_showsSearch)
        ask();
}

void LogFeed::setPaused(bool paused)
{
    m_paused = paused;
    updateTimer();
    if (!m_paused && m_watched && !m_showsSearch)
        ask();
    Q_EMIT stateChanged();
}

void LogFeed::updateTimer()
{
    const bool runs = m_watched && !m_paused && !m_showsSearch && !m_source.isEmpty()
        && m_bridge.link() != Link::Lost;
    if (!runs)
        m_timer.stop();
    else if (!m_timer.isActive())
        m_timer.start();
}

void LogFeed::ask()
{
    if (m_asking || m_source.isEmpty() || m_showsSearch)
        return;
    m_asking = true;
    m_bridge.call(&Control::logTail,
                  {.source = toStd(m_source),
                   .after = m_cursor,
                   .bytes = m_cursor.empty() ? kFirstBytes : kBatchBytes,
                   .site = toStd(m_site)},
                  this, [this, round = m_round](Result<api::LogText> answer) {
                      if (round != m_round)
                          return;
                      m_asking = false;
                      if (answer)
                          takeTail(std::move(*answer));
                      else
                          Q_EMIT failed(toQString(answer.error().message()));
                  });
}

void LogFeed::takeTail(api::LogText tail)
{
    m_cursor = std::move(tail.cursor);
    m_sizeBytes = tail.sizeBytes;
    QStringList lines = toQString(tail.text).split(QLatin1Char('\n'));
    if (!lines.isEmpty() && lines.last().isEmpty())
        lines.removeLast();
    Q_EMIT linesCame(lines, tail.skippedLines);
}

// ---- searching all files

void LogFeed::search(const QString &text, bool isRegex)
{
    m_search = {.source = toStd(m_source),
                .text = toStd(text),
                .regex = isRegex,
                .ignoreCase = true,
                .from = {},
                .limit = kFoundMax,
                .site = toStd(m_site)};
    m_found.clear();
    m_searching = m_showsSearch = true;
    m_asking = false;
    ++m_round;
    updateTimer();
    Q_EMIT begun();
    Q_EMIT stateChanged();
    askSearch();
}

void LogFeed::askSearch()
{
    m_search.limit = kFoundMax - int(m_found.size());
    m_bridge.call(&Control::logSearch, m_search, this,
                  [this, round = m_round](Result<api::LogFound> answer) {
                      if (round != m_round || !m_searching)
                          return;
                      if (answer)
                          return takeFound(std::move(*answer));
                      m_searching = false;
                      Q_EMIT failed(toQString(answer.error().message()));
                      Q_EMIT stateChanged();
                  });
}

void LogFeed::takeFound(api::LogFound step)
{
    for (const std::string &line : step.lines)
        m_found << toQString(line);
    m_search.from = std::move(step.next);
    m_sizeBytes = step.totalBytes;
    const bool done = step.done || m_found.size() >= kFoundMax;
    const double share =
        step.totalBytes > 0 ? 1.0 - double(step.leftBytes) / double(step.totalBytes) : 1.0;
    m_searching = !done;
    Q_EMIT found(m_found, share, step.done);
    if (done)
        Q_EMIT stateChanged();
    else
        askSearch();
}

void LogFeed::cancelSearch()
{
    if (!m_searching)
        return;
    m_searching = false;
    ++m_round;
    Q_EMIT stateChanged();
}

void LogFeed::endSearch()
{
    if (m_showsSearch)
        open(m_source, m_site);
}

} // namespace arc
