// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/worker_ends_card.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/pages/worker_end_detail.h"
#include "gui/theme/theme.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/safe_table.h"

#include <QCheckBox>
#include <QFrame>
#include <QItemSelectionModel>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace arc {

WorkerEndsCard::WorkerEndsCard(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context),
      m_unplanned(new QCheckBox(tr("Only those that nobody ordered"), this)),
      m_note(new QLabel(this)),
      m_table(new SafeTable(&m_model, WorkerEndsModel::Kind, WorkerEndsModel::Cause, this)),
      m_detail(new WorkerEndDetail(this))
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    column->addWidget(makeList());
    column->addWidget(m_detail);
    m_detail->hide();
    connect(m_unplanned, &QCheckBox::toggled, this, &WorkerEndsCard::fetch);
    // Not rowSelected(): a row becomes the current one before it is selected.
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this] { choose(m_table->selectedRow()); });
    connect(m_detail, &WorkerEndDetail::logsAsked, this, [this] {
        const int row = m_model.find(m_chosen);
        const std::string app = row < 0 ? std::string() : m_model.rowAt(row).end.app;
        const auto &sites = m_context.bridge().sites().sites;
        const auto site = std::ranges::find(sites, app, &api::SiteView::app);
        if (site == sites.end() || app.empty())
            return m_context.say(
                tr("The site of %1 is gone, and its lines with it").arg(toQString(app)));
        m_context.showLogs(toQString(site->id));
    });
    connect(&context.bridge(), &ControlBridge::snapshotChanged, this,
            &WorkerEndsCard::fetchWhenDue);
    connect(&context.bridge(), &ControlBridge::linkChanged, this, [this] {
        if (isVisible() && m_context.bridge().link() == Link::Live)
            fetch();
        refresh();
    });
    refresh();
}

QWidget *WorkerEndsCard::makeList()
{
    auto *card = new QFrame(this);
    card->setProperty("card", true);
    auto *title = new QLabel(tr("Workers that ended"), card);
    title->setFont(titleFont());
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_table->setAccessibleName(tr("Workers that ended"));
    m_table->setDropOrder({WorkerEndsModel::Lived, WorkerEndsModel::Lost, WorkerEndsModel::Pid,
                           WorkerEndsModel::App});
    m_table->sortByColumn(WorkerEndsModel::Ended, Qt::AscendingOrder);
    auto *head = new FlowLayout(FlowLayout::Widths::Natural, 16);
    head->setTailAtEnd(true);
    head->addWidget(title);
    head->addWidget(m_unplanned);
    auto *inside = new QVBoxLayout(card);
    inside->setContentsMargins(14, 12, 14, 8);
    inside->setSpacing(8);
    inside->addLayout(head);
    inside->addWidget(m_note);
    inside->addWidget(m_table);
    return card;
}

QString WorkerEndsCard::note() const
{
    return m_note->isHidden() ? QString() : m_note->text();
}

void WorkerEndsCard::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    fetch();
}

void WorkerEndsCard::fetchWhenDue()
{
    std::set<int> pids;
    for (const api::PoolFigures &pool : m_context.bridge().snapshot().pools) {
        for (const api::WorkerFigures &worker : pool.workers)
            pids.insert(worker.pid);
    }
    const bool isOneGone = !std::ranges::includes(pids, m_pids);
    m_pids = std::move(pids);
    const int64_t now = m_context.bridge().asOfUnixMs();
    if (isVisible() && (isOneGone || now - m_fetchedAt >= kRefreshMs))
        fetch();
}

void WorkerEndsCard::fetch()
{
    m_fetchedAt = m_context.bridge().asOfUnixMs();
    const bool unplanned = m_unplanned->isChecked();
    m_context.bridge().call(&Control::workerEnds, {.limit = kEndsMax, .unplanned = unplanned}, this,
                            [this, unplanned](Result<api::WorkerEnds> answer) {
                                if (unplanned == m_unplanned->isChecked())
                                    take(std::move(answer));
                            });
}

void WorkerEndsCard::take(Result<api::WorkerEnds> answer)
{
    m_problem = answer ? QString() : toQString(answer.error().message());
    if (answer) {
        m_isKnown = true;
        m_model.update(answer->ends, m_context.bridge().asOfUnixMs());
        m_table->resortQuietly();
    }
    refresh();
}

void WorkerEndsCard::refresh()
{
    const bool live = m_context.bridge().link() == Link::Live;
    const bool none = m_model.rowCount() == 0;
    QString note;
    if (live && !m_problem.isEmpty())
        note = tr("How workers ended cannot be asked for: %1").arg(m_problem);
    else if (!live && m_isKnown)
        note = tr("As it was at %1; the engine is not reachable").arg(clockText(m_fetchedAt));
    else if (m_isKnown && none)
        note = m_unplanned->isChecked() ? tr("None ended without being told to.")
                                        : tr("None has ended yet. When one does, its cause, its "
                                             "requests and its last lines stand here.");
    else if (!m_isKnown)
        note = tr("Asking the engine…");
    m_note->setText(note);
    if (m_note->isHidden() != note.isEmpty()) {
        m_note->setHidden(note.isEmpty());
        updateGeometry(); // the page keeps its place else
    }
    setMark(*m_note, "bad", live && !m_problem.isEmpty());
    setMark(*m_note, "secondary", !live || m_problem.isEmpty());
    m_unplanned->setEnabled(live);
    m_unplanned->setToolTip(live ? QString() : tr("The engine is not reachable"));
    m_table->setVisible(!none);
    m_table->setFixedHeight(m_table->heightForRows(kRowsShownMax));
    showChosen();
}

void WorkerEndsCard::choose(int row)
{
    m_chosen = row < 0 ? 0 : m_model.rowAt(row).key();
    showChosen();
    if (m_chosen != 0 && m_whole.id != m_chosen)
        fetchWhole(m_chosen);
}

void WorkerEndsCard::fetchWhole(uint64_t id)
{
    m_context.bridge().call(&Control::workerEnd, {.id = id}, this,
                            [this, id](Result<api::WorkerEnd> answer) {
                                if (id != m_chosen)
                                    return;
                                if (!answer)
                                    return m_context.sayFailed(tr("Asking for that end"),
                                                               toQString(answer.error().message()));
                                m_whole = std::move(*answer);
                                showChosen();
                            });
}

void WorkerEndsCard::showChosen()
{
    const int row = m_chosen == 0 ? -1 : m_model.find(m_chosen);
    m_detail->setVisible(row >= 0);
    if (row < 0)
        return;
    const WorkerEndRow &chosen = m_model.rowAt(row);
    const bool isWhole = m_whole.id == m_chosen;
    m_detail->show(isWhole ? m_whole : chosen.end, isWhole, chosen.nowUnixMs);
}

} // namespace arc
