// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"
#include "server/config/address.h"
#include "server/config/checks.h"
#include "server/config/document_json.h"
#include "server/config/variables.h"

#include <set>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kObjectsMax = 10'000;       // of each kind
constexpr size_t kCertificateNamesMax = 100; // what public authorities sign as well
constexpr size_t kListMax = 1'000;           // hosts, routes, methods of one object
constexpr size_t kTextBytesMax = 4'096;      // paths, entries, targets
constexpr size_t kChainBytesMax = 131'072;
constexpr size_t kBodyBytesMax = 1'048'576;

bool isPrintable(std::string_view text) noexcept
{
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return false;
    }
    return true;
}

/// A line of text: what may stand in a path, a header or a list without surprising anybody.
void checkLine(Checks &checks, const std::string &text, const std::string &place)
{
    checks.expect(isUtf8(text), place, "is not UTF-8 text");
    checks.expect(isPrintable(text), place, "contains a control character");
    checks.expect(text.size() <= kTextBytesMax, place, "longer than 4096 bytes");
}

void checkAbsolute(Checks &checks, const std::string &path, const std::string &place)
{
    checks.expect(path.starts_with('/'), place, "must be an absolute path");
    checkLine(checks, path, place);
}

void checkId(Checks &checks, const std::string &id, const std::string &place)
{
    checks.expect(isIdentifier(id), place + ".id", kIdentifierRule);
}

bool isHostLabel(std::string_view label) noexcept
{
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
        return false;
    for (const char c : label) {
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

bool isHost(std::string_view host)
{
    if (host.starts_with('[') && host.ends_with(']'))
        return host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1;
    if (host.starts_with("*."))
        host.remove_prefix(2);
    if (host.empty() || host.size() > 253)
        return false;
    for (const std::string_view label : split(host, '.')) {
        if (!isHostLabel(label))
            return false;
    }
    return true;
}

/// A variable as it stands in the document; its bytes as the kernel counts them.
size_t checkVariable(Checks &checks, const std::string &name, const std::string &value,
                     const std::string &at)
{
    const std::string_view badName = complaintOfName(name);
    checks.expect(badName.empty(), at, badName);
    const std::string_view badValue = complaintOfValue(name, value);
    checks.expect(badValue.empty(), at, badValue);
    checks.expect(isUtf8(value), at, "is not UTF-8 text");
    return name.size() + value.size() + 2;
}

void checkVariables(Checks &checks, const AppConfig &app, const std::string &place)
{
    checks.expect(app.env.size() + app.secrets.size() <= kVariablesMax, place + ".env",
                  "more than 1000 variables");
    size_t bytes = 0;
    for (const auto &[name, value] : app.env)
        bytes += checkVariable(checks, name, value, fmt::format("{}.env.{}", place, name));
    for (const auto &[name, value] : app.secrets) {
        const std::string at = fmt::format("{}.secrets.{}", place, name);
        checks.expect(!app.env.contains(name), at, "stands in env as well; a variable is either");
        if (!isSealed(value)) {
            bytes += checkVariable(checks, name, value, at);
            continue;
        }
        const auto length = sealedBytes(value);
        checks.pass(length ? Result<void>() : length.error(), at + ": ");
        const std::string stand(length.value_or(0), '*');
        bytes += checkVariable(checks, name, stand, at);
    }
    checks.expect(bytes <= kVariablesBytesMax, place + ".env",
                  "more than 1048576 bytes of variables together");
}

void checkApp(Checks &checks, const AppConfig &app, const std::string &place)
{
    checkId(checks, app.id, place);
    checkAbsolute(checks, app.root, place + ".root");
    checks.expect(isEntry(app.entry), place + ".entry", kEntryRule);
    checkLine(checks, app.entry, place + ".entry");
    checks.expect(app.interface == "wsgi" || app.interface == "asgi", place + ".interface",
                  "must be wsgi or asgi");
    checkAbsolute(checks, app.python, place + ".python");
    checkLine(checks, app.kind, place + ".kind");
    checkVariables(checks, app, place);
    checks.pass(checkSchedules(app.schedules), place + ".");
    checks.pass(checkServices(app.services), place + ".");
    checks.pass(checkOverrides(app.settings, Scope::App), place + ".settings.");
}

void checkHandler(Checks &checks, const StaticRoute &handler, const std::string &place)
{
    checkAbsolute(checks, handler.root, place + ".static.root");
    checkLine(checks, handler.index, place + ".static.index");
    checks.expect(handler.index.find('/') == handler.index.npos, place + ".static.index",
                  "must be a file's name without \"/\"");
}

void checkHandler(Checks &checks, const RedirectRoute &handler, const std::string &place)
{
    const std::string &to = handler.to;
    // What follows the slashes names the host, and no client may write that.
    const auto namesHost = [&to](std::string_view scheme) {
        return to.starts_with(scheme) && to.size() > scheme.size()
            && std::string_view("/\\{?#@:").find(to[scheme.size()]) == std::string_view::npos;
    };
    const bool isPath = to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\");
    const bool isTarget =
        isPath || namesHost("http://") || namesHost("https://") || to.starts_with("{path}");
    checks.expect(isTarget, place + ".redirect.to", "must be a path or an http(s) URL");
    checkLine(checks, to, place + ".redirect.to");
    const std::set<int> allowed {301, 302, 303, 307, 308};
    checks.expect(allowed.contains(handler.status), place + ".redirect.status",
                  "must be 301, 302, 303, 307 or 308");
}

void checkHandler(Checks &checks, const RespondRoute &handler, const std::string &place)
{
    checks.expect(handler.status >= 200 && handler.status <= 599, place + ".respond.status",
                  "outside 200..599");
    checkLine(checks, handler.contentType, place + ".respond.content_type");
    checks.expect(trim(handler.contentType) == handler.contentType, place + ".respond.content_type",
                  "begins or ends with a blank");
    checks.expect(isUtf8(handler.body), place + ".respond.body", "is not UTF-8 text");
    checks.expect(handler.body.size() <= kBodyBytesMax, place + ".respond.body",
                  "longer than 1048576 bytes");
}

void checkHandler(Checks &, const PythonRoute &, const std::string &)
{
} // see checkReferences()

void checkRoute(Checks &checks, const RouteConfig &route, const std::string &place)
{
    checks.expect(route.path.starts_with('/'), place + ".path", "must begin with \"/\"");
    checkLine(checks, route.path, place + ".path");
    checks.expect(route.path.find_first_of("?#") == route.path.npos, place + ".path",
                  "must not contain \"?\" or \"#\"");
    checks.expect(route.path.find("//") == route.path.npos, place + ".path",
                  "must not contain \"//\": requests are compared with single slashes");
    std::set<std::string_view> seen;
    for (size_t i = 0; i < route.methods.size(); ++i) {
        const std::string &method = route.methods[i];
        const std::string at = fmt::format("{}.methods[{}]", place, i);
        const bool isMethod = !method.empty() && method.size() <= 32
            && method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == method.npos;
        checks.expect(isMethod, at, "must be a method in capitals");
        checks.expect(seen.insert(method).second, at, "stands twice");
    }
    std::visit([&](const auto &handler) { checkHandler(checks, handler, place); }, route.handler);
    checks.pass(checkOverrides(route.settings, Scope::Route), place + ".settings.");
}

void checkSite(Checks &checks, const SiteConfig &site, const std::string &place)
{
    checkId(checks, site.id, place);
    checks.expect(site.hosts.size() <= kListMax, place + ".hosts", "more than 1000 hosts");
    checks.expect(site.routes.size() <= kListMax, place + ".routes", "more than 1000 routes");
    std::set<std::string_view> seen;
    for (size_t i = 0; i < site.hosts.size(); ++i) {
        const std::string at = fmt::format("{}.hosts[{}]", place, i);
        checks.expect(isHost(site.hosts[i]), at,
                      "must be a host name in lower case, without port, or *.NAME");
        checks.expect(seen.insert(site.hosts[i]).second, at, "stands twice");
    }
    for (size_t i = 0; i < site.routes.size(); ++i)
        checkRoute(checks, site.routes[i], fmt::format("{}.routes[{}]", place, i));
    checks.pass(checkOverrides(site.settings, Scope::Site), place + ".settings.");
}

void checkListener(Checks &checks, const ListenerConfig &listener, const std::string &place)
{
    checkId(checks, listener.id, place);
    checkLine(checks, listener.address, place + ".address");
    checks.pass(checkListenAddress(listener.address), place + ".address: ");
    checks.expect(listener.socketMode.empty() || listener.address.starts_with("unix:"),
                  place + ".socket_mode", "is for Unix sockets only");
    checks.expect(listener.socketMode.empty() || socketModeOf(listener.socketMode),
                  place + ".socket_mode",
                  "must be octal and let the owner read and write, as 0660");
}

/// Whether the local CA may sign for a name is known to it alone.
void checkLocalCertificate(Checks &checks, const CertificateConfig &certificate,
                           const std::string &place)
{
    checks.expect(certificate.chain.empty(), place,
                  "has both a chain and names; names are signed by the local CA");
    checks.expect(certificate.names.size() <= kCertificateNamesMax, place + ".names",
                  "more than 100 names");
    for (size_t i = 0; i < certificate.names.size(); ++i) {
        const std::string at = fmt::format("{}.names[{}]", place, i);
        checkLine(checks, certificate.names[i], at);
        checks.expect(!certificate.names[i].empty(), at, "is empty");
    }
}

void checkCertificate(Checks &checks, const CertificateConfig &certificate,
                      const std::string &place)
{
    checkId(checks, certificate.id, place);
    checks.expect(certificate.id != "local", place + ".id",
                  "\"local\" is what the local CA's certificates are called");
    if (!certificate.names.empty())
        return checkLocalCertificate(checks, certificate, place);
    checks.expect(certificate.chain.size() <= kChainBytesMax, place + ".chain",
                  "longer than 131072 bytes");
    checks.expect(certificate.chain.find("-----BEGIN CERTIFICATE-----") != std::string::npos,
                  place + ".chain", "is no PEM certificate");
    checks.expect(certificate.chain.find("PRIVATE KEY") == std::string::npos, place + ".chain",
                  "must not hold a private key; import that with: arcology ctl cert import");
}

template <class T, class Check>
void checkEach(Checks &checks, const std::vector<T> &list, const char *name, Check check)
{
    checks.expect(list.size() <= kObjectsMax, name, "more than 10000");
    for (size_t i = 0; i < list.size(); ++i)
        check(checks, list[i], fmt::format("{}[{}]", name, i));
}

} // namespace

bool isEntry(std::string_view text) noexcept
{
    const size_t colon = text.find(':');
    if (colon == text.npos || colon == 0 || colon + 1 == text.size())
        return false;
    return text.find_first_of(" /\\", 0) == text.npos;
}

Result<void> checkObjects(const Document &document)
{
    Checks checks;
    checks.pass(checkOverrides(document.settings, Scope::Engine), "settings.");
    checkEach(checks, document.listeners, "listeners", checkListener);
    checkEach(checks, document.certificates, "certificates", checkCertificate);
    checkEach(checks, document.apps, "apps", checkApp);
    checkEach(checks, document.sites, "sites", checkSite);
    return checks.end();
}

} // namespace arc
