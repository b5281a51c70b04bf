// SPDX-License-Identifier: Apache-2.0
#include "server/control/listener_edits.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

auto positionOf(Document &document, std::string_view id)
{
    return std::ranges::find(document.listeners, id, &ListenerConfig::id);
}

std::vector<std::string> sitesThatName(const Document &document, std::string_view listener)
{
    std::vector<std::string> sites;
    for (const SiteConfig &site : document.sites) {
        if (std::ranges::find(site.listeners, listener) != site.listeners.end())
            sites.push_back(site.id);
    }
    return sites;
}

template <class T>
void set(T &value, const std::optional<T> &wanted)
{
    if (wanted)
        value = *wanted;
}

} // namespace

Error noListener(const Document &document, std::string_view id)
{
    std::vector<std::string_view> names;
    for (const ListenerConfig &listener : document.listeners)
        names.push_back(listener.id);
    return {ErrorCode::NotFound,
            names.empty()
                ? fmt::format("there is no listener {}, nor any other", id)
                : fmt::format("there is no listener {}; there is {}", id, fmt::join(names, ", "))};
}

std::string freeListenerId(const Document &document, bool tls)
{
    const std::string first = tls ? "https" : "http";
    std::string id = first;
    for (int number = 2; document.findListener(id); ++number)
        id = fmt::format("{}-{}", first, number);
    return id;
}

Result<Document> withListener(const Document &current, const api::NewListener &what)
{
    Document next = current;
    const std::string id = what.id.empty() ? freeListenerId(current, what.tls) : what.id;
    if (current.findListener(id))
        return Error {ErrorCode::Conflict, fmt::format("there is a listener {} already", id)};
    next.listeners.push_back({.id = id,
                              .address = what.address,
                              .tls = what.tls,
                              .proxyProtocol = what.proxyProtocol,
                              .socketMode = what.socketMode,
                              .certificate = what.certificate});
    return next;
}

Result<Document> withListenerEdit(const Document &current, const api::ListenerEdit &what)
{
    Document next = current;
    const auto listener = positionOf(next, what.id);
    if (listener == next.listeners.end())
        return noListener(current, what.id);
    set(listener->address, what.address);
    set(listener->tls, what.tls);
    set(listener->proxyProtocol, what.proxyProtocol);
    set(listener->socketMode, what.socketMode);
    set(listener->certificate, what.certificate);
    return next;
}

Result<Document> withoutListener(const Document &current, std::string_view id)
{
    Document next = current;
    const auto listener = positionOf(next, id);
    if (listener == next.listeners.end())
        return noListener(current, id);
    if (const auto sites = sitesThatName(current, id); !sites.empty()) {
        return Error {ErrorCode::Conflict,
                      fmt::format("listener {} is where {} {}; edit the listener, or have the site "
                                  "answer elsewhere first",
                                  id, fmt::join(sites, ", "),
                                  sites.size() == 1 ? "answers" : "answer")};
    }
    next.listeners.erase(listener);
    return next;
}

api::ListenerView listenerView(const Document &document, const ListenerConfig &listener)
{
    return {.id = listener.id,
            .address = listener.address,
            .tls = listener.tls,
            .proxyProtocol = listener.proxyProtocol,
            .socketMode = listener.socketMode,
            .certificate = listener.certificate,
            .sites = sitesThatName(document, listener.id),
            .url = {},
            .error = {}};
}

} // namespace arc
