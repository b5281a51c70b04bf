// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/logs_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/log_feed.h"
#include "gui/pages/log_view.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableView>

#include <algorithm>

namespace arc {

constexpr int kSourcesEveryBeats = 5; ///< sizes of files do not need the heartbeat
constexpr int kSourceRole = Qt::UserRole;

static LogKind kindOf(const QString &source)
{
    if (source == QLatin1String("access"))
        return LogKind::Access;
    return source == QLatin1String("engine") ? LogKind::Engine : LogKind::App;
}

LogsPage::LogsPage(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_feed(new LogFeed(context.bridge(), this)),
      m_view(new LogView(this))
{
    QWidget *side = makeSide();
    QWidget *bar = makeBar();
    QWidget *foot = makeFoot();
    auto *right = new QVBoxLayout;
    right->setContentsMargins(16, 12, 16, 10);
    right->setSpacing(10);
    right->addWidget(bar);
    right->addWidget(m_view, 1);
    right->addWidget(foot);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(side);
    row->addLayout(right, 1);
    connectFeed();
    m_view->table()->installEventFilter(this);
    ControlBridge &bridge = context.bridge();
    connect(&bridge, &ControlBridge::snapshotChanged, this, [this] {
        if (isVisible() && m_beats++ % kSourcesEveryBeats == 0)
            fetchSources();
    });
    connect(&bridge, &ControlBridge::linkChanged, this, &LogsPage::showState);
    openSource(QStringLiteral("engine"), {});
}

void LogsPage::connectFeed()
{
    connect(m_feed, &LogFeed::begun, this, [this] {
        m_problem.clear();
        m_share = 0;
        m_wholeLog = false;
        m_view->begin(kindOf(m_feed->source()));
        showEmptyText();
    });
    connect(m_feed, &LogFeed::linesCame, this, [this](const QStringList &lines, qint64 skipped) {
        m_problem.clear();
        m_view->append(lines, skipped);
        showEmptyText(); // lines that the filter keeps out are not no lines
        showState();
    });
    connect(m_feed, &LogFeed::found, this,
            [this](const QStringList &newestFirst, double share, bool done) {
                m_share = share;
                m_wholeLog = done;
                m_view->showFound(newestFirst);
                showEmptyText();
                showState();
            });
    connect(m_feed, &LogFeed::failed, this, [this](const QString &why) {
        m_problem = why;
        showEmptyText();
        showState();
    });
    connect(m_feed, &LogFeed::stateChanged, this, &LogsPage::showState);
}

void LogsPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_beats = 0;
    fetchSources();
    m_feed->setWatched(true);
    showState();
}

void LogsPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_feed->setWatched(false);
}

/// A table would select by it: here, as everywhere, Space pauses.
bool LogsPage::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Space) {
        m_pause->toggle();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void LogsPage::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape && m_feed->showsSearch())
        return m_feed->endSearch();
    QWidget::keyPressEvent(event);
}

// ---- which log

void LogsPage::fetchSources()
{
    if (m_askingSources)
        return;
    m_askingSources = true;
    m_context.bridge().call(&Control::logs, {}, this, [this](Result<api::LogSources> answer) {
        m_askingSources = false;
        if (answer)
            takeSources(std::move(*answer));
    });
}

static QString titleOf(const api::LogSource &log)
{
    if (log.kind == "engine")
        return LogsPage::tr("Engine");
    if (log.kind == "access")
        return LogsPage::tr("Access");
    return log.removed ? LogsPage::tr("%1 (removed)").arg(toQString(log.name))
                       : toQString(log.name);
}

void LogsPage::takeSources(api::LogSources logs)
{
    m_logs = std::move(logs);
    const QSignalBlocker quiet(m_list);
    while (m_list->count() > int(m_logs.sources.size()))
        delete m_list->takeItem(m_list->count() - 1);
    for (size_t i = 0; i < m_logs.sources.size(); ++i) {
        const api::LogSource &log = m_logs.sources[i];
        if (int(i) == m_list->count())
            m_list->addItem(QString());
        QListWidgetItem *item = m_list->item(int(i));
        item->setText(QStringLiteral("%1\n%2").arg(
            titleOf(log), log.files == 0 ? tr("empty") : bytesText(double(log.sizeBytes))));
        item->setData(kSourceRole, toQString(log.id));
        if (toQString(log.id) == m_feed->source())
            m_list->setCurrentItem(item);
    }
    if (m_site->isVisibleTo(this))
        fillSites(m_feed->site());
    showFoot();
}

const api::LogSource *LogsPage::current() const
{
    const auto at = std::ranges::find(m_logs.sources, toStd(m_feed->source()), &api::LogSource::id);
    return at == m_logs.sources.end() ? nullptr : &*at;
}

void LogsPage::showSite(const QString &site)
{
    const api::SiteView *view = m_context.bridge().site(toStd(site));
    if (view && !view->app.empty())
        return openSource(QStringLiteral("app:") + toQString(view->app), {});
    openSource(QStringLiteral("access"), site);
}

void LogsPage::openSource(const QString &source, const QString &site)
{
    {
        const QSignalBlocker quiet(m_list);
        for (int i = 0; i < m_list->count(); ++i) {
            if (m_list->item(i)->data(kSourceRole).toString() == source)
                m_list->setCurrentRow(i);
        }
    }
    m_site->setVisible(source == QLatin1String("access"));
    fillSites(site);
    m_feed->open(source, site);
    makeChips();
    showFoot();
}

void LogsPage::fillSites(const QString &chosen)
{
    const QSignalBlocker quiet(m_site);
    m_site->clear();
    m_site->addItem(tr("All sites"), QString());
    for (const api::SiteView &site : m_context.bridge().sites().sites)
        m_site->addItem(toQString(site.id), toQString(site.id));
    m_site->setCurrentIndex(std::max(0, m_site->findData(chosen)));
}

// ---- which lines

void LogsPage::applyChips()
{
    QSet<int> hidden;
    for (const QPushButton *chip : std::as_const(m_chips)) {
        if (chip->isChecked())
            continue;
        for (const QVariant &tone : chip->property("tones").toList())
            hidden.insert(tone.toInt());
    }
    m_view->filter().hideTones(hidden);
    showEmptyText();
    m_view->updateEmpty();
}

void LogsPage::applyFilter()
{
    if (m_feed->showsSearch()) // the lines found are for another text
        m_feed->endSearch();
    m_view->filter().search(m_filter->text(), m_regex->isChecked());
    setMark(*m_filter, "invalid", !m_view->filter().problem().isEmpty());
    showEmptyText();
    m_view->updateEmpty();
    showState();
}

QString LogsPage::problem() const
{
    return m_problem.isEmpty() ? m_view->filter().problem() : m_problem;
}

void LogsPage::searchClicked()
{
    if (m_feed->isSearching())
        return m_feed->cancelSearch();
    if (m_feed->showsSearch())
        return m_feed->endSearch();
    if (!m_filter->text().isEmpty() && m_view->filter().problem().isEmpty())
        m_feed->search(m_filter->text(), m_regex->isChecked());
}

void LogsPage::showPaused(bool paused)
{
    const QSignalBlocker quiet(m_pause);
    m_pause->setChecked(paused);
    m_feed->setPaused(paused);
}

} // namespace arc
