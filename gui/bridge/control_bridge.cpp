// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/control_bridge.h"

#include "gui/bridge/engine_launcher.h"
#include "gui/models/format.h"
#include "server/control/api/wire.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QThreadPool>

#include <algorithm>

namespace arc {

constexpr int kStatusEveryBeats = 5;
constexpr int kHistoryGapMs = 2500; ///< not watching for longer leaves a hole in the charts
constexpr int kRevisionsShown = 2;

ControlBridge::ControlBridge(Control &control, EngineLauncher *launcher, QObject *parent)
    : QObject(parent), m_control(control), m_launcher(launcher), m_hop(std::make_shared<Hop>(this))
{
    m_timer.setInterval(kRefreshMs);
    connect(&m_timer, &QTimer::timeout, this, &ControlBridge::beat);
}

ControlBridge::~ControlBridge()
{
    m_hop->close();
}

void ControlBridge::inspect(const QString &path, QObject *receiver,
                            std::function<void(PathFacts)> done)
{
    QThreadPool::globalInstance()->start(
        [hop = m_hop, guard = QPointer<QObject>(receiver), path, done = std::move(done)] {
            const QFileInfo info(path);
            const PathFacts facts {.exists = info.exists(),
                                   .isFolder = info.isDir(),
                                   .folder = info.isDir() ? info.absoluteFilePath()
                                                          : info.absolutePath()};
            hop->run([guard, done, facts] {
                if (guard)
                    done(facts);
            });
        });
}

void ControlBridge::readFile(const QString &path, QObject *receiver,
                             std::function<void(Result<std::string>)> done)
{
    QThreadPool::globalInstance()->start(
        [hop = m_hop, guard = QPointer<QObject>(receiver), path, done = std::move(done)] {
            Result<std::string> text = std::string();
            QFile file(path);
            if (!file.open(QIODevice::ReadOnly))
                text = Error {ErrorCode::NotFound,
                              toStd(path + QStringLiteral(": ") + file.errorString())};
            else if (file.size() > qint64(api::kRequestBytesMax))
                text = Error {ErrorCode::Full,
                              toStd(tr("%1 is longer than a configuration may be").arg(path))};
            else
                text = file.readAll().toStdString();
            hop->run([guard, done, text = std::move(text)]() mutable {
                if (guard)
                    done(std::move(text));
            });
        });
}

void ControlBridge::writeFile(const QString &path, const std::string &text, QObject *receiver,
                              std::function<void(Result<void>)> done)
{
    QThreadPool::globalInstance()->start(
        [hop = m_hop, guard = QPointer<QObject>(receiver), path, text, done = std::move(done)] {
            QSaveFile file(path); // the file that was there stays whole when the disk is full
            const auto size = qint64(text.size());
            const bool written = file.open(QIODevice::WriteOnly)
                && file.write(text.data(), size) == size && file.commit();
            Result<void> result;
            if (!written)
                result = Error {ErrorCode::Unavailable,
                                toStd(path + QStringLiteral(": ") + file.errorString())};
            hop->run([guard, done, result = std::move(result)]() mutable {
                if (guard)
                    done(std::move(result));
            });
        });
}

void ControlBridge::setWatching(bool watching)
{
    if (watching == m_timer.isActive())
        return;
    if (!watching) {
        m_timer.stop();
        return;
    }
    m_sinceAnswer.start();
    m_timer.start();
    if (m_link == Link::Live && m_sinceHistory.elapsed() > kHistoryGapMs)
        fetchHistory();
    m_beats = 0;
    beat();
}

void ControlBridge::beat()
{
    // Silence counts only while we ask: a window that was hidden for an hour has lost nothing.
    if (m_link != Link::Lost && m_sinceAnswer.elapsed() > kLostAfterMs)
        setLink(Link::Lost);
    if (m_link == Link::Live && m_beats++ % kStatusEveryBeats == 0)
        fetchStatus();
    refresh();
}

void ControlBridge::refresh()
{
    if (m_unanswered >= kUnansweredMax)
        return;
    ++m_unanswered;
    call(&Control::snapshot, {}, this,
         [this](Result<api::Snapshot> answer) { takeSnapshot(std::move(answer)); });
}

/// Apps name routes when they are ready, which is no change of the configuration.
static int64_t routesMarks(const api::Snapshot &snapshot)
{
    int64_t marks = 0;
    for (const api::PoolFigures &pool : snapshot.pools)
        marks = (marks * 31 + pool.routesMark) & 0xFFFFFFFFFF;
    return marks;
}

void ControlBridge::takeSnapshot(Result<api::Snapshot> answer)
{
    m_unanswered = std::max(0, m_unanswered - 1);
    if (!answer) {
        return takeProblem(answer.error());
    }
    if (answer->unixMs < m_snapshot.unixMs && answer->revision == m_snapshot.revision)
        return; // overtaken on the way
    const bool returned = m_link != Link::Live;
    m_snapshot = std::move(*answer);
    m_sinceAnswer.start();
    m_sinceHistory.start();
    m_problem.clear();
    m_isRefused = false;
    if (returned) {
        setLink(Link::Live);
        fetchStatus();
        fetchHistory();
        m_fetchedRevision = 0;
    }
    const int64_t marks = routesMarks(m_snapshot);
    if (!m_sitesKnown || m_snapshot.revision != m_fetchedRevision || marks != m_fetchedMarks) {
        m_fetchedMarks = marks;
        fetchConfiguration();
    }
    Q_EMIT snapshotChanged();
}

void ControlBridge::takeProblem(const Error &error)
{
    const bool wasRefused = m_isRefused;
    m_problem = toQString(error.message());
    // An engine that is silent, busy or stopping may answer again at any moment.
    m_isRefused = error.code() == ErrorCode::Conflict || error.code() == ErrorCode::Forbidden
        || error.code() == ErrorCode::Invalid;
    if (m_isRefused && m_link != Link::Lost)
        setLink(Link::Lost);
    else if (m_isRefused != wasRefused)
        Q_EMIT linkChanged();
}

void ControlBridge::fetchStatus()
{
    call(&Control::status, {}, this, [this](Result<api::Status> answer) {
        if (!answer)
            return; // the snapshot tells about the link; a status that failed is asked for again
        m_status = std::move(*answer);
        Q_EMIT statusChanged();
    });
}

void ControlBridge::fetchConfiguration()
{
    m_fetchedRevision = m_snapshot.revision;
    call(&Control::sites, {}, this, [this](Result<api::SiteViews> answer) {
        if (!answer) {
            m_fetchedRevision = 0; // the next snapshot asks again
            return;
        }
        m_sites = std::move(*answer);
        m_sitesKnown = true;
        Q_EMIT sitesChanged();
    });
    call(&Control::configHistory, {.before = 0, .limit = kRevisionsShown}, this,
         [this](Result<api::RevisionViews> answer) {
             if (!answer)
                 return;
             m_revisions = std::move(*answer);
             Q_EMIT revisionsChanged();
         });
}

void ControlBridge::fetchHistory()
{
    call(&Control::history, {.seconds = kHistorySeconds}, this,
         [this](Result<api::History> answer) {
             if (answer)
                 Q_EMIT historyLoaded(*answer);
         });
}

void ControlBridge::setLink(Link link)
{
    if (link == m_link)
        return;
    m_link = link;
    Q_EMIT linkChanged();
}

const api::SiteView *ControlBridge::site(const std::string &id) const
{
    const auto at = std::ranges::find(m_sites.sites, id, &api::SiteView::id);
    return at == m_sites.sites.end() ? nullptr : &*at;
}

const api::SiteFigures *ControlBridge::siteFigures(const std::string &id) const
{
    const auto at = std::ranges::find(m_snapshot.sites, id, &api::SiteFigures::id);
    return at == m_snapshot.sites.end() ? nullptr : &*at;
}

const api::PoolFigures *ControlBridge::pool(const std::string &app) const
{
    const auto at = std::ranges::find(m_snapshot.pools, app, &api::PoolFigures::app);
    return at == m_snapshot.pools.end() ? nullptr : &*at;
}

QString ControlBridge::engineCause() const
{
    return m_launcher ? toQString(m_launcher->lastCause()) : QString();
}

void ControlBridge::startEngine()
{
    if (!m_launcher || m_startingEngine)
        return;
    m_startingEngine = true;
    m_launcher->start([hop = m_hop, this](Result<void> answer) {
        // `this` is safe: after the destructor the hop runs nothing.
        hop->run([this, answer = std::move(answer)] {
            m_startingEngine = false;
            if (!answer)
                Q_EMIT engineStartFailed(toQString(answer.error().message()));
            refresh();
        });
    });
    Q_EMIT linkChanged();
}

} // namespace arc
