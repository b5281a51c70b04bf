// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/pool_card.h"

#include "gui/bridge/control_bridge.h"
#include "gui/charts/stat_tile.h"
#include "gui/models/format.h"
#include "gui/pages/confirm.h"
#include "gui/pages/pool_tuner.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/safe_table.h"
#include "gui/widgets/state_pill.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

PoolCard::PoolCard(WindowContext &context, std::string app, QWidget *parent)
    : QFrame(parent), m_context(context), m_app(std::move(app)), m_kind(new ElidedLabel(this)),
      m_pill(new StatePill(this)), m_cause(new QLabel(this)),
      m_busy(new StatTile(tr("Busy"), this)), m_queue(new StatTile(tr("Waiting"), this)),
      m_memory(new StatTile(tr("Memory each"), this)),
      m_restarts(new StatTile(tr("Restarts"), this)), m_tuner(new PoolTuner(context, m_app, this)),
      m_table(new SafeTable(&m_model, WorkersModel::State, WorkersModel::Serving, this)),
      m_kill(new QPushButton(tr("Kill worker…"), this))
{
    setProperty("card", true);
    const QString appName = toQString(m_app);
    auto *name = new QLabel(appName, this);
    name->setFont(titleFont());
    name->setTextFormat(Qt::PlainText);
    m_kind->setProperty("secondary", true);
    m_cause->setTextFormat(Qt::PlainText);
    m_cause->setWordWrap(true);
    m_table->setAccessibleName(tr("Workers of %1").arg(appName));
    m_table->sortByColumn(WorkersModel::Pid, Qt::AscendingOrder); // rows that stay where they are
    m_table->setDropOrder({WorkersModel::Age, WorkersModel::Cpu, WorkersModel::Generation});
    m_kill->setAccessibleName(tr("Kill the selected worker of %1").arg(appName));
    m_kill->setEnabled(false);
    auto *head = new QHBoxLayout;
    head->setSpacing(10);
    head->addWidget(name);
    head->addWidget(m_pill);
    head->addWidget(m_kind, 1);
    head->addWidget(m_kill);
    auto *figures = new FlowLayout(FlowLayout::Widths::Natural, 28);
    for (StatTile *tile : {m_busy, m_queue, m_memory, m_restarts})
        figures->addWidget(tile);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 12, 14, 8);
    layout->setSpacing(10);
    layout->addLayout(head);
    layout->addWidget(m_cause);
    layout->addLayout(figures);
    layout->addWidget(m_tuner);
    layout->addWidget(m_table);
    connect(m_kill, &QPushButton::clicked, this, &PoolCard::kill);
    connect(m_table, &SafeTable::rowSelected, this, [this](int row) {
        m_kill->setEnabled(row >= 0);
        m_kill->setText(row < 0 ? tr("Kill worker…")
                                : tr("Kill worker %1…").arg(m_model.rowAt(row).key()));
    });
}

void PoolCard::show(const api::PoolFigures &pool)
{
    m_pill->show(m_context.bridge().link() == Link::Live ? toQString(pool.state) : QString());
    QStringList facts {toQString(pool.kind)};
    if (!pool.python.empty())
        facts << toQString(pool.python);
    if (pool.generation > 0)
        facts << tr("generation %1").arg(pool.generation);
    if (pool.nextGeneration > 0)
        facts << tr("generation %1 is starting").arg(pool.nextGeneration);
    m_kind->setFullText(facts.join(QStringLiteral(" · ")));
    QStringList sentences;
    if (!pool.cause.empty())
        sentences << toQString(pool.cause);
    for (const std::string &warning : pool.warnings)
        sentences << toQString(warning);
    m_cause->setText(sentences.join(QLatin1Char('\n')));
    m_cause->setVisible(!sentences.isEmpty());
    setMark(*m_cause, "bad", !pool.cause.empty());
    setMark(*m_cause, "caution", pool.cause.empty()); // as the overview shows advice
    m_model.update(pool.workers, m_context.bridge().asOfUnixMs());
    m_table->resortQuietly();
    m_table->setFixedHeight(m_table->heightForRows(kRowsShownMax));
    m_table->setVisible(!pool.workers.empty());
    m_kill->setVisible(!pool.workers.empty());
    if (m_table->selectedRow() < 0) {
        m_kill->setEnabled(false);
        m_kill->setText(tr("Kill worker…"));
    }
    m_kill->setToolTip(m_kill->isEnabled() ? QString() : tr("Select a worker in the table"));
    m_tuner->show(pool);
    showFigures(pool);
}

void PoolCard::showFigures(const api::PoolFigures &pool)
{
    m_busy->show(tr("%1 of %2").arg(pool.busy).arg(pool.slots));
    m_queue->show(QString::number(pool.queued),
                  pool.queueP95 < 0 ? QString() : tr("p95 %1").arg(secondsText(pool.queueP95)));
    int64_t sum = 0;
    int64_t ofWorkers = 0;
    int known = 0;
    for (const api::WorkerFigures &worker : pool.workers) {
        if (worker.memoryBytes < 0)
            continue;
        sum += worker.memoryBytes;
        if (worker.state == "preloader")
            continue;
        ofWorkers += worker.memoryBytes;
        ++known;
    }
    m_memory->show(known ? bytesText(double(ofWorkers) / known) : unknownText(),
                   known ? tr("%1 together").arg(bytesText(double(sum))) : QString());
    m_restarts->show(rateText(double(pool.restarts)));
}

void PoolCard::kill()
{
    const int row = m_table->selectedRow();
    if (row < 0)
        return;
    const api::WorkerFigures worker = m_model.rowAt(row).figures; // the one that was meant, frozen
    confirm(
        m_context.window(), "killWorker",
        {.title = tr("Kill worker %1 of %2").arg(worker.pid).arg(toQString(m_app)),
         .text = worker.busy > 0
             ? tr("It serves %n request(s) now. Those that may be repeated go to another worker; "
                  "the others get an error. The pool starts a new worker.",
                  nullptr, worker.busy)
             : tr("It is idle. The pool starts a new worker."),
         .action = tr("Kill worker %1").arg(worker.pid)},
        [this, pid = worker.pid] {
            m_context.bridge().call(
                &Control::killWorker, {pid}, this, [this, pid](Result<api::Nothing> answer) {
                    if (answer)
                        m_context.say(tr("Worker %1 was killed").arg(pid));
                    else
                        m_context.sayFailed(tr("Kill worker %1").arg(pid),
                                            toQString(answer.error().message()));
                    m_context.bridge().refresh();
                });
        });
}

} // namespace arc
