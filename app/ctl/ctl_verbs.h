// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/ctl/ctl_session.h"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace arc {

// The verbs of ctl. Each returns the exit code.

int ctlStatus(CtlSession &session);
int ctlMetrics(CtlSession &session);
int ctlDiagnostics(CtlSession &session);
/// Waits until the engine is gone.
int ctlShutdown(CtlSession &session);

/// What `log tail` and `log search` were told.
struct CtlLog {
    std::string source; ///< "engine", "access", or the name of a site
    std::string site;   ///< of the access log, only what this site answered
    int bytes = 65536;
    int lines = 0; ///< of `log tail`: the newest; 0: as many as the bytes hold
    bool follow = false;
    std::string text;
    bool regex = false;
    bool ignoreCase = false;
    int limit = 200;
};
int ctlLogList(CtlSession &session);
/// With follow: until Ctrl+C.
int ctlLogTail(CtlSession &session, const CtlLog &what);
/// Oldest line first, as the log has them; the newest `limit` that match. Ctrl+C ends it.
int ctlLogSearch(CtlSession &session, const CtlLog &what);
int ctlWorkerList(CtlSession &session);
int ctlWorkerKill(CtlSession &session, const api::WorkerKill &what);
/// One line for each.
int ctlWorkerEnds(CtlSession &session, const api::WorkerEndQuery &what);
/// All that is known of one; id 0: the newest.
int ctlWorkerEnd(CtlSession &session, uint64_t id);

/// What `site add` was told; `env` and `settings` as "KEY=VALUE".
struct CtlNewSite {
    api::NewSite site;
    std::vector<std::string> env;
    std::vector<std::string> settings;
    std::string envFile;               ///< of `site add`: a .env file; empty: none
    std::vector<std::string> unsetEnv; ///< of `site edit`: names of variables to remove
};
int ctlSiteList(CtlSession &session);
/// Waits until the site answers or has failed.
int ctlSiteAdd(CtlSession &session, CtlNewSite what);
/// What is empty in `what` stays as it is. Waits until workers of the new specification serve;
/// where they do not start although the old ones did, the edit is taken back.
int ctlSiteEdit(CtlSession &session, const std::string &site, const CtlNewSite &what);
/// Orders an edit made from `views`, and sees it through as above.
int ctlApplyEdit(CtlSession &session, const api::SiteViews &views, api::SiteEdit edit);
int ctlSiteRemove(CtlSession &session, const std::string &site);
int ctlSiteStart(CtlSession &session, const std::string &site);
int ctlSiteStop(CtlSession &session, const std::string &site);
/// Both wait until new workers took over, or it is clear why they do not.
int ctlSiteRestart(CtlSession &session, const std::string &site);
/// Tells how far the copying of the folder is; Ctrl+C ends that.
int ctlSiteDeploy(CtlSession &session, const std::string &site);
int ctlSiteReleases(CtlSession &session, const std::string &site);
/// Empty `release`: the one that served before.
int ctlSiteRollback(CtlSession &session, const std::string &site, const std::string &release);
struct CtlRun {
    std::vector<std::string> argv;
    std::vector<std::string> env; ///< "K=V", or "K" for the value it has in this process
    bool takesInput = false;      ///< it gets our standard input; else none
    std::string release;          ///< in which it runs, or "live"; empty: what serves
};
/// Streams the command's output; Ctrl+C cancels it. Returns its exit status.
int ctlSiteRun(CtlSession &session, const std::string &site, const CtlRun &what);

/// What `app env set` was told.
struct CtlVariables {
    std::vector<std::string> words; ///< "NAME=VALUE", or "NAME" for a value to be read
    std::string file;               ///< of NAME=VALUE lines; empty: none
    bool isSecret = false;
};
/// `app` is its name or that of its site. Secrets are named, never shown.
int ctlAppEnvList(CtlSession &session, const std::string &app);
/// These two wait for new workers as ctlSiteEdit() does.
int ctlAppEnvSet(CtlSession &session, const std::string &app, const CtlVariables &what);
int ctlAppEnvUnset(CtlSession &session, const std::string &app,
                   const std::vector<std::string> &names);
/// Those with these names, or all whose values are such URLs. 1 when one cannot be reached.
int ctlAppEnvCheck(CtlSession &session, const std::string &app,
                   const std::vector<std::string> &names);

/// The level that settings verbs speak of; both empty: the engine.
struct CtlLevel {
    std::string site;
    std::string app;
    std::string scope() const { return !site.empty() ? "site" : !app.empty() ? "app" : "engine"; }
    std::string object() const { return !site.empty() ? site : app; }
};
int ctlSettingsList(CtlSession &session, const CtlLevel &level);
int ctlSettingsGet(CtlSession &session, const CtlLevel &level, const std::string &key);
int ctlSettingsSet(CtlSession &session, const CtlLevel &level,
                   const std::vector<std::string> &pairs);
int ctlSettingsReset(CtlSession &session, const CtlLevel &level,
                     const std::vector<std::string> &keys);

int ctlConfigExport(CtlSession &session);
/// "-" is standard input.
int ctlConfigImport(CtlSession &session, const std::string &file, bool dryRun);
int ctlConfigHistory(CtlSession &session, int limit);
int ctlConfigDiff(CtlSession &session, uint64_t from, uint64_t to);
int ctlConfigRollback(CtlSession &session, uint64_t to);

struct CtlNewCertificate {
    std::string name; ///< empty: made from what the certificate is good for
    std::string chainFile;
    std::string keyFile;
    std::string passphraseFile;     ///< its first line is the key's passphrase; empty: it has none
    std::vector<std::string> hosts; ///< for `cert create`
    bool force = false;             ///< for `cert remove`
};
int ctlCertList(CtlSession &session);
int ctlCertImport(CtlSession &session, const CtlNewCertificate &what);
int ctlCertCreate(CtlSession &session, const CtlNewCertificate &what);
int ctlCertRemove(CtlSession &session, const std::string &name, bool force);
int ctlCertRenew(CtlSession &session, const std::string &name);
int ctlCertRoot(CtlSession &session);

/// The help of an operation's verb, told once in operations.def.
std::string helpOf(std::string_view verb);
/// Adds `schedule ...` to the group `app`. `choose` takes the action of the verb that was named.
void addScheduleVerbs(CLI::App &app,
                      const std::function<void(std::function<int(CtlSession &)>)> &choose);

struct CtlSchedule {
    std::vector<std::string> command; ///< one word: a whole line
    api::NewSchedule added;
    api::ScheduleEdit edit;
    bool enable = false; ///< for `edit`, as the three below
    bool disable = false;
    bool catchUp = false;
    bool noCatchUp = false;
    api::ScheduleRunQuery history;
    uint64_t number = 0; ///< of one run, for `history`
    bool noWait = false; ///< for `run`
};
int ctlScheduleList(CtlSession &session, const std::string &app);
int ctlScheduleAdd(CtlSession &session, CtlSchedule what);
int ctlScheduleEdit(CtlSession &session, CtlSchedule what);
int ctlScheduleRemove(CtlSession &session, const api::ScheduleChoice &what);
/// Waits for the end of the run, unless told not to. Its exit status, as a shell counts.
int ctlScheduleRun(CtlSession &session, const api::ScheduleChoice &what, bool noWait);
int ctlScheduleHistory(CtlSession &session, const CtlSchedule &what);

/// What `listener add` and `listener edit` were told.
struct CtlListener {
    api::NewListener added;
    api::ListenerEdit edit;
    bool tls = false; ///< for `edit`, as the three below
    bool noTls = false;
    bool proxyProtocol = false;
    bool noProxyProtocol = false;
};
int ctlListenerList(CtlSession &session);
int ctlListenerAdd(CtlSession &session, const api::NewListener &what);
int ctlListenerEdit(CtlSession &session, const CtlListener &what);
int ctlListenerRemove(CtlSession &session, const std::string &id);
/// Adds `list`, `add` ... to the group `listener`; `choose` as above.
void addListenerVerbs(CLI::App &group,
                      const std::function<void(std::function<int(CtlSession &)>)> &choose);

/// Adds `service ...` to the group `app`, as addScheduleVerbs() does.
void addServiceVerbs(CLI::App &app,
                     const std::function<void(std::function<int(CtlSession &)>)> &choose);

struct CtlService {
    std::string app;
    std::string name;
    std::vector<std::string> command; ///< of `add`; one word: a whole line
    bool noWait = false;
    api::ServiceEdit fields; ///< what was given of its fields; of `add` as well
};
int ctlServiceList(CtlSession &session, const CtlService &what);
/// Like edit and start, it waits until the service runs or it is clear why it does not.
int ctlServiceAdd(CtlSession &session, CtlService what);
int ctlServiceEdit(CtlSession &session, CtlService what);
int ctlServiceRemove(CtlSession &session, const CtlService &what);
int ctlServiceStart(CtlSession &session, const CtlService &what);
int ctlServiceStop(CtlSession &session, const CtlService &what);
int ctlServiceRestart(CtlSession &session, const CtlService &what);

/// "KEY=VALUE" to its two parts; Invalid without "=" or key.
Result<std::pair<std::string, std::string>> splitPair(const std::string &text);

} // namespace arc
