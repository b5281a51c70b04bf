// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/schedules_tab.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/cron_words.h"
#include "gui/models/format.h"
#include "gui/pages/schedule_actions.h"
#include "gui/pages/schedule_runs_view.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/empty_state.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/safe_table.h"

#include <QAction>
#include <QItemSelectionModel>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace arc {

SchedulesTab::SchedulesTab(WindowContext &context, ScheduleActions &actions, QWidget *parent)
    : QWidget(parent), m_context(context), m_actions(actions), m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(QStringLiteral("history"), this)), m_full(new QWidget(this)),
      m_note(new QLabel(this)),
      m_table(new SafeTable(&m_model, SchedulesModel::State, SchedulesModel::Name, this)),
      m_about(new QLabel(this)),
      m_add(new QPushButton(icon(QStringLiteral("plus")), tr("Add schedule…"), this)),
      m_run(new QPushButton(icon(QStringLiteral("play")), tr("Run now"), this)),
      m_edit(new QPushButton(icon(QStringLiteral("settings")), tr("Edit…"), this)),
      m_toggle(new QPushButton(icon(QStringLiteral("pause")), tr("Switch off"), this)),
      m_remove(new QPushButton(icon(QStringLiteral("trash"), Tint::Error), tr("Remove"), this)),
      m_runs(new ScheduleRunsView(context, this))
{
    makeLayout();
    connect(m_empty, &EmptyState::activated, this, &SchedulesTab::add);
    connect(m_add, &QPushButton::clicked, this, &SchedulesTab::add);
    connect(m_run, &QPushButton::clicked, this, &SchedulesTab::runNow);
    connect(m_edit, &QPushButton::clicked, this, &SchedulesTab::edit);
    connect(m_toggle, &QPushButton::clicked, this, &SchedulesTab::toggle);
    connect(m_remove, &QPushButton::clicked, this, &SchedulesTab::remove);
    connect(m_table, &SafeTable::rowActivated, this, &SchedulesTab::edit);
    connect(m_table, &QWidget::customContextMenuRequested, this, &SchedulesTab::showMenu);
    // Not rowSelected(): a row becomes the current one before it is selected.
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &SchedulesTab::refresh);
    connect(&actions, &ScheduleActions::changed, this, &SchedulesTab::fetch);
    connect(&actions, &ScheduleActions::saved, this,
            [this](const QString &name) { m_wanted = toStd(name); });
    connect(&actions, &ScheduleActions::started, this,
            [this](const api::ScheduleRun &run) { m_runs->choose(run.id); });
    ControlBridge &bridge = context.bridge();
    connect(&bridge, &ControlBridge::snapshotChanged, this, &SchedulesTab::fetchWhenDue);
    connect(&bridge, &ControlBridge::sitesChanged, this, [this] {
        if (isVisible())
            fetch(); // another revision: an undo, or somebody else
    });
    connect(&bridge, &ControlBridge::linkChanged, this, [this] {
        if (isVisible() && m_context.bridge().link() == Link::Live)
            fetch();
        refresh();
    });
    refresh();
}

void SchedulesTab::makeLayout()
{
    for (QLabel *label : {m_note, m_about}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_about->setProperty("secondary", true);
    m_about->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_table->setAccessibleName(tr("Schedules"));
    m_table->setDropOrder({SchedulesModel::Last, SchedulesModel::Times, SchedulesModel::Next});
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    auto *list = new QFrame(m_full);
    list->setProperty("card", true);
    auto *inside = new QVBoxLayout(list);
    inside->setContentsMargins(14, 12, 14, 12);
    inside->setSpacing(8);
    inside->addLayout(makeDeeds());
    inside->addWidget(m_note);
    inside->addWidget(m_table);
    inside->addWidget(m_about);
    m_full->setProperty("page", true);
    auto *column = new QVBoxLayout(m_full);
    column->setContentsMargins(0, 14, 8, 8);
    column->setSpacing(12);
    column->addWidget(list);
    column->addWidget(m_runs);
    column->addStretch();
    auto *scroll = new QScrollArea(this);
    scroll->setAccessibleName(tr("Schedules and their runs"));
    scroll->setWidgetResizable(true);
    scroll->setWidget(m_full);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(scroll);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
}

QLayout *SchedulesTab::makeDeeds()
{
    auto *deeds = new FlowLayout(FlowLayout::Widths::Natural, 8);
    for (QPushButton *button : {m_add, m_run, m_edit, m_toggle, m_remove})
        deeds->addWidget(button);
    return deeds;
}

void SchedulesTab::showSite(const QString &site)
{
    if (site == m_site)
        return;
    m_site = site;
    m_model.setRows({});
    m_isKnown = false;
    m_problem.clear();
    m_wanted.clear();
    refresh();
    if (isVisible())
        fetch();
}

std::string SchedulesTab::app() const
{
    const api::SiteView *view = m_context.bridge().site(toStd(m_site));
    return view ? view->app : std::string();
}

// ---- asked for

void SchedulesTab::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    fetch();
}

void SchedulesTab::fetchWhenDue()
{
    if (!isVisible())
        return;
    bool isRunning = false;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const api::ScheduleView &view = m_model.rowAt(row).view;
        isRunning |= view.state == "running" || (view.last.id != 0 && !isOver(view.last));
    }
    if (isRunning || m_context.bridge().asOfUnixMs() - m_fetchedAt >= kRefreshMs)
        fetch();
}

void SchedulesTab::fetch()
{
    const std::string of = app();
    if (of.empty())
        return;
    m_fetchedAt = m_context.bridge().asOfUnixMs();
    m_context.bridge().call(&Control::schedules, {.app = of}, this,
                            [this, asked = ++m_asked, of](Result<api::ScheduleViews> answer) {
                                if (asked != m_asked || of != app())
                                    return; // a newer one is on its way
                                m_fetchedApp = of;
                                take(std::move(answer));
                            });
}

void SchedulesTab::take(Result<api::ScheduleViews> answer)
{
    m_problem = answer ? QString() : toQString(answer.error().message());
    if (answer) {
        const bool isFirst = !std::exchange(m_isKnown, true);
        m_model.update(answer->schedules, m_context.bridge().asOfUnixMs());
        m_table->resortQuietly();
        const bool isWanted = !m_wanted.empty() && m_model.find(m_wanted) >= 0;
        if (isWanted)
            m_table->selectSourceRow(m_model.find(std::exchange(m_wanted, {})));
        else if (isFirst && m_model.rowCount() > 0)
            m_table->selectRow(0);
        m_runs->fetch();
    }
    refresh();
}

// ---- shown

std::optional<api::ScheduleView> SchedulesTab::selected() const
{
    const int row = m_table->selectedRow();
    return row < 0 ? std::nullopt : std::optional(m_model.rowAt(row).view);
}

QString SchedulesTab::note() const
{
    return m_note->isHidden() ? QString() : m_note->text();
}

bool SchedulesTab::isEmpty() const
{
    return m_stack->currentWidget() == m_empty;
}

void SchedulesTab::refresh()
{
    const bool live = m_context.bridge().link() == Link::Live;
    const bool none = m_model.rowCount() == 0;
    if (m_isKnown && none && live && m_problem.isEmpty())
        m_empty->show(tr("No schedules yet"),
                      tr("A schedule runs a command of the app at times of the clock: clear "
                         "sessions each night, send a report on Mondays."),
                      tr("Add schedule…"));
    m_stack->setCurrentIndex(m_isKnown && none && live && m_problem.isEmpty() ? 0 : 1);
    QString note;
    if (!live)
        note = m_isKnown
            ? tr("As it was at %1; the engine is not reachable").arg(clockText(m_fetchedAt))
            : tr("The engine is not reachable");
    else if (!m_problem.isEmpty())
        note = tr("The schedules cannot be asked for: %1").arg(m_problem);
    else if (!m_isKnown)
        note = tr("Asking the engine…");
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
    setMark(*m_note, "bad", live && !m_problem.isEmpty());
    setMark(*m_note, "secondary", !live || m_problem.isEmpty());
    m_table->setVisible(!none);
    m_table->setFixedHeight(m_table->heightForRows(kRowsShownMax));
    const auto view = selected();
    m_runs->setVisible(view.has_value());
    m_about->setVisible(view.has_value());
    if (view) {
        const QString meaning = cronMeaning(toQString(view->cron));
        const QString zone =
            view->timeZone.empty() ? QString() : tr(" (%1)").arg(toQString(view->timeZone));
        QStringList lines {tr("Runs %1").arg(toQString(view->command))};
        if (!meaning.isEmpty())
            lines << meaning + zone;
        if (!view->cause.empty())
            lines << toQString(view->cause).simplified();
        m_about->setText(lines.join(QLatin1Char('\n')));
        m_runs->show(m_fetchedApp, view->name);
    }
    refreshDeeds();
}

void SchedulesTab::refreshDeeds()
{
    const auto view = selected();
    const QString name = view ? toQString(view->name) : QString();
    const bool isOn = isSelectedOn();
    m_toggle->setText(isOn ? tr("Switch off") : tr("Switch on"));
    m_toggle->setIcon(icon(isOn ? QStringLiteral("pause") : QStringLiteral("play")));
    const auto show = [](QPushButton &button, const QString &whyNot, const QString &does) {
        button.setEnabled(whyNot.isEmpty());
        button.setToolTip(whyNot.isEmpty() ? does : whyNot);
    };
    show(*m_add, whyNotAdd(), {});
    show(*m_run, whyNotSelected(),
         tr("Beside its times; the overlap rule and the time limit hold"));
    show(*m_edit, whyNotSelected(), {});
    show(*m_toggle, whyNotSelected(),
         isOn ? tr("It is kept, and starts at no time until it is switched on")
              : tr("It starts at its times again"));
    show(*m_remove, whyNotSelected(), tr("A run that goes on ends by itself"));
    m_run->setAccessibleName(tr("Run %1 now").arg(name));
    m_edit->setAccessibleName(tr("Edit schedule %1").arg(name));
    m_toggle->setAccessibleName(m_toggle->text() + QLatin1Char(' ') + name);
    m_remove->setAccessibleName(tr("Remove schedule %1").arg(name));
    const QString deeds = whyNotSelected() + m_toggle->accessibleName();
    if (std::exchange(m_toldDeeds, deeds) != deeds)
        Q_EMIT deedsChanged();
}

void SchedulesTab::showMenu(QPoint at)
{
    if (!selected() || m_menu.isEmpty())
        return;
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addActions(m_menu);
    menu->popup(m_table->viewport()->mapToGlobal(at));
}

// ---- done

QString SchedulesTab::whyNotAdd() const
{
    if (m_context.bridge().link() != Link::Live)
        return tr("The engine is not reachable");
    return app().empty() ? tr("%1 is not an app: it runs no commands").arg(m_site) : QString();
}

QString SchedulesTab::whyNotSelected() const
{
    if (const QString why = whyNotAdd(); !why.isEmpty())
        return why;
    return selected() ? QString() : tr("Select a schedule in the table");
}

bool SchedulesTab::isSelectedOn() const
{
    const auto view = selected();
    return !view || view->enabled;
}

void SchedulesTab::add()
{
    if (whyNotAdd().isEmpty())
        m_actions.add(app());
}

void SchedulesTab::edit()
{
    if (whyNotSelected().isEmpty())
        m_actions.edit(app(), *selected());
}

void SchedulesTab::toggle()
{
    if (whyNotSelected().isEmpty())
        m_actions.setEnabled(app(), selected()->name, !selected()->enabled);
}

void SchedulesTab::remove()
{
    if (whyNotSelected().isEmpty())
        m_actions.remove(app(), selected()->name);
}

void SchedulesTab::runNow()
{
    if (whyNotSelected().isEmpty())
        m_actions.run(app(), selected()->name);
}

} // namespace arc
