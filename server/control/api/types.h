// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace arc::api {

// What travels over the admin API, as plain values. Each struct lists its fields once (fields()),
// and that list is the JSON reader, the JSON writer and the OpenAPI schema. Absent fields keep
// their default; unknown ones are refused in requests and ignored in answers (a newer engine may
// send more).
#define ARC_FIELDS(Type, ...)                                                                      \
    static constexpr auto fields()                                                                 \
    {                                                                                              \
        using Self = Type;                                                                         \
        return std::tuple {__VA_ARGS__};                                                           \
    }                                                                                              \
    bool operator==(const Type &) const = default;
#define ARC_FIELD(jsonName, member)                                                                \
    ::arc::api::Field                                                                              \
    {                                                                                              \
        jsonName, &Self::member                                                                    \
    }

template <class Class, class Value>
struct Field {
    const char *name;
    Value Class::*member;
};

struct Nothing {
    static constexpr auto fields() { return std::tuple {}; }
    bool operator==(const Nothing &) const = default;
};

/// Names one site, app, worker ... in the path of an operation.
struct Id {
    std::string id;
    ARC_FIELDS(Id, ARC_FIELD("id", id))
};

/// Text as it is: a document, metrics.
struct Text {
    std::string text;
    ARC_FIELDS(Text, ARC_FIELD("text", text))
};

/// The answer to every change: the revision it became.
struct Changed {
    uint64_t revision = 0;
    std::string summary;
    std::vector<std::string> changes = {}; ///< of a dry run: all of them, a phrase each
    ARC_FIELDS(Changed, ARC_FIELD("revision", revision), ARC_FIELD("summary", summary),
               ARC_FIELD("changes", changes))
};

/// The answer to a deploy: it serves.
struct Deployed {
    uint64_t generation = 0;
    int workers = 0; ///< that served when it took over
    double seconds = 0;
    std::string summary; ///< one sentence
    std::string release; ///< the copy that serves; empty: the folder itself
    ARC_FIELDS(Deployed, ARC_FIELD("generation", generation), ARC_FIELD("workers", workers),
               ARC_FIELD("seconds", seconds), ARC_FIELD("summary", summary),
               ARC_FIELD("release", release))
};

struct ListenerStatus {
    std::string id;
    std::string address;
    std::string url;   ///< with the port that was picked
    std::string error; ///< why it is not open; empty: it is
    ARC_FIELDS(ListenerStatus, ARC_FIELD("id", id), ARC_FIELD("address", address),
               ARC_FIELD("url", url), ARC_FIELD("error", error))
};

struct Status {
    std::string version;
    int pid = 0;
    int64_t startedUnixMs = 0;
    std::string state; ///< "starting", "serving", "degraded", "draining"
    uint64_t revision = 0;
    std::string dataDir;
    std::string opsUrl; ///< empty: closed
    int loops = 0;
    int cores = 0;
    int sites = 0; ///< enabled
    std::vector<ListenerStatus> listeners;
    std::vector<std::string> warnings;
    ARC_FIELDS(Status, ARC_FIELD("version", version), ARC_FIELD("pid", pid),
               ARC_FIELD("started_unix_ms", startedUnixMs), ARC_FIELD("state", state),
               ARC_FIELD("revision", revision), ARC_FIELD("data_dir", dataDir),
               ARC_FIELD("ops_url", opsUrl), ARC_FIELD("loops", loops), ARC_FIELD("cores", cores),
               ARC_FIELD("sites", sites), ARC_FIELD("listeners", listeners),
               ARC_FIELD("warnings", warnings))
};

/// Figures of the last second. A negative number means unknown.
struct Figures {
    double requestsPerSecond = 0;
    double errorsPerSecond = 0;
    double p50 = -1; ///< seconds
    double p95 = -1;
    double p99 = -1;
    int inFlight = 0;
    ARC_FIELDS(Figures, ARC_FIELD("requests_per_second", requestsPerSecond),
               ARC_FIELD("errors_per_second", errorsPerSecond), ARC_FIELD("p50", p50),
               ARC_FIELD("p95", p95), ARC_FIELD("p99", p99), ARC_FIELD("in_flight", inFlight))
};

struct SiteFigures {
    std::string id;
    std::string state; ///< "running", "starting", "degraded", "failed", "stopped"
    /// Of degraded and failed; of running: why the newest release does not serve. One sentence.
    std::string cause;
    std::string kind; ///< "Django 3.2.19 · WSGI", "Static files"
    std::vector<std::string> urls;
    Figures now;
    int64_t requestsTotal = 0;
    int64_t errorsTotal = 0;
    ARC_FIELDS(SiteFigures, ARC_FIELD("id", id), ARC_FIELD("state", state),
               ARC_FIELD("cause", cause), ARC_FIELD("kind", kind), ARC_FIELD("urls", urls),
               ARC_FIELD("now", now), ARC_FIELD("requests_total", requestsTotal),
               ARC_FIELD("errors_total", errorsTotal))
};

struct StepFigures {
    std::string name;
    double ms = 0;
    ARC_FIELDS(StepFigures, ARC_FIELD("name", name), ARC_FIELD("ms", ms))
};

struct WorkerFigures {
    int pid = 0;
    /// "starting", "candidate" (waits to take over), "ready", "stopping"; "preloader" (the others
    /// are forked from it, and it answers nothing)
    std::string state;
    uint64_t generation = 0;
    int64_t startedUnixMs = 0;
    int64_t requests = 0;
    int busy = 0;
    int slots = 0;
    int64_t memoryBytes = -1;
    int64_t sharedBytes = -1; ///< resident, and in the memory of other processes too
    double cpu = -1;          ///< of one core, over the last second
    std::string serving;      ///< the oldest request it works on
    int64_t servingMs = -1;   ///< for so long already
    std::vector<StepFigures> steps;
    ARC_FIELDS(WorkerFigures, ARC_FIELD("pid", pid), ARC_FIELD("state", state),
               ARC_FIELD("generation", generation), ARC_FIELD("started_unix_ms", startedUnixMs),
               ARC_FIELD("requests", requests), ARC_FIELD("busy", busy), ARC_FIELD("slots", slots),
               ARC_FIELD("memory_bytes", memoryBytes), ARC_FIELD("shared_bytes", sharedBytes),
               ARC_FIELD("cpu", cpu), ARC_FIELD("serving", serving),
               ARC_FIELD("serving_ms", servingMs), ARC_FIELD("steps", steps))
};

/// How many workers a pool that scales may have, and what was decided last.
struct ScalingFigures {
    int least = 0;
    int most = 0; ///< 0: the number is fixed, and the rest says nothing
    /// "none" so far, "up", "down"; not up, though requests wait: "refused_cpu",
    /// "refused_memory", "refused_max", "refused_start"
    std::string decision;
    std::string reason; ///< one sentence
    int64_t unixMs = 0; ///< of the decision
    int64_t ups = 0;    ///< since the engine started
    int64_t downs = 0;
    ARC_FIELDS(ScalingFigures, ARC_FIELD("least", least), ARC_FIELD("most", most),
               ARC_FIELD("decision", decision), ARC_FIELD("reason", reason),
               ARC_FIELD("unix_ms", unixMs), ARC_FIELD("ups", ups), ARC_FIELD("downs", downs))
};

struct PoolFigures {
    std::string app;
    std::string state; ///< "stopped", "starting", "ready", "degraded", "failed"
    std::string cause; ///< of degraded and failed; of ready: why the newest release does not serve
    std::string kind;
    std::string python;
    uint64_t generation = 0;     ///< of the workers that serve
    uint64_t nextGeneration = 0; ///< that is starting beside them; 0: none
    int wanted = 0;              ///< processes
    std::string processes;       ///< the setting: "auto" or a number
    ScalingFigures scaling;
    int threads = 0;
    int busy = 0; ///< slots
    int slots = 0;
    int queued = 0;
    double queueP95 = -1; ///< seconds, over the last ten seconds
    int64_t restarts = 0;
    std::vector<WorkerFigures> workers;
    int64_t routesMark = 0; ///< another number: the app names other static folders than before
    std::vector<std::string> warnings;
    std::string release; ///< the copy that the workers serve from; empty: the folder itself
    ARC_FIELDS(PoolFigures, ARC_FIELD("app", app), ARC_FIELD("state", state),
               ARC_FIELD("cause", cause), ARC_FIELD("kind", kind), ARC_FIELD("python", python),
               ARC_FIELD("generation", generation), ARC_FIELD("next_generation", nextGeneration),
               ARC_FIELD("wanted", wanted), ARC_FIELD("processes", processes),
               ARC_FIELD("scaling", scaling), ARC_FIELD("threads", threads),
               ARC_FIELD("busy", busy), ARC_FIELD("slots", slots), ARC_FIELD("queued", queued),
               ARC_FIELD("queue_p95", queueP95), ARC_FIELD("restarts", restarts),
               ARC_FIELD("workers", workers), ARC_FIELD("routes_mark", routesMark),
               ARC_FIELD("warnings", warnings), ARC_FIELD("release", release))
};

struct HostFigures {
    double cpu = -1;              ///< of all cores, 0..1
    std::vector<double> cpuCores; ///< each 0..1
    int64_t memoryUsedBytes = -1;
    int64_t memoryTotalBytes = -1;
    double engineCpu = -1; ///< of one core
    int64_t engineMemoryBytes = -1;
    int connections = 0;
    ARC_FIELDS(HostFigures, ARC_FIELD("cpu", cpu), ARC_FIELD("cpu_cores", cpuCores),
               ARC_FIELD("memory_used_bytes", memoryUsedBytes),
               ARC_FIELD("memory_total_bytes", memoryTotalBytes),
               ARC_FIELD("engine_cpu", engineCpu),
               ARC_FIELD("engine_memory_bytes", engineMemoryBytes),
               ARC_FIELD("connections", connections))
};

/// Everything that moves, once a second. The window's heartbeat.
struct Snapshot {
    int64_t unixMs = 0;
    uint64_t revision = 0;
    std::string state; ///< as in Status
    Figures total;
    int workersBusy = 0; ///< slots over all apps
    int workersSlots = 0;
    HostFigures host;
    std::vector<SiteFigures> sites;
    std::vector<PoolFigures> pools;
    ARC_FIELDS(Snapshot, ARC_FIELD("unix_ms", unixMs), ARC_FIELD("revision", revision),
               ARC_FIELD("state", state), ARC_FIELD("total", total),
               ARC_FIELD("workers_busy", workersBusy), ARC_FIELD("workers_slots", workersSlots),
               ARC_FIELD("host", host), ARC_FIELD("sites", sites), ARC_FIELD("pools", pools))
};

/// One second of the past, for charts.
struct HistoryPoint {
    int64_t unixMs = 0;
    double requestsPerSecond = 0;
    double errorsPerSecond = 0;
    double p50 = -1;
    double p95 = -1;
    double p99 = -1;
    int workersBusy = 0;
    int workersSlots = 0;
    double cpu = -1;
    ARC_FIELDS(HistoryPoint, ARC_FIELD("unix_ms", unixMs), ARC_FIELD("rps", requestsPerSecond),
               ARC_FIELD("eps", errorsPerSecond), ARC_FIELD("p50", p50), ARC_FIELD("p95", p95),
               ARC_FIELD("p99", p99), ARC_FIELD("busy", workersBusy),
               ARC_FIELD("slots", workersSlots), ARC_FIELD("cpu", cpu))
};
struct HistoryRange {
    int seconds = 300; ///< up to 3600
    ARC_FIELDS(HistoryRange, ARC_FIELD("seconds", seconds))
};
struct History {
    std::vector<HistoryPoint> points; ///< oldest first
    ARC_FIELDS(History, ARC_FIELD("points", points))
};

struct FolderQuery {
    std::string path;
    std::string python; ///< asks about this interpreter instead of the found ones
    ARC_FIELDS(FolderQuery, ARC_FIELD("path", path), ARC_FIELD("python", python))
};
struct PythonChoice {
    std::string path;
    std::string version;
    std::string source;
    ARC_FIELDS(PythonChoice, ARC_FIELD("path", path), ARC_FIELD("version", version),
               ARC_FIELD("source", source))
};
struct ProjectChoice {
    std::string kind;
    std::string title;
    std::string name; ///< already unique among the sites
    std::string root;
    std::string entry;
    std::string interface;
    std::vector<std::string> evidence;
    std::vector<std::string> warnings;
    ARC_FIELDS(ProjectChoice, ARC_FIELD("kind", kind), ARC_FIELD("title", title),
               ARC_FIELD("name", name), ARC_FIELD("root", root), ARC_FIELD("entry", entry),
               ARC_FIELD("interface", interface), ARC_FIELD("evidence", evidence),
               ARC_FIELD("warnings", warnings))
};
struct Recognition {
    std::string folder;
    std::vector<ProjectChoice> projects;
    std::vector<PythonChoice> pythons;
    std::string address; ///< where a new site would answer: "http://127.0.0.1:8080"
    ARC_FIELDS(Recognition, ARC_FIELD("folder", folder), ARC_FIELD("projects", projects),
               ARC_FIELD("pythons", pythons), ARC_FIELD("address", address))
};

/// A new site. Only `path` is needed: what is empty is recognised or chosen.
struct NewSite {
    std::string path;
    std::string name;
    std::string kind; ///< of ProjectChoice; "static" serves the folder's files
    std::string entry;
    std::string interface; ///< "", "auto", "wsgi", "asgi"
    std::string python;
    std::vector<std::string>
        hosts; ///< empty: <name>.localhost, plus any host while it is the only site without one
    std::map<std::string, std::string> env;
    std::map<std::string, std::string> secrets;  ///< more variables, which nobody is shown again
    std::map<std::string, std::string> settings; ///< of the app, as text: {"pool.processes": "4"}
    ARC_FIELDS(NewSite, ARC_FIELD("path", path), ARC_FIELD("name", name), ARC_FIELD("kind", kind),
               ARC_FIELD("entry", entry), ARC_FIELD("interface", interface),
               ARC_FIELD("python", python), ARC_FIELD("hosts", hosts), ARC_FIELD("env", env),
               ARC_FIELD("secrets", secrets), ARC_FIELD("settings", settings))
};

struct RouteView {
    std::string path;
    std::string methods;  ///< "GET POST"; empty: all
    std::string handler;  ///< "python", "static", "redirect", "respond"
    std::string target;   ///< app id, folder, URL, "200 text/plain"
    bool fromApp = false; ///< a static folder the app named, not configured
    ARC_FIELDS(RouteView, ARC_FIELD("path", path), ARC_FIELD("methods", methods),
               ARC_FIELD("handler", handler), ARC_FIELD("target", target),
               ARC_FIELD("from_app", fromApp))
};
/// A site as configured, for its page.
struct SiteView {
    std::string id;
    bool enabled = true;
    std::vector<std::string> hosts;
    std::vector<std::string> listeners;
    std::vector<std::string> urls;
    std::vector<RouteView> routes;
    std::string app; ///< empty: no Python
    std::string root;
    std::string entry;
    std::string interface;
    std::string python;
    std::string kind;
    std::map<std::string, std::string> env;
    std::map<std::string, std::string> secrets; ///< each name with the value "(masked)"
    ARC_FIELDS(SiteView, ARC_FIELD("id", id), ARC_FIELD("enabled", enabled),
               ARC_FIELD("hosts", hosts), ARC_FIELD("listeners", listeners),
               ARC_FIELD("urls", urls), ARC_FIELD("routes", routes), ARC_FIELD("app", app),
               ARC_FIELD("root", root), ARC_FIELD("entry", entry),
               ARC_FIELD("interface", interface), ARC_FIELD("python", python),
               ARC_FIELD("kind", kind), ARC_FIELD("env", env), ARC_FIELD("secrets", secrets))
};
struct SiteViews {
    uint64_t revision = 0;
    std::vector<SiteView> sites;
    ARC_FIELDS(SiteViews, ARC_FIELD("revision", revision), ARC_FIELD("sites", sites))
};
/// Changes to a site; what is absent stays.
struct SiteEdit {
    std::string id;
    uint64_t revision = 0;           ///< it was made against; 0: the newest
    std::optional<std::string> name; ///< a new id
    std::optional<std::vector<std::string>> hosts;
    std::optional<std::string> entry;
    std::optional<std::string> interface;
    std::optional<std::string> python;
    std::optional<std::map<std::string, std::string>> env;
    std::optional<std::map<std::string, std::string>> secrets; ///< "(masked)": the stored value
    ARC_FIELDS(SiteEdit, ARC_FIELD("id", id), ARC_FIELD("revision", revision),
               ARC_FIELD("name", name), ARC_FIELD("hosts", hosts), ARC_FIELD("entry", entry),
               ARC_FIELD("interface", interface), ARC_FIELD("python", python),
               ARC_FIELD("env", env), ARC_FIELD("secrets", secrets))
};

/// A one-off command of a site's app: {"id": "shop", "argv": ["manage.py", "migrate"]}.
struct RunCommand {
    std::string id;
    std::vector<std::string> argv;
    std::map<std::string, std::string> env; ///< beyond the app's, for this run only; never stored
    std::string input;                      ///< standard input, then end of file
    /// In which copy of the folder: a release's id, or "live" for the folder itself. Empty: what
    /// serves.
    std::string release;
    ARC_FIELDS(RunCommand, ARC_FIELD("id", id), ARC_FIELD("argv", argv), ARC_FIELD("env", env),
               ARC_FIELD("input", input), ARC_FIELD("release", release))
};
struct TaskQuery {
    std::string id;
    int64_t after = 0; ///< offset in the output
    ARC_FIELDS(TaskQuery, ARC_FIELD("id", id), ARC_FIELD("after", after))
};
struct TaskView {
    std::string id;
    std::string site;
    std::string title; ///< "manage.py migrate"
    std::string state; ///< "running", "done", "failed", "cancelled"
    int exitStatus = 0;
    int64_t startedUnixMs = 0;
    int64_t offset = 0; ///< of `output` in the whole
    std::string output; ///< from `after` on, at most 256 KiB; older output is dropped beyond 1 MiB
    ARC_FIELDS(TaskView, ARC_FIELD("id", id), ARC_FIELD("site", site), ARC_FIELD("title", title),
               ARC_FIELD("state", state), ARC_FIELD("exit_status", exitStatus),
               ARC_FIELD("started_unix_ms", startedUnixMs), ARC_FIELD("offset", offset),
               ARC_FIELD("output", output))
};

struct SettingView {
    std::string key;
    std::string scope;     ///< level of this value: "engine", "site", "app"
    std::string object;    ///< site or app id; empty for the engine
    std::string value;     ///< as printSetting() prints
    std::string inherited; ///< what it would be without an own value here
    bool isSet = false;    ///< an own value at this level
    std::string pinnedBy;  ///< "command line", "environment": cannot be changed here; empty: can
    ARC_FIELDS(SettingView, ARC_FIELD("key", key), ARC_FIELD("scope", scope),
               ARC_FIELD("object", object), ARC_FIELD("value", value),
               ARC_FIELD("inherited", inherited), ARC_FIELD("is_set", isSet),
               ARC_FIELD("pinned_by", pinnedBy))
};
struct SettingsQuery {
    std::string scope = "engine"; ///< "engine", "site", "app"
    std::string object;
    ARC_FIELDS(SettingsQuery, ARC_FIELD("scope", scope), ARC_FIELD("object", object))
};
struct SettingViews {
    uint64_t revision = 0;
    std::vector<SettingView> settings; ///< in the order of settings.def
    ARC_FIELDS(SettingViews, ARC_FIELD("revision", revision), ARC_FIELD("settings", settings))
};
struct SettingEdit {
    std::string key;
    std::string scope = "engine";
    std::string object;
    std::optional<std::string> value; ///< absent: back to the inherited value
    ARC_FIELDS(SettingEdit, ARC_FIELD("key", key), ARC_FIELD("scope", scope),
               ARC_FIELD("object", object), ARC_FIELD("value", value))
};
struct SettingEdits {
    uint64_t revision = 0; ///< they were made against; 0: the newest
    std::vector<SettingEdit> edits;
    bool dryRun = false; ///< validate and summarise, change nothing
    ARC_FIELDS(SettingEdits, ARC_FIELD("revision", revision), ARC_FIELD("edits", edits),
               ARC_FIELD("dry_run", dryRun))
};

/// Edits of settings and sites that belong together: one revision, all or none.
struct ChangeSet {
    uint64_t revision = 0; ///< they were made against; 0: the newest
    std::vector<SettingEdit> settings;
    std::vector<SiteEdit> sites; ///< their own `revision` is not looked at
    bool dryRun = false;         ///< say what would be refused and what would become of it
    ARC_FIELDS(ChangeSet, ARC_FIELD("revision", revision), ARC_FIELD("settings", settings),
               ARC_FIELD("sites", sites), ARC_FIELD("dry_run", dryRun))
};
/// What is wrong with one edit of a dry run.
struct EditProblem {
    std::string scope; ///< of a setting's edit; "site" for a field of a site
    std::string object;
    std::string key; ///< of the setting, or "hosts", "entry", "env", ...; empty: of all together
    std::string message;
    ARC_FIELDS(EditProblem, ARC_FIELD("scope", scope), ARC_FIELD("object", object),
               ARC_FIELD("key", key), ARC_FIELD("message", message))
};
struct ChangeOutcome {
    uint64_t revision = 0; ///< that it became; of a dry run: that it was tried on
    std::string summary;
    std::vector<EditProblem> problems; ///< of a dry run alone: otherwise the call fails
    ARC_FIELDS(ChangeOutcome, ARC_FIELD("revision", revision), ARC_FIELD("summary", summary),
               ARC_FIELD("problems", problems))
};

struct ImportDocument {
    std::string document; ///< JSON, format 1
    uint64_t revision = 0;
    bool dryRun = false;
    ARC_FIELDS(ImportDocument, ARC_FIELD("document", document), ARC_FIELD("revision", revision),
               ARC_FIELD("dry_run", dryRun))
};
struct RevisionQuery {
    uint64_t before = 0; ///< 0: from the newest
    int limit = 50;
    ARC_FIELDS(RevisionQuery, ARC_FIELD("before", before), ARC_FIELD("limit", limit))
};
struct RevisionView {
    uint64_t revision = 0;
    int64_t atUnixMs = 0;
    std::string author;
    std::string summary;
    ARC_FIELDS(RevisionView, ARC_FIELD("revision", revision), ARC_FIELD("at_unix_ms", atUnixMs),
               ARC_FIELD("author", author), ARC_FIELD("summary", summary))
};
struct RevisionViews {
    std::vector<RevisionView> revisions; ///< newest first
    ARC_FIELDS(RevisionViews, ARC_FIELD("revisions", revisions))
};
struct DiffQuery {
    uint64_t from = 0;
    uint64_t to = 0; ///< 0: the newest
    ARC_FIELDS(DiffQuery, ARC_FIELD("from", from), ARC_FIELD("to", to))
};
struct DiffItem {
    std::string kind;
    std::string id;
    std::string before;
    std::string after;
    ARC_FIELDS(DiffItem, ARC_FIELD("kind", kind), ARC_FIELD("id", id), ARC_FIELD("before", before),
               ARC_FIELD("after", after))
};
struct DiffView {
    std::vector<DiffItem> items;
    ARC_FIELDS(DiffView, ARC_FIELD("items", items))
};
/// Back to the document of a revision, as a new revision. 0: undo the newest.
struct Rollback {
    uint64_t to = 0;
    uint64_t takeBack =
        0; ///< instead: undo what this revision changed, and nothing that came later
    uint64_t revision = 0; ///< it was decided against; 0: the newest
    ARC_FIELDS(Rollback, ARC_FIELD("to", to), ARC_FIELD("take_back", takeBack),
               ARC_FIELD("revision", revision))
};

/// Where another engine of this user takes sockets: the path of its SocketReceiver.
struct HandOver {
    std::string to;
    ARC_FIELDS(HandOver, ARC_FIELD("to", to))
};

struct WorkerKill {
    int pid = 0;
    /// It finishes what it has first; where that can be, another serves before it goes.
    bool drain = false;
    ARC_FIELDS(WorkerKill, ARC_FIELD("pid", pid), ARC_FIELD("drain", drain))
};

} // namespace arc::api
