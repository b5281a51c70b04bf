// SPDX-License-Identifier: Apache-2.0
#include "server/control/listener_edits.h"
#include "tests/support/fake_control.h"

namespace arc::test {

Result<api::ListenerViews> FakeControl::listenersNow(const api::Nothing &)
{
    api::ListenerViews views {.revision = revision(), .listeners = {}};
    for (const ListenerConfig &listener : document().listeners) {
        views.listeners.push_back(listenerView(document(), listener));
        views.listeners.back().url = (listener.tls ? "https://" : "http://") + listener.address;
    }
    return views;
}

Result<api::Changed> FakeControl::addListenerNow(const api::NewListener &what)
{
    auto next = withListener(document(), what);
    return next ? commit(what.revision, std::move(*next)) : Result<api::Changed>(next.error());
}

Result<api::Changed> FakeControl::editListenerNow(const api::ListenerEdit &what)
{
    auto next = withListenerEdit(document(), what);
    return next ? commit(what.revision, std::move(*next)) : Result<api::Changed>(next.error());
}

Result<api::Changed> FakeControl::removeListenerNow(const api::Id &what)
{
    auto next = withoutListener(document(), what.id);
    return next ? commit(0, std::move(*next)) : Result<api::Changed>(next.error());
}

} // namespace arc::test
