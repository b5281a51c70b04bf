// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/workers_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/charts/heat_strip.h"
#include "gui/charts/stat_tile.h"
#include "gui/models/format.h"
#include "gui/pages/pool_card.h"
#include "gui/pages/window_context.h"
#include "gui/pages/worker_ends_card.h"
#include "gui/theme/theme.h"
#include "gui/widgets/empty_state.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/safe_table.h"

#include <QCheckBox>
#include <QFrame>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace arc {

constexpr int kGap = 12; ///< between cards

WorkersPage::WorkersPage(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(QStringLiteral("workers"), this)), m_cores(new HeatStrip(this)),
      m_cpu(new StatTile(tr("Processor"), this)), m_memory(new StatTile(tr("Memory used"), this)),
      m_busy(new StatTile(tr("Requests at once"), this)), m_cards(new QVBoxLayout),
      m_scroll(new QScrollArea(this)), m_ends(new WorkerEndsCard(context, this))
{
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(kGap);
    column->addWidget(makeHostCard());
    m_cards->setSpacing(kGap);
    column->addLayout(m_cards);
    column->addWidget(m_ends);
    column->addStretch();
    m_scroll->setWidgetResizable(true);
    m_scroll->setWidget(content);
    m_scroll->setAccessibleName(tr("Worker pools"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_scroll);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    connect(&context.bridge(), &ControlBridge::snapshotChanged, this, &WorkersPage::refresh);
    connect(&context.bridge(), &ControlBridge::linkChanged, this, &WorkersPage::refresh);
    refresh();
}

QWidget *WorkersPage::makeHostCard()
{
    auto *card = new QFrame(this);
    card->setProperty("card", true);
    card->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    auto *cores = new QWidget(card);
    auto *title = new QLabel(tr("Cores"), cores);
    title->setFont(smallFont());
    title->setProperty("secondary", true);
    auto *column = new QVBoxLayout(cores);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(title);
    column->addWidget(m_cores);
    auto *row = new FlowLayout(FlowLayout::Widths::Natural, 28, card);
    row->setContentsMargins(14, 10, 14, 10);
    for (QWidget *tile : {static_cast<QWidget *>(m_cpu), static_cast<QWidget *>(m_memory),
                          static_cast<QWidget *>(m_busy), cores})
        row->addWidget(tile);
    return card;
}

PoolCard *WorkersPage::card(const std::string &app) const
{
    const auto at = m_byApp.find(app);
    return at == m_byApp.end() ? nullptr : at->second;
}

void WorkersPage::showEnds()
{
    if (m_stack->currentWidget() != m_scroll)
        return;
    // Later: the page may have been made just now, and has no places yet.
    QMetaObject::invokeMethod(
        this,
        [this] {
            m_scroll->widget()->layout()->activate();
            m_scroll->verticalScrollBar()->setValue(m_ends->y() - kGap);
            QWidget *list = m_ends->table();
            if (list->isHidden()) // none has ended
                list = m_ends->unplannedBox();
            list->setFocus(Qt::OtherFocusReason);
        },
        Qt::QueuedConnection);
}

void WorkersPage::endSelected()
{
    if (PoolCard *selected = card(m_lastSelected))
        selected->endSelected();
}

QString WorkersPage::whyNotEnd() const
{
    const PoolCard *selected = card(m_lastSelected);
    return selected ? selected->whyNotEnd() : tr("Select a worker in a table of this page");
}

void WorkersPage::refresh()
{
    ControlBridge &bridge = m_context.bridge();
    const std::vector<api::PoolFigures> &pools = bridge.snapshot().pools;
    for (auto at = m_byApp.begin(); at != m_byApp.end();) {
        if (bridge.pool(at->first)) {
            ++at;
            continue;
        }
        at->second->deleteLater();
        at = m_byApp.erase(at);
    }
    for (const api::PoolFigures &pool : pools) {
        PoolCard *&card = m_byApp[pool.app];
        if (!card) {
            card = new PoolCard(m_context, pool.app, m_scroll);
            m_cards->addWidget(card);
            connect(card, &PoolCard::deedsChanged, this, &WorkersPage::selectionChanged);
            connect(card, &PoolCard::chosen, this, [this, app = pool.app] {
                m_lastSelected = app;
                Q_EMIT selectionChanged();
            });
        }
        card->show(pool);
    }
    showHost();
    if (!pools.empty()) {
        m_stack->setCurrentWidget(m_scroll);
        return;
    }
    if (bridge.asOfUnixMs() == 0)
        m_empty->show(bridge.link() == Link::Lost ? tr("The engine does not answer")
                                                  : tr("Connecting to the engine"),
                      tr("Worker processes appear here as soon as it answers."));
    else
        m_empty->show(tr("No app uses workers yet"),
                      tr("Python apps get worker processes; static sites do not need them. Add a "
                         "Django, Flask or FastAPI folder as a site."));
    m_stack->setCurrentWidget(m_empty);
}

void WorkersPage::showHost()
{
    const api::Snapshot &snapshot = m_context.bridge().snapshot();
    if (snapshot.unixMs == 0)
        return;
    m_cpu->show(shareText(snapshot.host.cpu),
                tr("%n core(s)", nullptr, int(snapshot.host.cpuCores.size())));
    m_memory->show(bytesText(double(snapshot.host.memoryUsedBytes)),
                   tr("of %1").arg(bytesText(double(snapshot.host.memoryTotalBytes))));
    m_busy->show(tr("%1 of %2").arg(snapshot.workersBusy).arg(snapshot.workersSlots),
                 tr("in all apps"));
    m_cores->show(snapshot.host.cpuCores);
}

} // namespace arc
