// SPDX-License-Identifier: Apache-2.0
// How `app schedule ...` is typed.
#include "app/command_line.h"
#include "app/ctl/ctl_verbs.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace arc {

namespace {

using Action = std::function<int(CtlSession &)>;
using Options = std::shared_ptr<CtlSchedule>;

constexpr const char *kTimes = "Minute, hour, day of the month, month, day of the week, as in a "
                               "crontab: \"30 2 * * mon-fri\"; or @hourly, @daily, @weekly, "
                               "@monthly, @yearly";
constexpr const char *kZone = "Of the times, as Europe/Berlin; the machine's when not given";
constexpr const char *kOverlap =
    "When the run before still goes on: skip leaves the start out, queue lets one wait, allow "
    "starts another beside it";
constexpr const char *kLimit = "Seconds after which a run is ended; 0: never";
constexpr const char *kCommand =
    "After --: a script of the app's folder (or \"python\", the app's) and its arguments; or one "
    "line, cut into words as a shell would. No shell is run";

class ScheduleVerbs {
public:
    ScheduleVerbs(CLI::App &group, std::function<void(Action)> choose)
        : m_group(group), m_choose(std::move(choose)), m_options(std::make_shared<CtlSchedule>())
    {
    }

    void addAll()
    {
        const Options o = m_options;
        CLI::App &list = addVerb(
            "list", [o](CtlSession &session) { return ctlScheduleList(session, o->history.app); });
        addApp(list, o->history.app);
        addAdd();
        addEdit();
        CLI::App &remove = addVerb("remove", [o](CtlSession &session) {
            return ctlScheduleRemove(session, {o->history.app, o->history.schedule});
        });
        CLI::App &run = addVerb("run", [o](CtlSession &session) {
            return ctlScheduleRun(session, {o->history.app, o->history.schedule}, o->noWait);
        });
        for (CLI::App *verb : {&remove, &run}) {
            addApp(*verb, o->history.app);
            verb->add_option("schedule", o->history.schedule, "As list shows it")->required();
        }
        run.add_flag("--no-wait", o->noWait, "Do not wait for its end");
        run.footer("Ends with the command's exit status. Ctrl+C ends the waiting, not the run.");
        addHistory();
    }

private:
    CLI::App &addVerb(const std::string &name, Action action)
    {
        CLI::App &verb = *m_group.add_subcommand(name, helpOf("app schedule " + name));
        verb.final_callback([choose = m_choose, action = std::move(action)] { choose(action); });
        return verb;
    }
    static void addApp(CLI::App &verb, std::string &app)
    {
        verb.add_option("app", app, "Name of the app; that of its site, as a rule")->required();
    }
    static CLI::Validator overlapRule() { return CLI::IsMember({"skip", "queue", "allow"}); }

    void addAdd()
    {
        const Options o = m_options;
        CLI::App &add =
            addVerb("add", [o](CtlSession &session) { return ctlScheduleAdd(session, *o); });
        addApp(add, o->added.app);
        add.add_option("schedule", o->added.name, "What to call it")->required();
        add.add_option("times", o->added.cron, kTimes)->required();
        add.add_option("command", o->command, kCommand)->required();
        add.add_option("--time-zone", o->added.timeZone, kZone);
        add.add_option("--overlap", o->added.overlap, kOverlap)->check(overlapRule());
        add.add_option("--time-limit", o->added.timeLimitSeconds,
                       std::string(kLimit) + "; a day when not given")
            ->check(wholeNumber(0));
        add.add_flag("--catch-up", o->added.catchUp,
                     "Make up for missed starts, once, as soon as it can be");
        add.add_flag("--disabled", o->disable, "Not yet; edit --enable begins");
        add.footer(
            "Example: arcology ctl app schedule add shop nightly \"30 2 * * *\" -- manage.py "
            "clearsessions");
    }

    void addEdit()
    {
        const Options o = m_options;
        CLI::App &edit =
            addVerb("edit", [o](CtlSession &session) { return ctlScheduleEdit(session, *o); });
        addApp(edit, o->edit.app);
        edit.add_option("schedule", o->edit.name, "As list shows it")->required();
        edit.add_option("--name", o->edit.newName,
                        "A new name; the history stays with the old one");
        edit.add_option("--times", o->edit.cron, kTimes);
        edit.add_option("--time-zone", o->edit.timeZone,
                        "Of the times, as Europe/Berlin; \"\" is the machine's");
        edit.add_option("--command", o->edit.command, "One line, cut into words as a shell would");
        edit.add_option("--overlap", o->edit.overlap, kOverlap)->check(overlapRule());
        edit.add_option("--time-limit", o->edit.timeLimitSeconds, kLimit)->check(wholeNumber(0));
        CLI::Option *catchUp =
            edit.add_flag("--catch-up", o->catchUp, "Make up for missed starts, once");
        edit.add_flag("--no-catch-up", o->noCatchUp, "Only tell of missed starts")
            ->excludes(catchUp);
        CLI::Option *enable = edit.add_flag("--enable", o->enable, "Go by its times from now on");
        edit.add_flag("--disable", o->disable, "Start nothing until it is enabled again")
            ->excludes(enable);
    }

    void addHistory()
    {
        const Options o = m_options;
        CLI::App &history = addVerb(
            "history", [o](CtlSession &session) { return ctlScheduleHistory(session, *o); });
        addApp(history, o->history.app);
        history.add_option("schedule", o->history.schedule, "Of this one only");
        history.add_option("--limit", o->history.limit, "At most so many, the newest")
            ->check(wholeNumber(1, 1000));
        history.add_option("--number", o->number, "One run in full, with the last of its output")
            ->check(wholeNumber(1));
    }

    CLI::App &m_group;
    const std::function<void(Action)> m_choose;
    const Options m_options;
};

} // namespace

void addScheduleVerbs(CLI::App &app, const std::function<void(Action)> &choose)
{
    CLI::App &group = *app.add_subcommand("schedule", "Commands that run at times of the clock");
    group.require_subcommand(1);
    ScheduleVerbs(group, choose).addAll();
}

} // namespace arc
