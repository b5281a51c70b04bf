// SPDX-License-Identifier: Apache-2.0
// How `app service ...` is typed.
#include "app/ctl/ctl_verbs.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace arc {

namespace {

using Action = std::function<int(CtlSession &)>;
using Options = std::shared_ptr<CtlService>;

constexpr const char *kCommand =
    "After --: a program or script (or \"python\", the app's) and its arguments; or one line, cut "
    "into words as a shell would. No shell is run; {port} and {instance} are filled in";

template <class T>
void addOption(CLI::App &verb, const std::string &name, std::optional<T> &value,
               const std::string &help)
{
    verb.add_option("--" + name, value, help);
}

void addOption(CLI::App &verb, const std::string &name, std::optional<bool> &value,
               const std::string &help)
{
    const auto set = [&value](bool is) {
        return [&value, is](int64_t) {
            value = is;
        };
    };
    CLI::Option *on = verb.add_flag_function("--" + name, set(true), help);
    verb.add_flag_function("--no-" + name, set(false), "The contrary")->excludes(on);
}

class ServiceVerbs {
public:
    ServiceVerbs(CLI::App &group, std::function<void(Action)> choose)
        : m_group(group), m_choose(std::move(choose)), m_options(std::make_shared<CtlService>())
    {
    }

    void addAll()
    {
        addVerb("list", ctlServiceList);
        addAdd();
        addEdit();
        addNamed("remove", ctlServiceRemove);
        addWait(addNamed("start", ctlServiceStart));
        addNamed("stop", ctlServiceStop);
        addNamed("restart", ctlServiceRestart);
    }

private:
    template <class Run>
    CLI::App &addVerb(const std::string &name, Run run)
    {
        CLI::App &verb = *m_group.add_subcommand(name, helpOf("app service " + name));
        verb.final_callback([choose = m_choose, run, o = m_options] {
            choose([run, o](CtlSession &session) { return run(session, *o); });
        });
        verb.add_option("app", m_options->app, "Name of the app; that of its site, as a rule")
            ->required();
        return verb;
    }
    template <class Run>
    CLI::App &addNamed(const std::string &name, Run run)
    {
        CLI::App &verb = addVerb(name, run);
        verb.add_option("service", m_options->name, "As list shows it")->required();
        return verb;
    }
    void addWait(CLI::App &verb)
    {
        verb.add_flag("--no-wait", m_options->noWait, "Do not wait until it runs");
    }
    void addFields(CLI::App &verb, bool withCommand)
    {
        api::ServiceEdit &fields = m_options->fields;
#define FIELD(Type, member, key, option, usual, help)                                              \
    if (withCommand || std::string_view(key) != "command")                                         \
        addOption(verb, option, fields.member, help);
#include "server/config/service_fields.def"
        addWait(verb);
    }

    void addAdd()
    {
        CLI::App &add = addVerb("add", ctlServiceAdd);
        add.add_option("service", m_options->name, "What to call it")->required();
        add.add_option("command", m_options->command, kCommand)->required();
        addFields(add, false);
        add.footer("Examples: arcology ctl app service add shop mail -- celery -A shop worker\n"
                   "          arcology ctl app service add shop render --port -- node render.js");
    }
    void addEdit()
    {
        addFields(addNamed("edit", ctlServiceEdit), true);
    }

    CLI::App &m_group;
    const std::function<void(Action)> m_choose;
    const Options m_options;
};

} // namespace

void addServiceVerbs(CLI::App &app, const std::function<void(Action)> &choose)
{
    CLI::App &group =
        *app.add_subcommand("service", "Commands that are kept running beside the workers");
    group.require_subcommand(1);
    ServiceVerbs(group, choose).addAll();
}

} // namespace arc
