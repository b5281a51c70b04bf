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
#include "gui/widgets/layouts.h"
#include "gui/widgets/safe_table.h"
#include "gui/widgets/state_pill.h"

#include <QAction>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QVBoxLayout>

#include <utility>

namespace arc {

constexpr int kHeadGap = 10;
/// The first of the settings of a pool; the others stand below it.
constexpr std::string_view kFirstSetting = "pool.processes";

PoolCard::PoolCard(WindowContext &context, std::string app, QWidget *parent)
    : QFrame(parent), m_context(context), m_app(std::move(app)), m_kind(new ElidedLabel(this)),
      m_pill(new StatePill(this)), m_cause(new QLabel(this)), m_scaling(new ElidedLabel(this)),
      m_busy(new StatTile(tr("Busy"), this)), m_queue(new StatTile(tr("Waiting"), this)),
      m_memory(new StatTile(tr("Memory each"), this)),
      m_restarts(new StatTile(tr("Restarts"), this)), m_tuner(new PoolTuner(context, m_app, this)),
      m_table(new SafeTable(&m_model, WorkersModel::State, WorkersModel::Serving, this)),
      m_end(new QPushButton(this)), m_kill(new QPushButton(this)),
      m_settings(new QPushButton(icon(QStringLiteral("settings"), Tint::Accent),
                                 tr("All settings of these workers"), this)),
      m_lines(
          new QPushButton(icon(QStringLiteral("logs"), Tint::Accent), tr("What they write"), this)),
      m_endAction(new QAction(this)), m_killAction(new QAction(this))
{
    setProperty("card", true);
    m_cause->setTextFormat(Qt::PlainText);
    m_cause->setWordWrap(true);
    m_scaling->setObjectName(QStringLiteral("scaling"));
    m_scaling->setProperty("secondary", true);
    m_table->setAccessibleName(tr("Workers of %1").arg(toQString(m_app)));
    m_table->sortByColumn(WorkersModel::Pid, Qt::AscendingOrder); // rows that stay where they are
    m_table->setDropOrder({WorkersModel::Age, WorkersModel::Cpu, WorkersModel::Generation});
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_table->addActions({m_endAction, m_killAction});
    auto *figures = new FlowLayout(FlowLayout::Widths::Natural, 28);
    for (StatTile *tile : {m_busy, m_queue, m_memory, m_restarts})
        figures->addWidget(tile);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 12, 14, 8);
    layout->setSpacing(10);
    layout->addLayout(makeHead());
    layout->addWidget(m_cause);
    layout->addWidget(m_scaling);
    layout->addLayout(figures);
    layout->addWidget(m_tuner);
    layout->addLayout(makeLinks());
    layout->addWidget(m_table);
    connect(m_end, &QPushButton::clicked, this, &PoolCard::endSelected);
    connect(m_kill, &QPushButton::clicked, this, &PoolCard::kill);
    connect(m_endAction, &QAction::triggered, this, &PoolCard::endSelected);
    connect(m_killAction, &QAction::triggered, this, &PoolCard::kill);
    // Not rowSelected(): a row becomes the current one before it is selected.
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        refreshDeeds();
        Q_EMIT chosen();
    });
    refreshDeeds();
}

QLayout *PoolCard::makeHead()
{
    const QString appName = toQString(m_app);
    auto *name = new QLabel(appName, this);
    name->setFont(titleFont());
    name->setTextFormat(Qt::PlainText);
    m_kind->setProperty("secondary", true);
    m_end->setAccessibleName(tr("End the selected worker of %1").arg(appName));
    m_kill->setAccessibleName(tr("Kill the selected worker of %1").arg(appName));
    auto *what = new QHBoxLayout;
    what->addWidget(name);
    what->addWidget(m_pill);
    what->addWidget(m_kind, 1);
    auto *deeds = new QHBoxLayout;
    deeds->addWidget(m_end);
    deeds->addWidget(m_kill);
    auto *head = new FlowLayout(FlowLayout::Widths::Natural, kHeadGap);
    head->setTailAtEnd(true);
    head->addRow(what, kHeadGap, this);
    head->addRow(deeds, kHeadGap, this);
    return head;
}

QLayout *PoolCard::makeLinks()
{
    const QString appName = toQString(m_app);
    m_settings->setAccessibleName(tr("All settings of the workers of %1").arg(appName));
    m_settings->setToolTip(tr("When workers are replaced, how long requests may take and wait, and "
                              "the rest"));
    m_lines->setAccessibleName(tr("What the workers of %1 write").arg(appName));
    auto *links = new LinkRow;
    for (QPushButton *link : {m_settings, m_lines}) {
        link->setProperty("link", true);
        link->setCursor(Qt::PointingHandCursor);
        links->addWidget(link);
    }
    connect(m_settings, &QPushButton::clicked, this,
            [this] { m_context.showSettingOf(toQString(m_app), kFirstSetting); });
    connect(m_lines, &QPushButton::clicked, this, [this] {
        for (const api::SiteView &site : m_context.bridge().sites().sites) {
            if (site.app == m_app)
                return m_context.showLogs(toQString(site.id));
        }
    });
    return links;
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
    const bool hasDecided = pool.scaling.most > 0 && !pool.scaling.reason.empty();
    m_scaling->setFullText(hasDecided ? tr("%1: %2").arg(clockText(pool.scaling.unixMs),
                                                         toQString(pool.scaling.reason))
                                      : QString());
    m_scaling->setVisible(hasDecided);
    m_model.update(pool.workers, m_context.bridge().asOfUnixMs());
    m_table->resortQuietly();
    m_table->setFixedHeight(m_table->heightForRows(kRowsShownMax));
    m_table->setVisible(!pool.workers.empty());
    m_end->parentWidget()->setVisible(!pool.workers.empty());
    refreshDeeds();
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

const api::WorkerFigures *PoolCard::selected() const
{
    const int row = m_table->selectedRow();
    return row < 0 ? nullptr : &m_model.rowAt(row).figures;
}

QString PoolCard::whyNotEnd() const
{
    const api::WorkerFigures *worker = selected();
    if (m_context.bridge().link() != Link::Live)
        return tr("The engine is not reachable");
    if (!worker)
        return tr("Select a worker in the table");
    if (worker->state == "preloader")
        return tr("Workers are forked from process %1; it ends with the last of them")
            .arg(worker->pid);
    return worker->state == "stopping" ? tr("Worker %1 is ending already").arg(worker->pid)
                                       : QString();
}

void PoolCard::refreshDeeds()
{
    const api::WorkerFigures *worker = selected();
    const QString whyNot = whyNotEnd();
    const bool mayKill = worker && m_context.bridge().link() == Link::Live;
    m_end->setText(worker ? tr("End worker %1").arg(worker->pid) : tr("End worker"));
    m_end->setEnabled(whyNot.isEmpty());
    m_end->setToolTip(whyNot.isEmpty() ? tr("It finishes what it has; another takes its place "
                                            "before it goes")
                                       : whyNot);
    m_kill->setText(worker ? tr("Kill worker %1…").arg(worker->pid) : tr("Kill worker…"));
    m_kill->setEnabled(mayKill);
    m_kill->setToolTip(mayKill ? tr("At once, whatever it does") : whyNot);
    for (const auto &[action, button] : {std::pair(m_endAction, m_end), {m_killAction, m_kill}}) {
        action->setText(button->text());
        action->setEnabled(button->isEnabled());
    }
    if (std::exchange(m_toldWhyNot, whyNot) != whyNot)
        Q_EMIT deedsChanged();
}

void PoolCard::send(const api::WorkerKill &what, const QString &doing, const QString &done)
{
    m_context.bridge().call(&Control::killWorker, what, this,
                            [this, doing, done](Result<api::Nothing> answer) {
                                if (answer)
                                    m_context.say(done);
                                else
                                    m_context.sayFailed(doing, toQString(answer.error().message()));
                                m_context.bridge().refresh();
                            });
}

void PoolCard::endSelected()
{
    if (!whyNotEnd().isEmpty())
        return;
    const api::WorkerFigures worker = *selected(); // the one that was meant, frozen
    const QString doing = tr("End worker %1").arg(worker.pid);
    const auto go = [card = QPointer(this), doing, pid = worker.pid] {
        if (card) // the question may outlive it: the app was removed meanwhile
            card->send({.pid = pid, .drain = true}, doing,
                       tr("Worker %1 was asked to end").arg(pid));
    };
    if (worker.busy == 0)
        return go(); // nobody is waiting for it, and another takes its place
    confirm(m_context.window(), "killWorker",
            {.title = tr("End worker %1 of %2").arg(worker.pid).arg(toQString(m_app)),
             .text = tr("It serves %n request(s) now. It finishes them as long as its time to stop "
                        "allows, and takes no new ones when another serves in its place.",
                        nullptr, worker.busy),
             .action = doing},
            go);
}

QString PoolCard::whatAKillDoes(const api::WorkerFigures &worker)
{
    if (worker.state == "preloader")
        return tr("It answers no requests, and its workers serve on. For the next one that is "
                  "needed, the app is imported anew.");
    return worker.busy > 0
        ? tr("It serves %n request(s) now. Those that may be repeated go to another worker; "
             "the others get an error. The pool starts a new worker.",
             nullptr, worker.busy)
        : tr("It is idle. The pool starts a new worker.");
}

void PoolCard::kill()
{
    if (!selected())
        return;
    const api::WorkerFigures worker = *selected(); // the one that was meant, frozen
    const QString doing = tr("Kill worker %1").arg(worker.pid);
    confirm(m_context.window(), "killWorker",
            {.title = tr("Kill worker %1 of %2").arg(worker.pid).arg(toQString(m_app)),
             .text = whatAKillDoes(worker),
             .action = doing},
            [card = QPointer(this), doing, pid = worker.pid] {
                if (card)
                    card->send({.pid = pid}, doing, tr("Worker %1 was killed").arg(pid));
            });
}

} // namespace arc
