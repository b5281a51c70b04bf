// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/schedule_actions.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/schedule_sheet.h"
#include "gui/pages/window_context.h"

namespace arc {

ScheduleActions::ScheduleActions(WindowContext &context, QObject *parent)
    : QObject(parent), m_context(context)
{
}

void ScheduleActions::add(const std::string &app)
{
    open({.app = app});
}

void ScheduleActions::edit(const std::string &app, const api::ScheduleView &view)
{
    open({.app = app,
          .name = view.name,
          .cron = view.cron,
          .timeZone = view.timeZone,
          .command = view.command,
          .overlap = view.overlap,
          .timeLimitSeconds = view.timeLimitSeconds,
          .catchUp = view.catchUp,
          .enabled = view.enabled});
}

void ScheduleActions::open(const api::NewSchedule &before)
{
    const std::pair key(before.app, before.name);
    const auto left = m_left.find(key);
    auto *sheet = new ScheduleSheet(
        m_context, before, left == m_left.end() ? std::nullopt : std::optional(left->second),
        m_context.window());
    connect(sheet, &ScheduleSheet::left, this, [this, sheet, key] {
        if (sheet->isChanged())
            m_left[key] = sheet->typed();
        else
            m_left.erase(key);
    });
    connect(sheet, &ScheduleSheet::saved, this, [this, key](const QString &name) {
        m_left.erase(key);
        Q_EMIT saved(name);
        Q_EMIT changed();
    });
    sheet->open();
}

void ScheduleActions::setEnabled(const std::string &app, const std::string &name, bool on)
{
    m_context.bridge().call(&Control::editSchedule, {.app = app, .name = name, .enabled = on}, this,
                            [this, on, shown = toQString(name)](Result<api::Changed> answer) {
                                if (answer)
                                    m_context.sayUndoable(
                                        on ? tr("%1 runs at its times again").arg(shown)
                                           : tr("%1 is switched off").arg(shown),
                                        answer->revision);
                                else
                                    m_context.sayFailed(on ? tr("Switch %1 on").arg(shown)
                                                           : tr("Switch %1 off").arg(shown),
                                                        toQString(answer.error().message()));
                                m_context.bridge().refresh();
                                Q_EMIT changed();
                            });
}

void ScheduleActions::remove(const std::string &app, const std::string &name)
{
    m_context.bridge().call(&Control::removeSchedule, {.app = app, .name = name}, this,
                            [this, shown = toQString(name)](Result<api::Changed> answer) {
                                if (answer)
                                    m_context.sayUndoable(tr("Schedule %1 is removed").arg(shown),
                                                          answer->revision);
                                else
                                    m_context.sayFailed(tr("Remove %1").arg(shown),
                                                        toQString(answer.error().message()));
                                m_context.bridge().refresh();
                                Q_EMIT changed();
                            });
}

void ScheduleActions::run(const std::string &app, const std::string &name)
{
    m_context.bridge().call(
        &Control::runSchedule, {.app = app, .name = name}, this,
        [this, shown = toQString(name)](Result<api::ScheduleRun> answer) {
            if (!answer)
                m_context.sayFailed(tr("Run %1").arg(shown), toQString(answer.error().message()));
            else if (answer->state == "running")
                m_context.say(tr("%1 runs").arg(shown));
            else if (answer->state == "waiting")
                m_context.say(tr("%1 runs when the run before it has ended").arg(shown));
            else
                m_context.say(
                    tr("%1 was not started: %2").arg(shown, toQString(answer->cause).simplified()));
            if (answer)
                Q_EMIT started(*answer);
            Q_EMIT changed();
        });
}

} // namespace arc
