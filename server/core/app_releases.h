// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_level.h"
#include "server/config/document.h"
#include "server/config/settings.h"
#include "server/control/engine_host.h"
#include "server/loop/blocking_pool.h"
#include "server/releases/release_book.h"
#include "server/releases/release_copy.h"
#include "server/workers/app_pool.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace arc {

/// Releases of all apps: which one serves, how a deploy makes one, how a rollback goes back to one.
/// Confined to the control loop; copying, checking and removing are jobs of the blocking pool.
///
/// An app has one such work at a time. What is known of its releases is in a file beside them
/// (releases/<app>/releases.json), which is written before a deploy is answered, so that an engine
/// that starts again serves the same. The folder in the configuration stays that of the app: what
/// serves is put in its place where workers, commands and static folders are started from it.
class AppReleases {
public:
    using Done = EngineHost::DeployDone;
    struct Parts {
        EventLoop &control;
        BlockingPool &blocking;
        std::string dataDir;
        std::string folder; ///< for the releases, in the data directory
        std::function<void(LogLevel, const std::string &)> log;
        std::function<const AppConfig *(std::string_view app)> app; ///< as configured; may be null
        std::function<Settings(const AppConfig &)> settings;
        std::function<AppPool *(std::string_view app)> pool; ///< may be null
        std::function<AppSpec(const AppConfig &)> spec;      ///< with place() done
    };
    /// Reads what engines before this one left; blocks for the disk, so at the start only.
    explicit AppReleases(Parts parts);
    ~AppReleases(); ///< what is being copied is dropped
    AppReleases(const AppReleases &) = delete;

    /// A configuration came in force. The first time, what no app has is removed from the disk.
    void settle(const Document &document);
    /// Puts the release that serves, or is to, in the place of the app's folder.
    void place(AppSpec &spec) const;
    Result<AppConfig> placed(const AppConfig &app, const std::string &release) const;

    void deploy(const AppConfig &app, const std::string &by, Done done);
    void rollback(const AppConfig &app, const std::string &release, const std::string &by,
                  Done done);
    Result<void> cancel(const AppConfig &app);
    api::ReleaseViews views(const AppConfig &app) const;
    /// The engine ends: nothing is copied any more.
    void stop();

private:
    struct Work {
        std::string phase; ///< as ReleaseViews::deploying
        int64_t sinceUnixMs = 0;
        std::shared_ptr<CopyProgress> progress = std::make_shared<CopyProgress>();
    };
    struct Slot {
        ReleaseBook book;
        std::string problem;        ///< why the book cannot be read; empty: it could
        std::unique_ptr<Work> work; ///< null: none
        std::string trying;         ///< the release that is to take over; empty: none
        bool isSaving = false;
        bool isDirty = false;
        std::vector<std::function<void(const Result<void> &)>> saved; ///< who waits for it
    };
    std::string store(std::string_view app) const;
    Slot &slotOf(const std::string &app) { return m_slots[app]; }
    const Slot *find(std::string_view app) const;
    const ReleaseRecord *servingOf(const Slot &slot, const AppConfig &app) const;
    bool isOn(const AppConfig &app) const { return m_parts.settings(app).releaseCopies > 0; }
    Result<Work *> begin(const AppConfig &app, const std::string &phase);
    void copied(const std::string &app, const std::string &folder, const std::string &by,
                const Result<ReleaseMade> &made, const Done &done);
    void start(const std::string &app, const std::string &release, const std::string &by,
               const Done &done);
    void ended(const std::string &app, const std::string &release, const Result<Deployed> &result,
               const Done &done);
    void end(const std::string &app, const Error &why, const Done &done);
    void save(const std::string &app, std::function<void(const Result<void> &)> then);
    void saveNow(const std::string &app);
    void servesFolder(const std::string &app);
    void prune(const std::string &app);
    std::set<std::string> inUse(const std::string &app) const;
    void forget(const std::string &app, const std::vector<std::string> &gone,
                const std::vector<std::string> &kept);
    bool hasWritten(const std::string &app, const ReleaseBook &book) const;
    void cleanUp(const Document &document);
    void remove(std::vector<std::string> gone);
    void runLong(const std::string &app, const Done &done,
                 std::function<std::function<void()>()> job);

    Parts m_parts;
    std::map<std::string, Slot, std::less<>> m_slots;
    bool m_isClean = false;
    std::shared_ptr<AppReleases *> m_self; // answers of the blocking pool find out that it is gone
};

} // namespace arc
