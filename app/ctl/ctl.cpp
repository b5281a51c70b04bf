// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/ctl.h"

#include "app/command_line.h"
#include "app/ctl/ctl_app.h"
#include "app/ctl/ctl_verbs.h"

#include <limits>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace arc {

namespace {

constexpr int kUsage = 2;
constexpr int kTailBytesMax = 1 << 20;

} // namespace

/// What the command line said. The verb that was named leaves its action here.
struct CtlCommand {
    std::string socketPath;
    std::string dataDir;
    bool json = false;
    std::function<int(CtlSession &)> action;

    std::string site;
    CtlNewSite newSite;
    CtlNewCertificate newCertificate;
    CtlVariables variables;
    CtlLevel level;
    std::vector<std::string> words;
    CtlRun run;
    std::string release;
    std::string word;
    api::WorkerKill kill;
    api::WorkerEndQuery ends;
    uint64_t end = 0;
    CtlLog log;
    int limit = 50;
    bool dryRun = false;
    uint64_t from = 0;
    uint64_t to = 0;
};

namespace {

class Verbs {
public:
    Verbs(CLI::App &app, CtlCommand &command) : m_app(app), m_command(command) { }

    void addAll()
    {
        addVerb(m_app, "status", helpOf("status"),
                [](CtlSession &session) { return ctlStatus(session); });
        addVerb(m_app, "metrics", helpOf("metrics"),
                [](CtlSession &session) { return ctlMetrics(session); });
        addVerb(m_app, "shutdown", helpOf("shutdown"),
                [](CtlSession &session) { return ctlShutdown(session); });
        addSites();
        addApps();
        addWorkers();
        addSettings();
        addListenerVerbs(addGroup("listener", "Addresses that are open"),
                         [&c = m_command](std::function<int(CtlSession &)> action) {
                             c.action = std::move(action);
                         });
        addConfig();
        addCertificates();
        addVerb(m_app, "diagnostics", helpOf("diagnostics"),
                [](CtlSession &session) { return ctlDiagnostics(session); });
        addLogs();
    }

private:
    CLI::App &addGroup(const std::string &name, const std::string &help)
    {
        CLI::App &group = *m_app.add_subcommand(name, help);
        group.require_subcommand(1);
        return group;
    }

    CLI::App &addVerb(CLI::App &parent, const std::string &name, const std::string &help,
                      std::function<int(CtlSession &)> action)
    {
        CLI::App &verb = *parent.add_subcommand(name, help);
        verb.final_callback([&c = m_command, action = std::move(action)] { c.action = action; });
        return verb;
    }

    void addSite(CLI::App &verb)
    {
        verb.add_option("site", m_command.site, "Name of the site")->required();
    }

    void addSites()
    {
        CtlCommand &c = m_command;
        CLI::App &group = addGroup("site", "What is served");
        addVerb(group, "list", helpOf("site list"),
                [](CtlSession &session) { return ctlSiteList(session); });
        addSiteAdd(group);
        using OnSite = int (*)(CtlSession &, const std::string &);
        const std::pair<const char *, OnSite> verbs[] = {
            {"remove", &ctlSiteRemove}, {"start", &ctlSiteStart},
            {"stop", &ctlSiteStop},     {"restart", &ctlSiteRestart},
            {"deploy", &ctlSiteDeploy}, {"releases", &ctlSiteReleases}};
        for (const auto &[name, run] : verbs) {
            addSite(addVerb(group, name, helpOf(fmt::format("site {}", name)),
                            [&c, run = run](CtlSession &session) { return run(session, c.site); }));
        }
        addSiteEdit(group);
        CLI::App &rollback =
            addVerb(group, "rollback", helpOf("site rollback"), [&c](CtlSession &session) {
                return ctlSiteRollback(session, c.site, c.release);
            });
        addSite(rollback);
        rollback.add_option("release", c.release,
                            "Its id or the first digits of it; else the one that served before");
        CLI::App &run = addVerb(group, "run", helpOf("site run"), [&c](CtlSession &session) {
            return ctlSiteRun(session, c.site, c.run);
        });
        addSite(run);
        run.add_option("command", c.run.argv,
                       "After --: a script of the site's folder (or \"python\") and its arguments")
            ->required();
        run.add_option("--env", c.run.env,
                       "K=V, beside the app's environment and for this run only; K alone takes the "
                       "value it has here; may come again")
            ->allow_extra_args(false);
        run.add_flag("--stdin", c.run.takesInput,
                     "The command reads what is on standard input, up to its end; without this it "
                     "has none, and cannot ask anything");
        run.add_option("--release", c.run.release,
                       "The release it runs in, by the first digits of its id, or \"live\": the "
                       "app's folder itself; else what serves");
        run.footer("Example: arcology ctl site run shop -- manage.py migrate");
    }

    void addSiteEdit(CLI::App &group)
    {
        CtlCommand &c = m_command;
        CLI::App &edit = addVerb(group, "edit", helpOf("site edit"), [&c](CtlSession &session) {
            return ctlSiteEdit(session, c.site, c.newSite);
        });
        addSite(edit);
        edit.add_option("--name", c.newSite.site.name,
                        "A new name; the host NAME.localhost follows it");
        edit.add_option("--entry", c.newSite.site.entry, "MODULE:ATTR of the application");
        edit.add_option("--interface", c.newSite.site.interface)
            ->check(CLI::IsMember({"wsgi", "asgi"}));
        edit.add_option("--python", c.newSite.site.python,
                        "The interpreter; workers are replaced one after the other");
        edit.add_option("--host", c.newSite.site.hosts,
                        "The host names it answers for, instead of those it has; may come again")
            ->allow_extra_args(false);
        edit.add_option("--env", c.newSite.env,
                        "K=V, added to the app's environment; may come again")
            ->allow_extra_args(false);
        edit.add_option("--unset-env", c.newSite.unsetEnv,
                        "K, removed from the app's environment; may come again")
            ->allow_extra_args(false);
        edit.footer(
            "Waits until new workers have taken over, where it needs any. When they do not "
            "start, the old ones go on\nserving, the cause is told and nothing is changed.");
    }

    void addSiteAdd(CLI::App &group)
    {
        CtlCommand &c = m_command;
        CLI::App &add = addVerb(group, "add", helpOf("site add"), [&c](CtlSession &session) {
            return ctlSiteAdd(session, c.newSite);
        });
        add.add_option("folder", c.newSite.site.path, "The project's folder")->required();
        add.add_option("--name", c.newSite.site.name, "Name of the site; else that of the project");
        add.add_option("--kind", c.newSite.site.kind,
                       "What to serve of it: django, flask, fastapi, wsgi, asgi; static serves its "
                       "files");
        add.add_option("--entry", c.newSite.site.entry,
                       "MODULE:ATTR of the application; else recognised");
        add.add_option("--interface", c.newSite.site.interface)
            ->check(CLI::IsMember({"auto", "wsgi", "asgi"}));
        add.add_option("--python", c.newSite.site.python,
                       "The interpreter; else the project's own or the system's");
        add.add_option("--host", c.newSite.site.hosts, "A host name it answers for; may come again")
            ->allow_extra_args(false);
        add.add_option("--env", c.newSite.env, "K=V for the app's environment; may come again")
            ->allow_extra_args(false);
        add.add_option("--env-file", c.newSite.envFile,
                       "More of them: a file of NAME=VALUE lines; what looks like a secret becomes "
                       "one");
        add.add_option("--set", c.newSite.settings,
                       "KEY=VALUE of the app's settings; may come again")
            ->allow_extra_args(false);
    }

    void addApps()
    {
        CtlCommand &c = m_command;
        CLI::App &group = addGroup("app", "What runs in the workers of a site, and beside them");
        addScheduleVerbs(
            group, [&c](std::function<int(CtlSession &)> action) { c.action = std::move(action); });
        addServiceVerbs(
            group, [&c](std::function<int(CtlSession &)> action) { c.action = std::move(action); });
        CLI::App &env = *group.add_subcommand("env", "Its environment variables, and its secrets");
        env.require_subcommand(1);
        CLI::App &list =
            addVerb(env, "list", "The variables of an app's own; secrets by name only.",
                    [&c](CtlSession &session) { return ctlAppEnvList(session, c.site); });
        CLI::App &set = addVerb(
            env, "set", "Sets variables of an app, all or none, and waits for workers with them.",
            [&c](CtlSession &session) { return ctlAppEnvSet(session, c.site, c.variables); });
        CLI::App &unset =
            addVerb(env, "unset", "Removes variables and secrets of an app, all or none.",
                    [&c](CtlSession &session) { return ctlAppEnvUnset(session, c.site, c.words); });
        CLI::App &check = addVerb(env, "check", helpOf("app env check"), [&c](CtlSession &session) {
            return ctlAppEnvCheck(session, c.site, c.words);
        });
        for (CLI::App *verb : {&list, &set, &unset, &check})
            verb->add_option("app", c.site, "Name of the app, or of its site")->required();
        set.add_option("variables", c.variables.words,
                       "NAME=VALUE; NAME alone reads the value from standard input, or from the "
                       "terminal without showing it");
        set.add_flag("--secret", c.variables.isSecret,
                     "Sealed in the data directory and never shown again; what is a secret already "
                     "stays one without this");
        set.add_option("--env-file", c.variables.file,
                       "A file of NAME=VALUE lines as .env files have them; - reads standard "
                       "input. What looks like a secret becomes one");
        set.footer("Waits until new workers have taken over. When they do not start, the old ones "
                   "go on serving, the cause is told\nand nothing is changed.");
        unset.add_option("names", c.words)->required();
        check.add_option("names", c.words, "Only these");
    }

    void addWorkers()
    {
        CtlCommand &c = m_command;
        CLI::App &group = addGroup("worker", "Processes that run apps");
        addVerb(group, "list", "All workers with what they do.",
                [](CtlSession &session) { return ctlWorkerList(session); });
        CLI::App &kill = addVerb(group, "kill", helpOf("worker kill"), [&c](CtlSession &session) {
            return ctlWorkerKill(session, c.kill);
        });
        kill.add_option("pid", c.kill.pid, "Process id, as worker list shows it")
            ->required()
            ->check(wholeNumber(1, std::numeric_limits<int>::max()));
        kill.add_flag("--drain", c.kill.drain,
                      "When it has finished what it has; another takes its place first");
        CLI::App &ends = addVerb(group, "ends", helpOf("worker ends"), [&c](CtlSession &session) {
            return ctlWorkerEnds(session, c.ends);
        });
        ends.add_option("--app", c.ends.app, "Of this app only");
        ends.add_option("--limit", c.ends.limit, "At most so many, the newest")
            ->check(CLI::Range(1, 1000));
        ends.add_flag("--unplanned", c.ends.unplanned, "Only those that nobody ordered");
        CLI::App &end = addVerb(group, "end", helpOf("worker end"),
                                [&c](CtlSession &session) { return ctlWorkerEnd(session, c.end); });
        end.add_option("number", c.end, "As worker ends shows it; the newest when not given");
    }

    void addSettings()
    {
        CtlCommand &c = m_command;
        CLI::App &group = addGroup("settings", "Every limit and default");
        CLI::App &list = addVerb(group, "list", helpOf("settings list"), [&c](CtlSession &session) {
            return ctlSettingsList(session, c.level);
        });
        CLI::App &get =
            addVerb(group, "get", "The value of one setting.",
                    [&c](CtlSession &session) { return ctlSettingsGet(session, c.level, c.word); });
        get.add_option("key", c.word)->required();
        CLI::App &set = addVerb(group, "set", helpOf("settings set"), [&c](CtlSession &session) {
            return ctlSettingsSet(session, c.level, c.words);
        });
        set.add_option("pairs", c.words, "KEY=VALUE, all or none")->required();
        CLI::App &reset = addVerb(
            group, "reset", "Back to the inherited values, all or none.",
            [&c](CtlSession &session) { return ctlSettingsReset(session, c.level, c.words); });
        reset.add_option("keys", c.words)->required();
        for (CLI::App *verb : {&list, &get, &set, &reset}) {
            CLI::Option *site =
                verb->add_option("--site", c.level.site, "Of this site instead of the engine");
            verb->add_option("--app", c.level.app, "Of this site's app instead of the engine")
                ->excludes(site);
        }
    }

    void addLogs()
    {
        CtlLog &log = m_command.log;
        CLI::App &group = addGroup("log", "What the engine, the apps and the visitors wrote");
        addVerb(group, "list", helpOf("log list"),
                [](CtlSession &session) { return ctlLogList(session); });
        CLI::App &tail = addVerb(group, "tail", helpOf("log tail"),
                                 [&log](CtlSession &session) { return ctlLogTail(session, log); });
        tail.add_option("source", log.source,
                        "engine, access, or a site; the engine's when not given");
        tail.add_flag("--follow,-f", log.follow, "Go on with new lines until Ctrl+C");
        tail.add_option("--bytes", log.bytes, "At most so many bytes from the end")
            ->check(wholeNumber(1, kTailBytesMax));
        tail.add_option("--lines,-n", log.lines,
                        "The newest lines, as many as this; not more than a mebibyte")
            ->check(wholeNumber(1, kTailBytesMax))
            ->excludes("--bytes");
        CLI::App &search =
            addVerb(group, "search", helpOf("log search"),
                    [&log](CtlSession &session) { return ctlLogSearch(session, log); });
        search.add_option("source", log.source, "engine, access, or a site")->required();
        search.add_option("text", log.text, "What a line must contain")->required();
        search.add_flag("--regex", log.regex, "The text is a regular expression (RE2)");
        search.add_flag("--ignore-case,-i", log.ignoreCase, "Capitals and small letters are alike");
        search.add_option("--limit", log.limit, "At most so many lines, the newest")
            ->check(wholeNumber(1, 1000));
        for (CLI::App *verb : {&tail, &search})
            verb->add_option("--site", log.site, "Of the access log, only what this site answered");
    }

    void addConfig()
    {
        CtlCommand &c = m_command;
        CLI::App &group = addGroup("config", "The configuration as one document, and its history");
        addVerb(group, "export", helpOf("config export"),
                [](CtlSession &session) { return ctlConfigExport(session); });
        CLI::App &import =
            addVerb(group, "import", helpOf("config import"), [&c](CtlSession &session) {
                return ctlConfigImport(session, c.word, c.dryRun);
            });
        import.add_option("file", c.word, "A document as export prints it; - reads standard input")
            ->required();
        import.add_flag("--dry-run", c.dryRun, "Say what would change, change nothing");
        import.footer("Waits until the apps have started. The document is in force also when one "
                      "of them does not: exit code 4.");
        CLI::App &history =
            addVerb(group, "history", helpOf("config history"),
                    [&c](CtlSession &session) { return ctlConfigHistory(session, c.limit); });
        history.add_option("--limit", c.limit, "At most so many revisions")
            ->check(wholeNumber(1, 1000));
        CLI::App &diff = addVerb(group, "diff", helpOf("config diff"), [&c](CtlSession &session) {
            return ctlConfigDiff(session, c.from, c.to);
        });
        diff.add_option("from", c.from, "A revision")->required()->check(wholeNumber(1));
        diff.add_option("to", c.to, "Another; the newest when not given")->check(wholeNumber(1));
        CLI::App &rollback =
            addVerb(group, "rollback", helpOf("config rollback"),
                    [&c](CtlSession &session) { return ctlConfigRollback(session, c.to); });
        rollback
            .add_option("revision", c.to,
                        "The revision to go back to; when not given the newest change is undone, "
                        "and the one "
                        "before it when that was such an undo")
            ->check(wholeNumber(1));
    }

    void addCertificates()
    {
        CtlCommand &c = m_command;
        CLI::App &group = addGroup("cert", "Certificates of HTTPS");
        addVerb(group, "list", helpOf("cert list"),
                [](CtlSession &session) { return ctlCertList(session); });
        CLI::App &import =
            addVerb(group, "import", helpOf("cert import"),
                    [&c](CtlSession &session) { return ctlCertImport(session, c.newCertificate); });
        import.add_option("name", c.newCertificate.name,
                          "What to call it; else made from the host it is good for");
        import
            .add_option("--cert", c.newCertificate.chainFile,
                        "PEM chain, the server's own certificate first")
            ->required();
        import.add_option("--key", c.newCertificate.keyFile, "PEM private key")->required();
        import.add_option("--passphrase-file", c.newCertificate.passphraseFile,
                          "A file whose first line opens the key");
        CLI::App &create =
            addVerb(group, "create", helpOf("cert create"),
                    [&c](CtlSession &session) { return ctlCertCreate(session, c.newCertificate); });
        create
            .add_option("hosts", c.newCertificate.hosts,
                        "localhost, names below it or below this computer's name, loopback "
                        "addresses")
            ->required();
        create.add_option("--name", c.newCertificate.name,
                          "What to call it; else made from the first host");
        CLI::App &remove =
            addVerb(group, "remove", helpOf("cert remove"), [&c](CtlSession &session) {
                return ctlCertRemove(session, c.word, c.newCertificate.force);
            });
        remove.add_option("name", c.word, "As cert list shows it")->required();
        remove.add_flag("--force", c.newCertificate.force,
                        "Also while sites use it; they get another one, or browsers warn");
        CLI::App &renew = addVerb(group, "renew", helpOf("cert renew"), [&c](CtlSession &session) {
            return ctlCertRenew(session, c.word);
        });
        renew.add_option("name", c.word,
                         "As cert list shows it; all of the local CA when not given");
        addVerb(group, "root", helpOf("cert root"),
                [](CtlSession &session) { return ctlCertRoot(session); });
    }

    CLI::App &m_app;
    CtlCommand &m_command;
};

/// --json may stand behind the verb, however deep that is.
void letThrough(CLI::App &app)
{
    app.fallthrough();
    for (CLI::App *inner : app.get_subcommands([](CLI::App *) { return true; }))
        letThrough(*inner);
}

void describeCtl(CLI::App &app, CtlCommand &command)
{
    app.require_subcommand(1);
    app.add_flag("--json", command.json, "Print the admin API's JSON");
    app.add_option("--data-dir", command.dataDir, "The engine of this data directory");
    app.add_option("--socket", command.socketPath, "The engine's admin socket");
    Verbs(app, command).addAll();
    letThrough(app);
}

} // namespace

std::string helpOf(std::string_view verb)
{
    for (const OperationRow &row : operationRows()) {
        if (row.verb == verb)
            return std::string(row.help);
    }
    return {};
}

CtlApp::CtlApp()
    : m_command(std::make_unique<CtlCommand>()),
      m_app(std::make_unique<CLI::App>("Administers a running Arcology.", "arcology ctl"))
{
    describeCtl(*m_app, *m_command);
}
CtlApp::~CtlApp() = default;

int runCtl(const std::vector<std::string> &arguments, const CtlWorld &world)
{
    CtlApp ctl;
    CLI::App &app = ctl.app();
    const CtlCommand &command = ctl.command();

    std::vector<std::string> reversed(arguments.rbegin(),
                                      arguments.rend()); // as CLI11 wants a vector
    try {
        app.parse(std::move(reversed));
    } catch (const CLI::ParseError &error) {
        std::ostringstream out;
        std::ostringstream unused;
        const bool isHelp = app.exit(error, out, unused) == 0;
        world.out(out.str());
        if (!isHelp)
            world.err(usageSentence(app, error) + "\n");
        return isHelp ? 0 : kUsage;
    }

    auto control = world.connect(command.socketPath, command.dataDir);
    if (!control) {
        world.err("arcology: " + control.error().message() + "\n");
        return exitCode(control.error().code());
    }
    CtlSession session(world, **control, command.json);
    return command.action(session);
}

} // namespace arc
