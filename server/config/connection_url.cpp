// SPDX-License-Identifier: Apache-2.0
#include "server/config/connection_url.h"

#include "server/base/text.h"

#include <algorithm>
#include <charconv>

namespace arc {

namespace {

struct Scheme {
    std::string_view name;
    uint16_t port;           // 0: a file
    std::string_view socket; // where a URL without a host leads; empty: to this machine's port
};

constexpr size_t kServersMax = 16; ///< of one URL
constexpr std::string_view kPostgresSockets = "/var/run/postgresql";

constexpr Scheme kSchemes[] = {
    {"postgres", 5432, kPostgresSockets},
    {"postgresql", 5432, kPostgresSockets},
    {"mysql", 3306, {}},
    {"mariadb", 3306, {}},
    {"redis", 6379, {}},
    {"rediss", 6379, {}},
    {"amqp", 5672, {}},
    {"amqps", 5671, {}},
    {"sqlite", 0, {}},
};

const Scheme *schemeOf(std::string_view url) noexcept
{
    const size_t end = url.find("://");
    if (end == url.npos)
        return nullptr;
    const std::string_view name = url.substr(0, std::min(end, url.find('+')));
    const auto found = std::ranges::find_if(
        kSchemes, [&](const Scheme &each) { return equalsIgnoreCase(each.name, name); });
    return found == std::end(kSchemes) ? nullptr : found;
}

std::string percentDecoded(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const char *digits = text.data() + i + 1;
        if (text[i] == '%' && i + 2 < text.size()
            && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
            out += static_cast<char>(value);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

Error unreadable()
{
    return {ErrorCode::Invalid,
            "its host cannot be read; write / ? # and @ in a user or password as %2F %3F %23 and "
            "%40"};
}

bool isHost(std::string_view host) noexcept
{
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || c == '.' || c == '-' || c == '_' || c == ':';
    });
}

ConnectionTarget socketIn(const std::string &folder, const Scheme &scheme, uint16_t port)
{
    const bool isPostgres = scheme.socket == kPostgresSockets;
    return {.kind = ConnectionTarget::Kind::UnixSocket,
            .host = {},
            .port = 0,
            .path = isPostgres ? folder + "/.s.PGSQL." + std::to_string(port) : folder};
}

/// "db.example:5433", "[::1]", "%2Frun%2Fpostgresql", or nothing.
Result<ConnectionTarget> serverOf(std::string_view text, const Scheme &scheme)
{
    uint16_t port = scheme.port;
    std::string_view host = text;
    const size_t bracket = text.find(']');
    const size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
    if (colon != text.npos) {
        host = text.substr(0, colon);
        const auto number = parseUnsigned(text.substr(colon + 1));
        if (colon + 1 < text.size() && (!number || *number == 0 || *number > 65535))
            return Error {ErrorCode::Invalid, "its port is no number from 1 to 65535"};
        if (number)
            port = static_cast<uint16_t>(*number);
    }
    const std::string name = percentDecoded(host);
    if (name.starts_with('/'))
        return socketIn(name, scheme, port);
    if (name.empty() && !scheme.socket.empty())
        return socketIn(std::string(scheme.socket), scheme, port);
    std::string bare = name.empty() ? "localhost" : name;
    if (bare.starts_with('[') && bare.ends_with(']'))
        bare = bare.substr(1, bare.size() - 2);
    if (!isHost(bare))
        return unreadable();
    return ConnectionTarget {
        .kind = ConnectionTarget::Kind::Tcp, .host = bare, .port = port, .path = {}};
}

/// sqlite:///shop.db lies in the app's folder, sqlite:////srv/shop.db where it says.
ConnectionTarget fileOf(std::string_view rest, const std::string &folder)
{
    // sqlite+pysqlcipher://:passphrase@/shop.db: only what follows may be told
    if (const size_t at = rest.rfind('@'); at != rest.npos && !rest.starts_with('/'))
        rest.remove_prefix(at + 1);
    const std::string path = percentDecoded(rest.substr(0, rest.find_first_of("?#")));
    if (path.empty() || path == "/" || path.ends_with(":memory:"))
        return {.kind = ConnectionTarget::Kind::Memory, .host = {}, .port = 0, .path = {}};
    const std::string name = path.starts_with('/') ? path.substr(1) : path;
    return {.kind = ConnectionTarget::Kind::File,
            .host = {},
            .port = 0,
            .path = name.starts_with('/') ? name : folder + "/" + name};
}

} // namespace

bool isConnectionUrl(std::string_view value) noexcept
{
    return schemeOf(value) != nullptr;
}

Result<std::vector<ConnectionTarget>> connectionTargets(std::string_view url,
                                                        const std::string &folder)
{
    const Scheme *scheme = schemeOf(url);
    if (!scheme)
        return Error {ErrorCode::Invalid, "is no URL of a database, cache or queue"};
    const std::string_view rest = url.substr(url.find("://") + 3);
    if (scheme->port == 0)
        return std::vector {fileOf(rest, folder)};
    const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    std::string_view authority = rest.substr(0, end);
    const size_t at = authority.rfind('@');
    // Behind a password that was not escaped the "host" would be the first part of it.
    if (rest.find('@', end) != rest.npos)
        return unreadable();
    authority = at == authority.npos ? authority : authority.substr(at + 1);
    std::vector<ConnectionTarget> targets;
    for (const std::string_view server : split(authority, ',')) {
        if (targets.size() == kServersMax)
            return Error {ErrorCode::Invalid,
                          fmt::format("names more than {} servers", kServersMax)};
        auto target = serverOf(server, *scheme);
        if (!target)
            return std::move(target).error();
        targets.push_back(std::move(*target));
    }
    return targets;
}

} // namespace arc
