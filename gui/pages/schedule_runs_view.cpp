// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/schedule_runs_view.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/models/states.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/safe_table.h"

#include <QItemSelectionModel>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace arc {

constexpr int kViewFrame = 16; ///< around the lines of an OutputView
constexpr int kLinesLeast = 4;
constexpr int kLinesMost = 14;

ScheduleRunsView::ScheduleRunsView(WindowContext &context, QWidget *parent)
    : QFrame(parent), m_context(context), m_title(new QLabel(this)), m_note(new QLabel(this)),
      m_table(new SafeTable(&m_model, ScheduleRunsModel::State, ScheduleRunsModel::Cause, this)),
      m_caption(new QLabel(this)), m_output(new OutputView(this))
{
    makeLayout();
    // Not rowSelected(): a row becomes the current one before it is selected.
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        const int row = m_table->selectedRow();
        m_chosen = row < 0 ? 0 : m_model.rowAt(row).key();
        showChosen();
        fetchChosen();
    });
}

void ScheduleRunsView::makeLayout()
{
    setProperty("card", true);
    m_title->setFont(titleFont());
    m_title->setTextFormat(Qt::PlainText);
    for (QLabel *label : {m_note, m_caption}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_output->showEmptyText(tr("It wrote nothing"));
    m_table->setDropOrder({ScheduleRunsModel::By, ScheduleRunsModel::Took});
    m_table->sortByColumn(ScheduleRunsModel::Due, Qt::AscendingOrder);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(14, 12, 14, 12);
    column->setSpacing(8);
    column->addWidget(m_title);
    column->addWidget(m_note);
    column->addWidget(m_table);
    column->addWidget(m_caption);
    column->addWidget(m_output);
}

void ScheduleRunsView::show(const std::string &app, const std::string &schedule)
{
    if (app == m_app && schedule == m_schedule)
        return;
    m_app = app;
    m_schedule = schedule;
    m_isKnown = false;
    m_isAsking = false;
    m_chosen = m_wanted = 0;
    m_whole = {};
    m_problem.clear();
    m_model.setRows({});
    m_title->setText(tr("Runs of %1").arg(toQString(schedule)));
    m_table->setAccessibleName(m_title->text());
    m_output->setAccessibleName(tr("Output of a run of %1").arg(toQString(schedule)));
    refresh();
    fetch();
}

void ScheduleRunsView::choose(uint64_t run)
{
    m_wanted = run;
    fetch();
}

void ScheduleRunsView::fetch()
{
    if (m_schedule.empty() || m_isAsking)
        return;
    m_isAsking = true;
    m_context.bridge().call(
        &Control::scheduleRuns, {.app = m_app, .schedule = m_schedule, .limit = kRunsMax}, this,
        [this, app = m_app, schedule = m_schedule](Result<api::ScheduleRuns> answer) {
            if (app == m_app && schedule == m_schedule)
                take(std::move(answer));
        });
}

void ScheduleRunsView::take(Result<api::ScheduleRuns> answer)
{
    m_isAsking = false;
    m_problem = answer ? QString() : toQString(answer.error().message());
    if (answer) {
        const bool isFirst = !std::exchange(m_isKnown, true);
        m_model.update(answer->runs, m_context.bridge().asOfUnixMs());
        m_table->resortQuietly();
        // The newest is what somebody wants to see who asks at all.
        const uint64_t newest = answer->runs.empty() ? 0 : answer->runs.front().id;
        const uint64_t wanted = m_wanted != 0 ? m_wanted : isFirst ? newest : 0;
        if (const int row = wanted == 0 ? -1 : m_model.find(wanted); row >= 0) {
            m_wanted = 0;
            m_table->selectSourceRow(row);
        } else if (!isOver(m_whole) || m_whole.id != m_chosen) {
            fetchChosen();
        }
    }
    refresh();
}

void ScheduleRunsView::fetchChosen()
{
    if (m_chosen == 0 || (m_whole.id == m_chosen && isOver(m_whole)))
        return;
    m_context.bridge().call(&Control::scheduleRun, {.app = m_app, .id = m_chosen}, this,
                            [this, id = m_chosen](Result<api::ScheduleRun> answer) {
                                if (id != m_chosen)
                                    return;
                                if (answer)
                                    m_whole = std::move(*answer);
                                else
                                    m_problem = toQString(answer.error().message());
                                refresh();
                            });
}

void ScheduleRunsView::showChosen()
{
    const int row = m_chosen == 0 ? -1 : m_model.find(m_chosen);
    m_caption->setVisible(row >= 0);
    m_output->setVisible(row >= 0);
    if (row < 0)
        return;
    const bool isWhole = m_whole.id == m_chosen;
    const api::ScheduleRun &run = isWhole ? m_whole : m_model.rowAt(row).run;
    QString said = lookOf(toQString(run.state)).word;
    if (!run.cause.empty())
        said += QStringLiteral(": ") + toQString(run.cause).simplified();
    else if (run.exitCode >= 0)
        said = tr("%1, exit code %2").arg(said).arg(run.exitCode);
    m_caption->setText(tr("Run of %1 – %2").arg(dateTimeText(run.dueUnixMs), said));
    const bool isBad = isOver(run) && run.state != "done";
    setMark(*m_caption, "bad", isBad);
    setMark(*m_caption, "secondary", !isBad);
    const QString text = toQString(run.output);
    m_output->showEmptyText(isOver(run) ? tr("It wrote nothing") : tr("It wrote nothing yet"));
    m_output->showText(text);
    const auto lines = int(text.count(QLatin1Char('\n'))) + 1;
    m_output->setFixedHeight(QFontMetrics(m_output->font()).lineSpacing()
                                 * std::clamp(lines, kLinesLeast, kLinesMost)
                             + kViewFrame);
}

QString ScheduleRunsView::note() const
{
    return m_note->isHidden() ? QString() : m_note->text();
}

void ScheduleRunsView::refresh()
{
    const bool none = m_model.rowCount() == 0;
    QString note;
    if (!m_problem.isEmpty())
        note = tr("Its runs cannot be asked for: %1").arg(m_problem);
    else if (!m_isKnown)
        note = tr("Asking the engine…");
    else if (none)
        note = tr("It has not run yet. When it does, how it went and what it wrote stand here.");
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
    setMark(*m_note, "bad", !m_problem.isEmpty());
    setMark(*m_note, "secondary", m_problem.isEmpty());
    m_table->setVisible(!none);
    m_table->setFixedHeight(m_table->heightForRows(kRowsShownMax));
    showChosen();
}

} // namespace arc
