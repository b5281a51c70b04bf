// SPDX-License-Identifier: Apache-2.0
// Verbs about the engine as a whole: status, metrics, diagnostics.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "server/base/text.h"
#include "server/net/socket_address.h"

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kPollInterval {100};
constexpr int kInterrupted = 130; // as shells report Ctrl+C

void sayStatus(CtlSession &session, const api::Status &status)
{
    session.say(fmt::format("Arcology {}, pid {}, {}, revision {}", status.version, status.pid,
                            status.state, status.revision));
    const double age = static_cast<double>(unixNowMs() - status.startedUnixMs) / 1000;
    TextTable table({"Running since",
                     fmt::format("{} ({})", formatTimestamp(status.startedUnixMs),
                                 formatDuration(std::max(age, 0.0)))});
    for (const api::ListenerStatus &listener : status.listeners) {
        const auto address = SocketAddress::parse(listener.address);
        const char *const reach = address && !address->isLoopback() ? " (open to the network)" : "";
        table.add({"Address",
                   listener.error.empty()
                       ? fmt::format("{}{}", listener.url, reach)
                       : fmt::format("{} (closed: {})", listener.address, listener.error)});
    }
    table.add({"Operations", status.opsUrl.empty() ? "closed" : status.opsUrl});
    table.add({"Data directory", status.dataDir});
    table.add({"I/O loops", fmt::format("{} on {} cores", status.loops, status.cores)});
    table.add({"Sites", fmt::format("{} enabled", status.sites)});
    session.print(table.text());
    for (const std::string &warning : status.warnings)
        session.say("Warning: " + oneLine(warning));
}

/// Releases that serve; sites that do not serve, or not their newest release, and why.
void sayUnwell(CtlSession &session)
{
    const auto snapshot = session.ask(&Control::snapshot, {});
    if (!snapshot)
        return; // the state was told
    for (const api::PoolFigures &pool : snapshot->pools) {
        if (!pool.release.empty())
            session.say(fmt::format("App {} is served from release {}.", pool.app, pool.release));
    }
    for (const api::SiteFigures &site : snapshot->sites) {
        if (site.state == "stopped" || (site.state == "running" && site.cause.empty()))
            continue;
        session.say(site.cause.empty() ? fmt::format("Site {} is {}.", site.id, site.state)
                                       : fmt::format("Site {} is {}: {}", site.id, site.state,
                                                     oneLine(site.cause)));
    }
}

} // namespace

int ctlShutdown(CtlSession &session)
{
    const auto before = session.ask(&Control::status, {});
    if (!before)
        return session.fail(before.error());
    if (const auto asked = session.ask(&Control::shutdown, {}); !asked)
        return session.fail(asked.error());
    session.world().catchInterrupts();
    for (;;) {
        const auto now = session.ask(&Control::status, {});
        // Gone, or one that its supervisor started in its place.
        if (!now || now->pid != before->pid)
            break;
        if (session.world().pause(kPollInterval))
            return kInterrupted;
    }
    if (session.json())
        session.printJson(api::Nothing {});
    session.say(fmt::format("The engine (pid {}) has ended.", before->pid));
    return 0;
}

int ctlStatus(CtlSession &session)
{
    return session.show(&Control::status, {}, [&](const api::Status &status) {
        sayStatus(session, status);
        sayUnwell(session);
    });
}

int ctlMetrics(CtlSession &session)
{
    return session.show(&Control::metrics, {},
                        [&](const api::Text &text) { session.print(text.text); });
}

int ctlDiagnostics(CtlSession &session)
{
    return session.show(&Control::diagnostics, {},
                        [&](const api::Text &text) { session.print(text.text); });
}

} // namespace arc
