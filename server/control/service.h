// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/config_store.h"
#include "server/control/api/control_provider.h"
#include "server/control/edits.h"
#include "server/control/engine_host.h"
#include "server/control/sampler.h"
#include "server/control/tasks.h"
#include "server/loop/timer_wheel.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace arc {

/// Who asks: for the history and for role checks.
struct Caller {
    std::string author;
    Role role = Role::Viewer;
};

/// Administration of a running engine: the one place where configuration changes. Lives on the
/// control loop.
///
/// A change is a transaction: mutate a copy, validate it whole, prepare it in the engine (what can
/// fail), commit it to the store, publish it. Any failure leaves everything as it was. Changes are
/// done one after the other.
class ControlService final : public ControlProvider {
public:
    template <class T>
    using Callback = Control::Callback<T>;

    ControlService(EngineHost &host, ConfigStore &store);
    ~ControlService() override;
    ControlService(const ControlService &) = delete;

    /// Takes the stored configuration over and serves it; `initial` replaces it first when given.
    void open(std::optional<Document> initial, std::string author, Callback<void> done);

    const Document &document() const noexcept { return m_document; }
    uint64_t revision() const noexcept { return m_revision; }
    /// The Control of one caller; refuses what its role does not allow. Must not outlive this
    /// service.
    std::shared_ptr<Control> as(std::string author, Role role) override;
    /// "" when every enabled site answers, else one line for each that does not.
    std::string notReady() const;
    /// An enabled site whose first workers are not ready yet, and have not failed either.
    bool isStarting() const;

#define OPERATION(name, method, path, role, request, answer, verb, confirm, help)                  \
    void name(const Caller &caller, api::request what, Callback<api::answer> done);
#include "server/control/api/operations.def"

private:
    using Mutation = std::function<Result<Document>(const Document &current)>;
    struct Change {
        Caller caller;
        uint64_t expected = 0; // 0: whatever the revision is
        Mutation mutate;
        std::string summary;   // empty: made from the diff
        uint64_t restores = 0; // the revision that an undo went back to; 0: it is no undo
        bool dryRun = false;
        bool isDocument = false; // the caller gave the whole: places in it mean something to it
        Callback<api::Changed> done;
    };
    static constexpr size_t kChangesMax = 64; // waiting

    void change(Change change);
    void nextChange();
    void runChange(Change change);
    void goBack(const Caller &caller, uint64_t revision, uint64_t expected, bool isUndo,
                Callback<api::Changed> done);
    void takeBack(const Caller &caller, uint64_t revision, uint64_t expected,
                  Callback<api::Changed> done);
    void tick();
    std::string logFolder() const;
    Result<AppConfig> appWithReleases(const std::string &site) const;

    struct RefusedInterpreter {
        std::string site;
        Error why;
    };
    /// Workers that serve are not replaced by ones of an interpreter that cannot.
    void tryInterpreters(std::vector<NewInterpreter> left, size_t at,
                         std::vector<RefusedInterpreter> refused,
                         std::function<void(std::vector<RefusedInterpreter>)> done);
    void changeNow(const Caller &caller, api::ChangeSet what, Callback<api::ChangeOutcome> done);
    void editNow(const Caller &caller, api::SiteEdit what, Callback<api::Changed> done);
    std::string siteState(const SiteConfig &site, std::string &cause) const;
    std::string siteKind(const SiteConfig &site) const;
    std::vector<std::string> siteUrls(const SiteConfig &site) const;
    api::SiteView siteView(const SiteConfig &site) const;
    api::PoolFigures poolFigures(const AppConfig &app, AppPool *pool);
    void enableService(const Caller &caller, const api::ServiceChoice &what, bool enabled,
                       Callback<api::Changed> done);
    void setEnabled(const Caller &caller, const std::string &id, bool enabled,
                    Callback<api::Changed> done);

    EngineHost &m_host;
    ConfigStore &m_store;
    Sampler m_sampler;
    Tasks m_tasks;
    Document m_document;
    uint64_t m_revision = 0;
    uint64_t m_restored = 0; // the revision the newest one, an undo, went back to; 0: it is none
    std::vector<std::string> m_storeWarnings;
    std::deque<Change> m_changes;
    bool m_isChanging = false;
    std::map<int, double> m_workerCpuSeconds; // by pid, at the last tick
    std::map<int, double> m_workerCpu;        // by pid, share of a core over the last second
    SteadyTime m_lastTick {};
    Timer m_timer;
};

} // namespace arc
