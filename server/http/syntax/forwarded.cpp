// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/forwarded.h"

#include "server/base/text.h"

#include <algorithm>
#include <utility>

namespace arc {

namespace {

constexpr std::string_view kBlanks = " \t";

void skipBlanks(std::string_view &text) noexcept
{
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
}

/// Calls take(element, number) for each element that is not empty, over all lines of a field (RFC
/// 9110 5.6.1.2). Returns how many there are.
template <class Take>
size_t eachElement(const RequestHead &head, HeaderId id, Take take) noexcept
{
    size_t count = 0;
    for (const HeaderView &header : head.headers) {
        if (header.id != id)
            continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const size_t end = std::min(rest.find(','), rest.size());
            const std::string_view element = trim(rest.substr(0, end));
            if (!element.empty())
                take(element, count++);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return count;
}

/// One of the two fields that tell about each hop, or about the last one only.
void readDetail(const RequestHead &head, HeaderId id, ForwardedHops &hops,
                std::string_view ForwardedHop::*detail) noexcept
{
    std::string_view last;
    const size_t count =
        eachElement(head, id, [&last](std::string_view element, size_t) { last = element; });
    if (count && !hops.total())
        hops.add({});
    if (count == hops.total())
        eachElement(head, id, [&](std::string_view element, size_t number) {
            if (ForwardedHop *hop = hops.numbered(number))
                hop->*detail = element;
        });
    else if (count)
        hops.fromRight(0).*detail = last;
}

void readXForwarded(const RequestHead &head, ForwardedHops &hops) noexcept
{
    eachElement(head, HeaderId::XForwardedFor, [&hops](std::string_view element, size_t) {
        hops.add({.node = element, .scheme = {}, .host = {}});
    });
    readDetail(head, HeaderId::XForwardedProto, hops, &ForwardedHop::scheme);
    readDetail(head, HeaderId::XForwardedHost, hops, &ForwardedHop::host);
}

/// A token or a quoted string. Nothing that stands in these fields needs an escape, so one is a
/// fault.
std::optional<std::string_view> takeValue(std::string_view &text) noexcept
{
    if (text.starts_with('"')) {
        const size_t end = text.find_first_of("\"\\", 1);
        if (end == text.npos || text[end] != '"')
            return std::nullopt;
        const std::string_view value = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        return value;
    }
    const size_t end = std::min(text.find_first_of(" \t;,"), text.size());
    const std::string_view value = text.substr(0, end);
    text.remove_prefix(end);
    if (!isFieldName(value)) // as an IPv6 address that is not quoted
        return std::nullopt;
    return value;
}

/// What stands before the next comma. False: broken syntax.
bool takeHop(std::string_view &text, ForwardedHop &hop) noexcept
{
    bool said[3] {};
    while (true) {
        skipBlanks(text);
        if (text.empty() || text.front() == ',')
            return true;
        if (text.front() == ';') {
            text.remove_prefix(1);
            continue;
        }
        const size_t equals = text.find('=');
        if (equals == text.npos || !isFieldName(text.substr(0, equals)))
            return false;
        const std::string_view name = text.substr(0, equals);
        text.remove_prefix(equals + 1);
        const auto value = takeValue(text);
        skipBlanks(text);
        if (!value || (!text.empty() && text.front() != ';' && text.front() != ','))
            return false;
        const auto keep = [&](bool &wasSaid, std::string_view &place) {
            place = *value;
            return !std::exchange(wasSaid, true);
        };
        if ((equalsIgnoreCase(name, "for") && !keep(said[0], hop.node))
            || (equalsIgnoreCase(name, "proto") && !keep(said[1], hop.scheme))
            || (equalsIgnoreCase(name, "host") && !keep(said[2], hop.host)))
            return false; // twice
    }
}

bool readRfc7239(const RequestHead &head, ForwardedHops &hops) noexcept
{
    for (const HeaderView &header : head.headers) {
        if (header.id != HeaderId::Forwarded)
            continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const std::string_view before = rest;
            ForwardedHop hop;
            if (!takeHop(rest, hop))
                return false;
            const size_t size = before.size() - rest.size();
            if (before.substr(0, size).find('=') != before.npos) // an empty element counts as none
                hops.add(hop);
            rest.remove_prefix(std::min<size_t>(1, rest.size()));
        }
    }
    return true;
}

/// A number, or a name that hides it (RFC 7239 section 6).
std::optional<uint16_t> portOfNode(std::string_view text) noexcept
{
    if (text.size() > 1 && text.front() == '_')
        return 0;
    const auto port = parseUnsigned(text);
    return port && *port <= 65535 ? std::optional(static_cast<uint16_t>(*port)) : std::nullopt;
}

} // namespace

ForwardedFields forwardedFieldsFrom(std::string_view name) noexcept
{
    if (name == "x-forwarded")
        return ForwardedFields::XForwarded;
    return name == "forwarded" ? ForwardedFields::Forwarded : ForwardedFields::None;
}

bool readForwarded(const RequestHead &head, ForwardedFields fields, ForwardedHops &hops) noexcept
{
    if (fields == ForwardedFields::Forwarded)
        return readRfc7239(head, hops);
    if (fields == ForwardedFields::XForwarded)
        readXForwarded(head, hops);
    return true;
}

std::optional<NodeAddress> addressOfNode(std::string_view node) noexcept
{
    std::string_view host = node;
    std::string_view port;
    if (node.starts_with('[')) {
        const size_t end = node.find(']');
        if (end == node.npos || (end + 1 < node.size() && node[end + 1] != ':'))
            return std::nullopt;
        host = node.substr(1, end - 1);
        port = node.substr(end + 1);
    } else if (std::count(node.begin(), node.end(), ':') == 1) {
        host = node.substr(0, node.find(':'));
        port = node.substr(host.size());
    }
    const auto address = IpAddress::parse(host);
    const auto number = port.empty() ? std::optional<uint16_t>(0) : portOfNode(port.substr(1));
    if (!address || !number)
        return std::nullopt;
    return NodeAddress {*address, *number};
}

ForwardedClient followHops(ForwardedHops &hops, const IpNetworks &trusted) noexcept
{
    ForwardedClient client;
    for (size_t i = 0; i < hops.kept(); ++i) {
        const ForwardedHop &hop = hops.fromRight(i);
        // Sockets of a browser are carried over HTTP as well.
        if (equalsIgnoreCase(hop.scheme, "https") || equalsIgnoreCase(hop.scheme, "wss"))
            client.isSecure = true;
        else if (equalsIgnoreCase(hop.scheme, "http") || equalsIgnoreCase(hop.scheme, "ws"))
            client.isSecure = false;
        if (!hop.host.empty())
            client.host = hop.host;
        const auto address = addressOfNode(hop.node);
        if (!address)
            break;
        client.address = address;
        if (!trusted.contains(address->ip))
            break;
    }
    return client;
}

} // namespace arc
