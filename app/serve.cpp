// SPDX-License-Identifier: Apache-2.0
#include "app/serve.h"

#include "app/build_facts.h"
#include "app/command_line.h"
#include "app/doctor/doctor.h"
#include "app/input_file.h"
#include "app/paths.h"
#include "server/config/address.h"
#include "server/config/variables.h"
#include "server/control/api/wire.h"
#include "server/control/client/control_socket.h"
#include "server/control/new_site.h"
#include "server/control/service.h"
#include "server/core/engine.h"
#include "server/detect/detect.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

namespace arc {

namespace {

struct ServeOptions {
    std::string target;
    std::string listen = "127.0.0.1:8080";
    std::string tlsListen;
    std::string cert;
    std::string key;
    std::string name;
    std::string kind;
    std::string entry;
    std::string interface = "auto";
    std::string python;
    std::string workers;
    std::string threads;
    std::string loops;
    std::string cache = "off";
    std::vector<std::string> env;
    std::string envFile;
    std::vector<std::string> set;
    std::string dataDir;
    bool preload = false;
    bool reload = false;
    bool json = false;
    bool traceback = false;
};

void describe(CLI::App &app, ServeOptions &options)
{
    app.add_option("target", options.target,
                   "A folder: Django, Flask, FastAPI, any WSGI or ASGI app, or static files")
        ->required();
    app.add_option("--listen", options.listen, "ADDR:PORT for plain HTTP; port 0 picks one")
        ->capture_default_str();
    app.add_option("--tls-listen", options.tlsListen, "ADDR:PORT for HTTPS; port 0 picks one");
    auto *cert = app.add_option("--cert", options.cert,
                                "PEM chain for --tls-listen; without it the local CA signs one");
    auto *key = app.add_option("--key", options.key, "PEM private key of --cert");
    cert->needs(key);
    key->needs(cert);
    app.add_option("--name", options.name, "Name of the site; else that of the project");
    app.add_option("--kind", options.kind,
                   "What to serve of it: django, flask, fastapi, wsgi, asgi; static serves its "
                   "files, whatever is in it");
    app.add_option("--entry", options.entry, "MODULE:ATTR instead of what is recognised");
    app.add_option("--interface", options.interface, "auto, wsgi or asgi")
        ->check(CLI::IsMember({"auto", "wsgi", "asgi"}));
    app.add_option("--python", options.python, "Interpreter instead of the one found");
    app.add_option("--workers", options.workers, "Worker processes, or auto");
    app.add_option("--threads", options.threads, "Threads of a WSGI worker");
    app.add_flag("--preload", options.preload,
                 "Import the app once and fork its workers from that (pool.preload)");
    app.add_flag("--reload", options.reload,
                 "Start new workers whenever a source file is saved (pool.reload_on_save)");
    app.add_option("--loops", options.loops, "I/O loops, or auto");
    app.add_option("--cache", options.cache, "off: this version has no cache")
        ->check(CLI::IsMember({"off"}));
    app.add_option("--env", options.env, "NAME=VALUE for the app; repeatable")
        ->allow_extra_args(false);
    app.add_option("--env-file", options.envFile,
                   "A file of NAME=VALUE lines for the app, as .env files have them");
    app.add_option("--set", options.set, "KEY=VALUE of any setting; repeatable")
        ->allow_extra_args(false);
    app.add_option("--data-dir", options.dataDir,
                   "Keep configuration and logs here; default: a temporary folder");
    app.add_flag("--traceback", options.traceback,
                 "When the app does not start, print all it wrote besides the cause");
    app.add_flag("--json", options.json, "Print one JSON object instead of a line");
}

/// What was written before it is for people; with --json the last line is for programs.
int failed(const ServeOptions &options, const Error &error)
{
    if (options.json)
        fmt::print(stderr, "{}\n", api::errorToJson(error));
    else
        fmt::print(stderr, "arcology serve: {}\n", error.message());
    return exitCode(error.code());
}

/// Of --env-file, and of --env over it.
Result<Variables> variablesOf(const ServeOptions &options)
{
    Variables variables;
    if (!options.envFile.empty()) {
        auto pairs = readEnvFile(options.envFile);
        if (!pairs)
            return std::move(pairs).error().within("--env-file");
        for (auto &[name, value] : *pairs)
            variables.insert_or_assign(name, std::move(value));
    }
    for (const std::string &pair : options.env) {
        const size_t equals = pair.find('=');
        const std::string name = pair.substr(0, equals);
        if (equals == pair.npos || equals == 0)
            return Error {ErrorCode::Invalid,
                          fmt::format("--env {}: write it as NAME=VALUE", name)};
        if (const auto complaint = complaintOfName(name); !complaint.empty())
            return Error {ErrorCode::Invalid, fmt::format("--env {}: {}", name, complaint)};
        variables.insert_or_assign(name, pair.substr(equals + 1));
    }
    return variables;
}

Result<api::NewSite> newSite(const ServeOptions &options)
{
    auto python = interpreterPath(options.python);
    if (!python)
        return std::move(python).error();
    api::NewSite site {.path = options.target,
                       .name = options.name,
                       .kind = options.kind,
                       .entry = options.entry,
                       .interface = options.interface,
                       .python = std::move(*python)};
    if (!options.target.starts_with("http://") && !options.target.starts_with("https://"))
        site.path = folderPath(options.target);
    for (auto checked : {checkNewSite(site), checkProjectFolder(site.path)}) {
        if (!checked)
            return std::move(checked).error();
    }
    auto variables = variablesOf(options);
    if (!variables)
        return std::move(variables).error();
    for (auto &[name, value] : *variables) // a data directory that is kept shall not tell them
        (looksSecret(name, value) ? site.secrets : site.env).emplace(name, std::move(value));
    return site;
}

Result<PinnedSettings> pinned(const ServeOptions &options)
{
    std::vector<std::string> set = options.set;
    const struct {
        const char *option;
        const char *key;
        std::string value;
    } rows[] = {{"--workers", "pool.processes", options.workers},
                {"--threads", "pool.threads", options.threads},
                {"--loops", "loops", options.loops},
                {"--preload", "pool.preload", options.preload ? "on" : ""},
                {"--reload", "pool.reload_on_save", options.reload ? "on" : ""}};
    for (const auto &row : rows) {
        if (row.value.empty())
            continue;
        // Refused by the name it was given under.
        if (auto value = parseSetting(*findSetting(row.key), row.value); !value)
            return std::move(value).error().within(fmt::format("{} {}", row.option, row.value));
        set.push_back(fmt::format("{}={}", row.key, row.value));
    }
    for (const std::string &sentence : unknownVariables(environ))
        fmt::print(stderr, "arcology: warning: {}\n", sentence);
    return pinSettings(set);
}

/// A line about what else is in a folder of which one project is served; empty: nothing is.
std::string alsoThere(const Detection &found, const Document &served)
{
    std::vector<std::string> others;
    for (const FoundProject &project : found.projects) {
        const auto isServed = [&](const AppConfig &app) {
            return app.root == project.root && app.entry == project.entry;
        };
        const bool isPages = project.kind == "static";
        if (!isPages && std::none_of(served.apps.begin(), served.apps.end(), isServed))
            others.push_back(
                fmt::format("{} in {} (--entry {})", project.title, project.root, project.entry));
    }
    if (others.empty())
        return {};
    return fmt::format("Also there: {}; name its folder, or its entry, to serve that instead\n",
                       fmt::join(others, ", "));
}

/// The listeners, and the certificate that --cert names.
Result<void> addListeners(const ServeOptions &options, EngineOptions &engine)
{
    Document document {.listeners = {{.id = "http", .address = options.listen}}};
    if (options.tlsListen.empty() && !options.cert.empty())
        return Error {ErrorCode::Invalid, "--cert: say with --tls-listen where HTTPS answers"};
    if (!options.tlsListen.empty())
        document.listeners.push_back({.id = "https", .address = options.tlsListen, .tls = true});
    if (!options.cert.empty()) {
        auto chain = readPem(options.cert);
        auto key = readPem(options.key);
        if (!chain)
            return std::move(chain).error().within("--cert");
        if (!key)
            return std::move(key).error().within("--key");
        document.certificates.push_back({.id = "serve", .chain = *chain});
        document.listeners.back().certificate = "serve";
        engine.keys.emplace_back(std::move(*chain), std::move(*key));
    }
    engine.document = std::move(document);
    return {};
}

/// Waits until the engine's one site answers or failed, and says so. Control loop only.
class Serving {
public:
    Serving(Engine &engine, const ServeOptions &options, NewDataDir &data)
        : m_engine(engine), m_json(options.json), m_traceback(options.traceback), m_data(data),
          m_poll([](void *self) noexcept { static_cast<Serving *>(self)->poll(); }, this)
    {
    }

    void start()
    {
        m_control = m_engine.control().as("serve", Role::Admin);
        m_control->status({},
                          [this](Result<api::Status> status) { m_status = std::move(*status); });
        poll();
    }
    const std::optional<Error> &error() const noexcept { return m_error; }
    const std::string &output() const noexcept { return m_output; }

private:
    void stop(Error error)
    {
        m_error = std::move(error);
        // A data directory that was there before gets back what it held.
        const auto leave = [this](Result<api::Changed>) {
            m_engine.requestStop();
        };
        if (const uint64_t before = m_engine.foundRevision())
            m_control->rollbackConfig({.to = before}, leave);
        else
            m_engine.requestStop();
    }

    void failed(const api::SiteFigures &site)
    {
        Error error {ErrorCode::AppFailed, site.cause};
        if (!m_traceback)
            return stop(std::move(error).within(fmt::format("{} did not start", site.id)));
        m_control->logTail({.source = "site:" + site.id}, [this, error](Result<api::LogText> log) {
            m_output = log ? std::move(log->text) : std::string();
            stop(error);
        });
    }

    void poll()
    {
        m_control->snapshot({}, [this](Result<api::Snapshot> snapshot) {
            if (!snapshot || snapshot->state == "draining" || snapshot->sites.empty())
                return;
            const api::SiteFigures &site = snapshot->sites.front();
            const bool hasWorker = !snapshot->pools.empty() && snapshot->pools.front().slots > 0;
            if (site.state == "running")
                return announce(site, *snapshot);
            // A first start that failed will fail again: say it now rather than after the last
            // attempt.
            if (site.state == "failed" || (!site.cause.empty() && !hasWorker))
                return failed(site);
            m_poll.arm(m_engine.loop().timers(), std::chrono::milliseconds(20));
        });
    }

    void announce(const api::SiteFigures &site, const api::Snapshot &snapshot)
    {
        m_data.keep();
        const api::PoolFigures *pool = snapshot.pools.empty() ? nullptr : &snapshot.pools.front();
        std::vector<std::string> urls;
        for (const api::ListenerStatus &listener : m_status.listeners)
            urls.push_back(listener.url);
        if (m_json) {
            const auto interface = site.kind.ends_with("ASGI") ? "asgi" : "wsgi";
            nlohmann::ordered_json line {{"name", site.id},
                                         {"kind", pool ? pool->kind : site.kind},
                                         {"interface", pool ? interface : ""},
                                         {"workers", pool ? pool->wanted : 0},
                                         {"urls", urls},
                                         {"ops", m_status.opsUrl},
                                         {"data_dir", m_status.dataDir}};
            fmt::print("{}\n", line.dump());
        } else if (pool) {
            fmt::print("Serving {} ({} · {} worker{}) at {}\n", site.id, site.kind, pool->wanted,
                       pool->wanted == 1 ? "" : "s", fmt::join(urls, ", "));
        } else {
            fmt::print("Serving {} ({}) at {}\n", site.id, site.kind, fmt::join(urls, ", "));
        }
        warnOfTheNetwork();
        std::fflush(stdout);
    }

    /// The address that is told is the one to open here; who else can is not to be seen in it.
    void warnOfTheNetwork() const
    {
        std::vector<std::string> open;
        for (const api::ListenerStatus &listener : m_status.listeners) {
            const auto address = SocketAddress::parse(listener.address);
            if (address && !address->isLoopback())
                open.push_back(listener.address);
        }
        if (!open.empty())
            fmt::print(stderr, "{} {} open to the network\n", fmt::join(open, ", "),
                       open.size() == 1 ? "is" : "are");
    }

    Engine &m_engine;
    const bool m_json;
    const bool m_traceback;
    NewDataDir &m_data;
    std::string m_output; // of an app that did not start, if asked for
    std::shared_ptr<Control> m_control;
    api::Status m_status;
    std::optional<Error> m_error;
    Timer m_poll;
};

/// Such a folder may be a web site, or somebody's documents.
void warnOfFiles(const Document &document)
{
    const auto &route = document.sites.back().routes.back();
    const auto *files = std::get_if<StaticRoute>(&route.handler);
    std::error_code ignored;
    if (files && !std::filesystem::exists(files->root + "/index.html", ignored))
        fmt::print(stderr,
                   "There is no index.html: visitors can read every file in {} whose name they "
                   "know\n",
                   files->root);
}

int serve(const ServeOptions &options)
{
    const auto fail = [&options](const Error &error) {
        return failed(options, error);
    };
    auto site = newSite(options);
    if (!site)
        return fail(site.error());
    if (auto address = checkListenAddress(options.listen); !address)
        return fail(std::move(address).error().within("--listen " + options.listen));
    if (!options.tlsListen.empty()) {
        if (auto address = checkListenAddress(options.tlsListen); !address)
            return fail(std::move(address).error().within("--tls-listen " + options.tlsListen));
    }
    auto settings = pinned(options);
    if (!settings)
        return fail(settings.error());
    TemporaryDirectory temporary;
    if (options.dataDir.empty() && temporary.path().empty())
        return fail({ErrorCode::DataDir, "no temporary folder could be made"});

    EngineOptions engineOptions;
    engineOptions.dataDir = options.dataDir.empty()
        ? temporary.path()
        : std::filesystem::absolute(options.dataDir).string();
    engineOptions.executable = executablePath();
    engineOptions.about = programFacts();
    engineOptions.machineReport = &machineReport;
    if (!options.dataDir.empty()) {
        auto socket = controlSocketPath(options.dataDir);
        if (!socket)
            return fail(socket.error());
        engineOptions.controlSocket = std::move(*socket);
    }
    engineOptions.opensOps = settings->source.count("ops.listen") != 0;
    engineOptions.pinned = std::move(*settings);
    engineOptions.author = "serve";
    engineOptions.listenersMustBind = true;
    engineOptions.hostsPython = true;
    if (auto added = addListeners(options, engineOptions); !added)
        return fail(added.error());
    // The site comes into force together with its addresses: no moment in which they answer 404.
    engineOptions.completeDocument = [&site](Document listeners) -> Result<Document> {
        auto found = detectProject(site->path, site->python);
        if (!found)
            return std::move(found).error();
        auto document = withNewSite(std::move(listeners), *site, *found);
        if (document && site->entry.empty() && site->kind.empty())
            fmt::print(stderr, "{}", alsoThere(*found, *document));
        if (document && site->kind.empty())
            warnOfFiles(*document);
        return document;
    };
    NewDataDir data(engineOptions.dataDir); // outlives the engine, which ends before it may go
    auto engine = Engine::create(std::move(engineOptions));
    if (!engine)
        return fail(engine.error());
    Serving serving(**engine, options, data);
    const auto ended = (*engine)->run([&serving] { serving.start(); });
    fmt::print(stderr, "{}", serving.output());
    if (!ended)
        return fail(ended.error());
    return serving.error() ? fail(*serving.error()) : 0;
}

} // namespace

int serveMain(int argc, char **argv)
{
    CLI::App app("Serves one folder; Ctrl+C drains and ends.", "arcology serve");
    ServeOptions options;
    describe(app, options);
    std::ostringstream discarded; // what CLI11 would say of an error takes two lines
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        if (app.exit(error, std::cout, discarded) == 0)
            return 0;
        fmt::print(stderr, "{}\n", usageSentence(app, error));
        return exitCode(ErrorCode::Invalid);
    }
    return serve(options);
}

} // namespace arc
