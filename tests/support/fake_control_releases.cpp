// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_control.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc::test {

Result<api::ReleaseViews> FakeControl::releasesNow(const api::Id &what)
{
    const SiteConfig *site = document().findSite(what.id);
    if (!site)
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", what.id)};
    return releasesKept;
}

Result<api::Deployed> FakeControl::rollbackSiteNow(const api::ReleaseChoice &what)
{
    const auto chosen = std::ranges::find_if(releasesKept.releases, [&](const auto &release) {
        return what.release.empty() ? release.state == "served"
                                    : release.id.starts_with(what.release);
    });
    if (chosen == releasesKept.releases.end())
        return Error {ErrorCode::NotFound, fmt::format("no release {} is kept", what.release)};
    auto deployed = deploySiteNow({what.id});
    if (!deployed)
        return deployed;
    for (api::ReleaseView &release : releasesKept.releases) {
        if (release.state == "serves")
            release.state = "served";
    }
    chosen->state = "serves";
    releasesKept.serving = chosen->id;
    deployed->release = chosen->id;
    deployed->summary = fmt::format("generation {} of {} serves release {} with 2 workers after "
                                    "1.3 s",
                                    deployed->generation, what.id, chosen->id);
    return deployed;
}

Result<api::Nothing> FakeControl::cancelDeployNow(const api::Id &what)
{
    if (releasesKept.deploying.empty())
        return Error {ErrorCode::Conflict, fmt::format("nothing of {} is being copied", what.id)};
    releasesKept.deploying.clear();
    return api::Nothing {};
}

} // namespace arc::test
