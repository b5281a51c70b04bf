// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/schedule_sheet.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/cron_words.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/layouts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace arc {

constexpr int kTimeLimitMax = 31'536'000; // a year, as the engine has it
constexpr int kSheetWidth = 620;

ScheduleSheet::ScheduleSheet(WindowContext &context, const api::NewSchedule &before,
                             const std::optional<api::NewSchedule> &typed, QWidget *parent)
    : TitledDialog(before.name.empty()
                       ? tr("Add a schedule to %1").arg(toQString(before.app))
                       : tr("Schedule %1 of %2").arg(toQString(before.name), toQString(before.app)),
                   typed ? tr("What you typed before is here again.")
                         : tr("A command of the app that the engine starts at times of the clock, "
                              "once, however many workers there are."),
                   parent),
      m_context(context), m_before(before)
{
    setMinimumWidth(scaled(kSheetWidth));
    makeFields();
    addStretch();
    addCancel();
    m_save = addButton(before.name.empty() ? tr("Add schedule") : tr("Save"), "save");
    m_save->setProperty("primary", true);
    m_save->setDefault(true);
    connect(m_save, &QPushButton::clicked, this, &ScheduleSheet::save);
    connect(&context.bridge(), &ControlBridge::linkChanged, this, &ScheduleSheet::refresh);
    m_delay.setSingleShot(true);
    m_delay.setInterval(kAskDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &ScheduleSheet::askForTimes);
    fill(typed.value_or(before));
    (before.name.empty() ? m_name : m_cron)->setFocus();
}

QLineEdit *ScheduleSheet::addField(QFormLayout *form, const QString &name, const char *objectName)
{
    auto *field = new QLineEdit(this);
    field->setAccessibleName(name);
    field->setObjectName(QLatin1String(objectName));
    form->addRow(name, field);
    connect(field, &QLineEdit::textChanged, this, &ScheduleSheet::edited);
    return field;
}

void ScheduleSheet::makeFields()
{
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(8);
    m_name = addField(form, tr("Name"), "scheduleName");
    m_name->setPlaceholderText(tr("nightly"));
    m_cron = addField(form, tr("Times"), "scheduleTimes");
    m_cron->setPlaceholderText(QStringLiteral("30 2 * * *"));
    m_cron->setFont(monoFont());
    m_meaning = plainLabel({}, this);
    m_meaning->setObjectName(QStringLiteral("scheduleMeaning"));
    form->addRow(QString(), m_meaning);
    m_zone = addField(form, tr("Time zone"), "scheduleZone");
    m_zone->setPlaceholderText(tr("of the machine; or Europe/Berlin"));
    m_command = addField(form, tr("Command"), "scheduleCommand");
    m_command->setPlaceholderText(QStringLiteral("manage.py clearsessions"));
    m_command->setFont(monoFont());
    m_overlap = new QComboBox(this);
    m_overlap->setAccessibleName(tr("While the run before goes on"));
    m_overlap->addItem(tr("leave the start out"), QStringLiteral("skip"));
    m_overlap->addItem(tr("let one start wait"), QStringLiteral("queue"));
    m_overlap->addItem(tr("start another beside it"), QStringLiteral("allow"));
    form->addRow(tr("If still running"), m_overlap);
    m_limit = new QSpinBox(this);
    m_limit->setAccessibleName(tr("Time limit in seconds"));
    m_limit->setRange(0, kTimeLimitMax);
    m_limit->setSuffix(tr(" s"));
    m_limit->setSpecialValueText(tr("none"));
    m_limitWords = plainLabel({}, this);
    m_limitWords->setProperty("secondary", true);
    auto *limit = new QHBoxLayout;
    limit->addWidget(m_limit);
    limit->addWidget(m_limitWords, 1);
    form->addRow(tr("Time limit"), limit);
    m_catchUp = new QCheckBox(tr("Make up a start that was missed, once"), this);
    m_enabled = new QCheckBox(tr("Runs at its times"), this);
    form->addRow(QString(), m_catchUp);
    form->addRow(QString(), m_enabled);
    m_problem = plainLabel({}, this);
    m_problem->setProperty("bad", true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->hide();
    column()->addLayout(form);
    column()->addWidget(m_problem);
    column()->addStretch();
    connect(m_overlap, &QComboBox::currentIndexChanged, this, &ScheduleSheet::edited);
    connect(m_limit, &QSpinBox::valueChanged, this, &ScheduleSheet::edited);
    connect(m_catchUp, &QCheckBox::toggled, this, &ScheduleSheet::edited);
    connect(m_enabled, &QCheckBox::toggled, this, &ScheduleSheet::edited);
}

void ScheduleSheet::fill(const api::NewSchedule &what)
{
    m_isFilling = true;
    m_name->setText(toQString(what.name));
    m_cron->setText(toQString(what.cron));
    m_zone->setText(toQString(what.timeZone));
    m_command->setText(toQString(what.command));
    m_overlap->setCurrentIndex(std::max(0, m_overlap->findData(toQString(what.overlap))));
    m_limit->setValue(int(std::min<int64_t>(what.timeLimitSeconds, kTimeLimitMax)));
    m_catchUp->setChecked(what.catchUp);
    m_enabled->setChecked(what.enabled);
    m_isFilling = false;
    askForTimes();
    refresh();
}

api::NewSchedule ScheduleSheet::typed() const
{
    return {.app = m_before.app,
            .name = toStd(m_name->text().trimmed()),
            .cron = toStd(m_cron->text().trimmed()),
            .timeZone = toStd(m_zone->text().trimmed()),
            .command = toStd(m_command->text().trimmed()),
            .overlap = toStd(m_overlap->currentData().toString()),
            .timeLimitSeconds = m_limit->value(),
            .catchUp = m_catchUp->isChecked(),
            .enabled = m_enabled->isChecked(),
            .revision = m_before.revision};
}

void ScheduleSheet::edited()
{
    if (m_isFilling)
        return;
    showProblem({});
    if (sender() == m_cron || sender() == m_zone)
        m_delay.start();
    refresh();
}

// ---- times

void ScheduleSheet::askForTimes()
{
    const api::NewSchedule now = typed();
    ++m_asked;
    if (now.cron.empty()) {
        setMark(*m_cron, "invalid", false);
        setMark(*m_meaning, "bad", false);
        setMark(*m_meaning, "secondary", true);
        m_meaning->setText(tr("Minute, hour, day of the month, month, day of the week; or @daily"));
        return;
    }
    m_context.bridge().call(&Control::scheduleTimes,
                            {.cron = now.cron, .timeZone = now.timeZone, .count = kTimesShown},
                            this, [this, asked = m_asked](Result<api::ScheduleTimes> answer) {
                                if (asked == m_asked) // else something else is typed by now
                                    takeTimes(std::move(answer));
                            });
}

void ScheduleSheet::takeTimes(Result<api::ScheduleTimes> answer)
{
    setMark(*m_meaning, "bad", !answer);
    setMark(*m_meaning, "secondary", bool(answer));
    setMark(*m_cron, "invalid", false);
    setMark(*m_zone, "invalid", false);
    if (!answer) {
        const QString why = toQString(answer.error().message());
        m_meaning->setText(QString(why)
                               .replace(QLatin1String("time_zone: "), QString())
                               .replace(QLatin1String("cron: "), QString()));
        markField(why);
    } else {
        QStringList times;
        for (const std::string &time : answer->times)
            times << toQString(time);
        const QString meaning = cronMeaning(m_cron->text());
        const QString next = tr("Next: %1").arg(times.join(QStringLiteral(", ")));
        m_meaning->setText(meaning.isEmpty() ? next : meaning + QLatin1Char('\n') + next);
    }
    fitHeight(*this, width());
}

QString ScheduleSheet::meaning() const
{
    return m_meaning->text();
}

// ---- saved

void ScheduleSheet::save()
{
    showProblem({});
    m_isBusy = true;
    refresh();
    if (m_before.name.empty())
        return m_context.bridge().call(
            &Control::addSchedule, typed(), this,
            [this](Result<api::Changed> answer) { take(std::move(answer)); });
    // Any change moves the revision on, but only one of this schedule is in the way.
    m_context.bridge().call(
        &Control::schedules, {.app = m_before.app}, this, [this](Result<api::ScheduleViews> now) {
            if (!now)
                return take(now.error());
            const auto at =
                std::ranges::find(now->schedules, m_before.name, &api::ScheduleView::name);
            if (at != now->schedules.end() && !isAsBefore(*at))
                return take(Error(ErrorCode::Conflict,
                                  toStd(tr("Somebody changed it meanwhile. Cancel, look at "
                                           "it, and edit again: what you typed is kept."))));
            sendEdit(now->revision);
        });
}

bool ScheduleSheet::isAsBefore(const api::ScheduleView &now) const
{
    return now.cron == m_before.cron && now.timeZone == m_before.timeZone
        && now.command == m_before.command && now.overlap == m_before.overlap
        && now.timeLimitSeconds == m_before.timeLimitSeconds && now.catchUp == m_before.catchUp
        && now.enabled == m_before.enabled;
}

void ScheduleSheet::sendEdit(uint64_t revision)
{
    const api::NewSchedule now = typed();
    const auto changed = [](const auto &wanted, const auto &before) {
        return wanted == before ? std::nullopt : std::optional(wanted);
    };
    m_context.bridge().call(
        &Control::editSchedule,
        {.app = now.app,
         .name = m_before.name,
         .newName = changed(now.name, m_before.name),
         .cron = changed(now.cron, m_before.cron),
         .timeZone = changed(now.timeZone, m_before.timeZone),
         .command = changed(now.command, m_before.command),
         .overlap = changed(now.overlap, m_before.overlap),
         .timeLimitSeconds = changed(now.timeLimitSeconds, m_before.timeLimitSeconds),
         .catchUp = changed(now.catchUp, m_before.catchUp),
         .enabled = changed(now.enabled, m_before.enabled),
         .revision = revision},
        this, [this](Result<api::Changed> answer) { take(std::move(answer)); });
}

void ScheduleSheet::take(Result<api::Changed> answer)
{
    m_isBusy = false;
    refresh();
    if (!answer) {
        const QString why = toQString(answer.error().message());
        showProblem(why);
        return markField(why);
    }
    const QString name = m_name->text().trimmed();
    if (answer->summary.empty()) // the same as before
        m_context.say(tr("The engine has it already"));
    else
        m_context.sayUndoable(m_before.name.empty() ? tr("Schedule %1 is added").arg(name)
                                                    : tr("Schedule %1 is changed").arg(name),
                              answer->revision);
    m_context.bridge().refresh();
    Q_EMIT saved(name);
    accept();
}

void ScheduleSheet::done(int result)
{
    if (result == Rejected)
        Q_EMIT left();
    TitledDialog::done(result);
}

QString ScheduleSheet::problem() const
{
    return m_problem->isHidden() ? QString() : m_problem->text();
}

void ScheduleSheet::showProblem(const QString &text)
{
    if (text == problem())
        return;
    m_problem->setText(text);
    m_problem->setVisible(!text.isEmpty());
    if (text.isEmpty()) {
        setMark(*m_name, "invalid", false);
        setMark(*m_command, "invalid", false);
    }
    fitHeight(*this, width());
}

/// "cron: minute: ..." names the field.
void ScheduleSheet::markField(const QString &problem)
{
    const std::pair<const char *, QWidget *> fields[] = {
        {"name: ", m_name}, {"cron: ", m_cron}, {"time_zone: ", m_zone}, {"command: ", m_command}};
    for (const auto &[key, field] : fields) {
        if (problem.startsWith(QLatin1String(key)))
            setMark(*field, "invalid", true);
    }
}

void ScheduleSheet::refresh()
{
    const api::NewSchedule now = typed();
    QString why;
    if (m_context.bridge().link() != Link::Live)
        why = tr("The engine is not reachable; what you typed is kept");
    else if (m_isBusy)
        why = tr("The engine is at it");
    else if (now.name.empty() || now.cron.empty() || now.command.empty())
        why = tr("A schedule needs a name, times and a command");
    else if (!m_before.name.empty() && !isChanged())
        why = tr("Nothing is changed");
    m_save->setEnabled(why.isEmpty());
    m_save->setToolTip(why);
    const int seconds = m_limit->value();
    m_limitWords->setText(seconds == 0 ? tr("A run may take as long as it likes")
                              : seconds % 3600 == 0
                              ? tr("= %n hour(s), then it is told to end", nullptr, seconds / 3600)
                              : seconds % 60 == 0
                              ? tr("= %n minute(s), then it is told to end", nullptr, seconds / 60)
                              : tr("then it is told to end"));
}

} // namespace arc
