// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/overview_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/charts/line_chart.h"
#include "gui/models/format.h"
#include "gui/pages/attention_list.h"
#include "gui/theme/theme.h"
#include "gui/widgets/beside_layout.h"
#include "gui/widgets/drop_zone.h"
#include "gui/widgets/empty_state.h"
#include "gui/widgets/safe_table.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <array>

namespace arc {

constexpr int kAttentionWidth = 212; ///< leaves the sites room for their kinds at 1280
constexpr int kBesideWidth = 700;    ///< of the page: less takes the table its figures
constexpr int kRowsLeast = 3;        ///< of the table of sites, before the page is scrolled

OverviewPage::OverviewPage(ControlBridge &bridge, bool withSample, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_stack(new QStackedWidget(this)),
      m_waiting(new EmptyState(QStringLiteral("arcology"), this)),
      m_drop(new DropZone(withSample, this)), m_dashboard(makeDashboard())
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_stack->addWidget(m_waiting);
    m_stack->addWidget(m_drop);
    m_stack->addWidget(m_dashboard);
    connect(m_drop, &DropZone::addSite, this, &OverviewPage::addSite);
    connect(m_drop, &DropZone::trySample, this, &OverviewPage::trySample);
    connect(&bridge, &ControlBridge::historyLoaded, this, &OverviewPage::takeHistory);
    connect(&bridge, &ControlBridge::snapshotChanged, this, &OverviewPage::takeSnapshot);
    connect(&bridge, &ControlBridge::sitesChanged, this, &OverviewPage::refresh);
    connect(&bridge, &ControlBridge::linkChanged, this, &OverviewPage::refresh);
    refresh();
}

QWidget *OverviewPage::makeDashboard()
{
    auto *dashboard = new QWidget(m_stack);
    makeCharts(dashboard);
    auto *charts = new QHBoxLayout;
    charts->setSpacing(12);
    for (LineChart *chart : {m_requests, m_latency, m_workers})
        charts->addWidget(chart, 1);
    auto *card = new QFrame(dashboard);
    card->setProperty("card", true);
    m_table = new SafeTable(&m_model, SitesModel::State, SitesModel::Name, card);
    m_table->setAccessibleName(tr("Sites"));
    m_table->setMinimumHeight(m_table->heightForRows(kRowsLeast));
    m_table->setDropOrder({SitesModel::Kind, SitesModel::Address});
    connect(m_table, &SafeTable::rowActivated, this, [this](int row) {
        if (row >= 0)
            Q_EMIT siteChosen(toQString(m_model.rowAt(row).id));
    });
    connect(m_table, &SafeTable::rowSelected, this, [this](int row) {
        m_selected = row >= 0 ? toQString(m_model.rowAt(row).id) : QString();
        Q_EMIT selectionChanged();
    });
    auto *inside = new QVBoxLayout(card);
    inside->setContentsMargins(2, 6, 2, 6);
    inside->addWidget(m_table);
    m_attention = new AttentionList(m_bridge, dashboard);
    connect(m_attention, &AttentionList::siteChosen, this, &OverviewPage::siteChosen);
    auto *lower = new BesideLayout(*this, kBesideWidth, [this](bool beside) {
        m_attention->setMinimumWidth(beside ? scaled(kAttentionWidth) : 0);
        m_attention->setMaximumWidth(beside ? scaled(kAttentionWidth) : QWIDGETSIZE_MAX);
    });
    lower->setSpacing(12);
    lower->addWidget(card, 1);
    lower->addWidget(m_attention);
    auto *layout = new QVBoxLayout(dashboard);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(12);
    layout->addLayout(charts, 5);
    layout->addLayout(lower, 6);
    dashboard->setProperty("page", true);
    auto *scroll = new QScrollArea(m_stack); // for large letters in a small window
    scroll->setWidgetResizable(true);
    scroll->setWidget(dashboard);
    scroll->setAccessibleName(tr("Overview"));
    return scroll;
}

void OverviewPage::makeCharts(QWidget *parent)
{
    const auto accent = [](const Tokens &tokens) {
        return tokens.accent;
    };
    const auto error = [](const Tokens &tokens) {
        return tokens.error;
    };
    const auto violet = [](const Tokens &tokens) {
        return tokens.violet;
    };
    const auto teal = [](const Tokens &tokens) {
        return tokens.teal;
    };
    m_requests =
        new LineChart(tr("Requests per second"), ChartUnit::PerSecond, {tr("all"), tr("errors")},
                      {{.colour = accent, .area = true}, {.colour = error}}, parent);
    m_latency = new LineChart(tr("Response time"), ChartUnit::Seconds,
                              {QStringLiteral("p50"), QStringLiteral("p95"), QStringLiteral("p99")},
                              {{.colour = teal}, {.colour = accent}, {.colour = violet}}, parent);
    m_workers = new LineChart(tr("Workers busy"), ChartUnit::Count, {tr("busy")},
                              {{.colour = accent, .area = true}}, parent);
    m_requests->setEmptyText(tr("No requests in the last five minutes"));
    m_latency->setEmptyText(tr("No requests in the last five minutes"));
    m_workers->setEmptyText(tr("No worker was busy in the last five minutes"));
}

bool OverviewPage::showsDropZone() const
{
    return m_stack->currentWidget() == m_drop;
}

static double known(double value)
{
    return value < 0 ? kMissing : value;
}

void OverviewPage::takeHistory(const api::History &history)
{
    for (LineChart *chart : {m_requests, m_latency, m_workers})
        chart->model().clear();
    for (const api::HistoryPoint &point : history.points) {
        m_requests->model().append(point.unixMs,
                                   std::array {point.requestsPerSecond, point.errorsPerSecond});
        m_latency->model().append(
            point.unixMs, std::array {known(point.p50), known(point.p95), known(point.p99)});
        m_workers->model().append(point.unixMs, std::array {double(point.workersBusy)});
    }
    showFigures();
}

QString OverviewPage::selectedSite() const
{
    if (m_model.rowCount() == 1)
        return toQString(m_model.rowAt(0).id);
    return m_model.find(toStd(m_selected)) >= 0 ? m_selected : QString();
}

void OverviewPage::takeSnapshot()
{
    const api::Snapshot &snapshot = m_bridge.snapshot();
    const api::Figures &total = snapshot.total;
    m_requests->model().append(snapshot.unixMs,
                               std::array {total.requestsPerSecond, total.errorsPerSecond});
    m_latency->model().append(snapshot.unixMs,
                              std::array {known(total.p50), known(total.p95), known(total.p99)});
    m_workers->model().append(snapshot.unixMs, std::array {double(snapshot.workersBusy)});
    refresh();
}

void OverviewPage::refresh()
{
    const bool stale = m_bridge.link() != Link::Live;
    m_model.update(m_bridge.sites(), m_bridge.snapshot(), stale);
    m_table->resortQuietly();
    showFigures();
    for (LineChart *chart : {m_requests, m_latency, m_workers})
        chart->setStale(stale);
    if (!m_bridge.sitesKnown()) {
        if (m_bridge.link() == Link::Lost)
            m_waiting->show(tr("The engine does not answer"),
                            tr("Sites appear here as soon as it does. The window keeps trying."));
        else
            m_waiting->show(tr("Connecting to the engine"), tr("Your sites appear in a moment."));
        m_stack->setCurrentWidget(m_waiting);
    } else {
        m_stack->setCurrentWidget(m_bridge.sites().sites.empty() ? static_cast<QWidget *>(m_drop)
                                                                 : m_dashboard);
    }
}

void OverviewPage::showFigures()
{
    const api::Snapshot &snapshot = m_bridge.snapshot();
    if (snapshot.unixMs == 0)
        return;
    const api::Figures &total = snapshot.total;
    m_requests->show(tr("%1 /s").arg(rateText(total.requestsPerSecond)),
                     total.errorsPerSecond > 0
                         ? tr("%1 errors/s").arg(rateText(total.errorsPerSecond))
                         : tr("no errors"));
    m_latency->show(secondsText(total.p95), tr("95 of 100 are faster"));
    m_workers->show(QString::number(snapshot.workersBusy),
                    tr("of %1 at once").arg(snapshot.workersSlots));
}

} // namespace arc
