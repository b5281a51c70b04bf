// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/log_types.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

namespace arc {

class ControlBridge;

/// Where the lines of a log come from: the newest ones followed at most four times a second, or a
/// search through all of its files. GUI thread. No timer runs while it is not watched, paused, or
/// searching.
class LogFeed : public QObject {
    Q_OBJECT
public:
    static constexpr int kIntervalMs = 250;
    static constexpr int kFirstBytes = 256 * 1024;
    static constexpr int kBatchBytes = 256 * 1024;
    static constexpr int kFoundMax = 1000; ///< lines of a search

    explicit LogFeed(ControlBridge &bridge, QObject *parent = nullptr);

    /// Begins anew with another log; `site`: of the access log, only its lines.
    void open(const QString &source, const QString &site);
    void setWatched(bool watched);
    void setPaused(bool paused);
    bool isPaused() const { return m_paused; }
    bool isActive() const { return m_timer.isActive(); }
    const QString &source() const { return m_source; }
    const QString &site() const { return m_site; }
    int64_t sizeBytes() const { return m_sizeBytes; }

    void search(const QString &text, bool isRegex);
    void cancelSearch(); ///< what was found stays
    void endSearch();    ///< back to the newest lines
    bool isSearching() const { return m_searching; }
    bool showsSearch() const { return m_showsSearch; }

Q_SIGNALS:
    void begun(); ///< what was shown belongs to something else
    /// `skipped`: lines that came between and are not shown; negative: some, not counted.
    void linesCame(const QStringList &lines, qint64 skipped);
    void found(const QStringList &newestFirst, double share, bool done);
    void failed(const QString &why);
    void stateChanged();

private:
    void ask();
    void askSearch();
    void updateTimer();
    void takeTail(api::LogText tail);
    void takeFound(api::LogFound step);

    ControlBridge &m_bridge;
    QTimer m_timer;
    QString m_source;
    QString m_site;
    std::string m_cursor;
    api::LogSearch m_search;
    QStringList m_found;
    int64_t m_sizeBytes = 0;
    int m_round = 0; ///< answers of an earlier one are not ours
    bool m_asking = false;
    bool m_watched = false;
    bool m_paused = false;
    bool m_searching = false;
    bool m_showsSearch = false;
};

} // namespace arc
