// SPDX-License-Identifier: Apache-2.0
// Verbs about addresses: listener list, add, edit, remove.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "server/base/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

std::string kindOf(const api::ListenerView &listener)
{
    return fmt::format("{}{}", listener.tls ? "HTTPS" : "HTTP",
                       listener.proxyProtocol ? ", PROXY header" : "");
}

std::string stateOf(const api::ListenerView &listener)
{
    return listener.error.empty() ? listener.url : "closed: " + oneLine(listener.error);
}

} // namespace

int ctlListenerList(CtlSession &session)
{
    return session.show(&Control::listeners, {}, [&](const api::ListenerViews &views) {
        TextTable table({"LISTENER", "ADDRESS", "SPEAKS", "SITES", "OPEN AS"});
        for (const api::ListenerView &listener : views.listeners) {
            table.add({listener.id, listener.address, kindOf(listener),
                       listener.sites.empty() ? "those that name none"
                                              : fmt::format("{}", fmt::join(listener.sites, ", ")),
                       stateOf(listener)});
        }
        session.print(table.text());
    });
}

int ctlListenerAdd(CtlSession &session, const api::NewListener &what)
{
    return session.sayChanged(session.ask(&Control::addListener, what));
}

int ctlListenerEdit(CtlSession &session, const CtlListener &what)
{
    api::ListenerEdit edit = what.edit;
    if (what.tls || what.noTls)
        edit.tls = what.tls;
    if (what.proxyProtocol || what.noProxyProtocol)
        edit.proxyProtocol = what.proxyProtocol;
    if (edit == api::ListenerEdit {.id = edit.id})
        return session.fail(
            {ErrorCode::Invalid, "nothing to change: name the address, or one of the options"});
    return session.sayChanged(session.ask(&Control::editListener, edit));
}

int ctlListenerRemove(CtlSession &session, const std::string &id)
{
    return session.sayChanged(session.ask(&Control::removeListener, {id}));
}

void addListenerVerbs(CLI::App &group,
                      const std::function<void(std::function<int(CtlSession &)>)> &choose)
{
    static constexpr const char *kAddress =
        "127.0.0.1:8080, [::1]:8080, :8080 for every address of this machine, or unix:/path";
    const auto o = std::make_shared<CtlListener>();
    const auto verb = [&](const char *name, auto action) -> CLI::App & {
        CLI::App &made = *group.add_subcommand(name, helpOf(std::string("listener ") + name));
        made.final_callback([choose, o, action] {
            choose([o, action](CtlSession &session) { return action(session, *o); });
        });
        return made;
    };
    verb("list", [](CtlSession &session, const CtlListener &) { return ctlListenerList(session); });
    CLI::App &add = verb("add", [](CtlSession &session, const CtlListener &what) {
        return ctlListenerAdd(session, what.added);
    });
    add.add_option("address", o->added.address, kAddress)->required();
    add.add_option("--name", o->added.id, "What to call it; else http or https");
    add.add_flag("--tls", o->added.tls, "HTTPS instead of HTTP");
    add.add_option("--cert", o->added.certificate,
                   "As cert list shows it: for clients that name no host, or one that no site has; "
                   "else the local CA signs one");
    add.add_flag("--proxy-protocol", o->added.proxyProtocol,
                 "Connections begin with a PROXY header, of trusted proxies only");
    add.add_option("--socket-mode", o->added.socketMode,
                   "Rights on the file of a Unix socket; 0600 when not given");
    CLI::App &edit = verb("edit", &ctlListenerEdit);
    edit.add_option("listener", o->edit.id, "As listener list shows it")->required();
    edit.add_option("--address", o->edit.address, kAddress);
    edit.add_flag("--tls", o->tls, "HTTPS");
    edit.add_flag("--no-tls", o->noTls, "Plain HTTP")->excludes("--tls");
    edit.add_option("--cert", o->edit.certificate, "As cert list shows it; '' for the local CA's");
    edit.add_flag("--proxy-protocol", o->proxyProtocol, "Connections begin with a PROXY header");
    edit.add_flag("--no-proxy-protocol", o->noProxyProtocol, "They do not")
        ->excludes("--proxy-protocol");
    edit.add_option("--socket-mode", o->edit.socketMode, "Rights on the file of a Unix socket");
    CLI::App &remove = verb("remove", [](CtlSession &session, const CtlListener &what) {
        return ctlListenerRemove(session, what.edit.id);
    });
    remove.add_option("listener", o->edit.id, "As listener list shows it")->required();
    add.footer("Example: arcology ctl listener add :443 --tls   (ports below 1024 need the "
               "service, or the right to open them)");
}

} // namespace arc
