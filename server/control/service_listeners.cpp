// SPDX-License-Identifier: Apache-2.0
// Operations on the addresses that the engine listens on.
#include "server/control/listener_edits.h"
#include "server/control/service.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

void ControlService::listeners(const Caller &, api::Nothing, Callback<api::ListenerViews> done)
{
    api::ListenerViews views {.revision = m_revision, .listeners = {}};
    const std::vector<api::ListenerStatus> open = m_host.listeners();
    for (const ListenerConfig &listener : m_document.listeners) {
        views.listeners.push_back(listenerView(m_document, listener));
        const auto state = std::ranges::find(open, listener.id, &api::ListenerStatus::id);
        if (state == open.end())
            continue;
        views.listeners.back().url = state->url;
        views.listeners.back().error = state->error;
    }
    done(std::move(views));
}

void ControlService::addListener(const Caller &caller, api::NewListener what,
                                 Callback<api::Changed> done)
{
    std::string summary = fmt::format("address {} added", what.address);
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [what](const Document &current) { return withListener(current, what); },
            .summary = std::move(summary),
            .done = std::move(done)});
}

void ControlService::editListener(const Caller &caller, api::ListenerEdit what,
                                  Callback<api::Changed> done)
{
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [what](const Document &current) { return withListenerEdit(current, what); },
            .summary = {},
            .done = std::move(done)});
}

void ControlService::removeListener(const Caller &caller, api::Id what, Callback<api::Changed> done)
{
    std::string summary = fmt::format("listener {} removed", what.id);
    change(
        {.caller = caller,
         .mutate = [id = what.id](const Document &current) { return withoutListener(current, id); },
         .summary = std::move(summary),
         .done = std::move(done)});
}

} // namespace arc
