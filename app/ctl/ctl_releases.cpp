// SPDX-License-Identifier: Apache-2.0
// Verbs about releases: deploy, rollback, and the list of them.
#include "app/ctl/ctl_verbs.h"
#include "app/ctl/text_table.h"
#include "server/base/text.h"

#include <chrono>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kPollInterval {200};
constexpr std::chrono::seconds kTellEvery {2};
constexpr int kInterrupted = 130; // as shells report Ctrl+C

void tellProgress(CtlSession &session, const std::string &site)
{
    const auto views = session.ask(&Control::releases, {.id = site});
    if (!views || views->deploying.empty() || views->deploying == "starting" || views->files == 0)
        return;
    session.world().err(fmt::format("arcology: {}: {} of {} files, {} of {}\n", views->deploying,
                                    views->filesDone, views->files,
                                    formatBytes(static_cast<double>(views->bytesDone)),
                                    formatBytes(static_cast<double>(views->bytes))));
}

/// Waits for a deploy or a rollback, which may copy for a while.
int seeThrough(CtlSession &session, const std::string &site,
               std::future<Result<api::Deployed>> answer)
{
    session.world().catchInterrupts();
    auto toldAt = std::chrono::steady_clock::now();
    bool cancelled = false;
    while (answer.wait_for(kPollInterval) != std::future_status::ready) {
        if (session.world().pause(std::chrono::milliseconds(0))) {
            if (std::exchange(cancelled, true))
                return kInterrupted; // asked twice: no more waiting
            if (auto ended = session.ask(&Control::cancelDeploy, {.id = site}); !ended) {
                session.fail(ended.error()); // it goes on without us
                return kInterrupted;
            }
        }
        const auto now = std::chrono::steady_clock::now();
        if (!session.json() && now - toldAt >= kTellEvery) {
            toldAt = now;
            tellProgress(session, site);
        }
    }
    const Result<api::Deployed> deployed = answer.get();
    if (!deployed) {
        const int code = session.fail(deployed.error());
        return cancelled ? kInterrupted : code;
    }
    if (session.json())
        session.printJson(*deployed);
    else
        session.say(oneLine(deployed->summary));
    return 0;
}

} // namespace

int ctlSiteDeploy(CtlSession &session, const std::string &site)
{
    return seeThrough(session, site, session.order(&Control::deploySite, {.id = site}));
}

int ctlSiteRollback(CtlSession &session, const std::string &site, const std::string &release)
{
    return seeThrough(session, site,
                      session.order(&Control::rollbackSite, {.id = site, .release = release}));
}

int ctlSiteReleases(CtlSession &session, const std::string &site)
{
    return session.show(&Control::releases, {.id = site}, [&](const api::ReleaseViews &views) {
        TextTable table({"RELEASE", "STATE", "MADE", "BY", "FILES", "SIZE", "NEW"});
        for (const api::ReleaseView &release : views.releases)
            table.add({release.id, release.state, formatTimestamp(release.madeUnixMs), release.by,
                       std::to_string(release.files),
                       formatBytes(static_cast<double>(release.bytes)),
                       formatBytes(static_cast<double>(release.addedBytes))});
        if (!table.empty())
            session.print(table.text());
        for (const api::ReleaseView &release : views.releases) {
            if (!release.cause.empty())
                session.say(fmt::format("{}: {}", release.id, oneLine(release.cause)));
        }
        if (views.copies == 0)
            session.say(fmt::format("{} is served from its folder, {}. Releases are made when they "
                                    "are on: arcology ctl settings set release.copies=5 --app {}",
                                    views.app, views.folder, views.app));
        else if (views.serving.empty())
            session.say(fmt::format("{} is served from its folder, {}, until the first deploy.",
                                    views.app, views.folder));
    });
}

} // namespace arc
