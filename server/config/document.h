// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/service_config.h"
#include "server/config/settings.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace arc {

// The configuration as one document (format 1): what is exported, imported, stored as rows and
// diffed. Plain values. Identifiers match [a-z0-9][a-z0-9_.-]{0,62}.

struct ListenerConfig {
    std::string id;
    std::string
        address; ///< "127.0.0.1:8080", "[::1]:8080", ":8080", "unix:/path"; port 0 picks one
    bool tls = false;
    bool proxyProtocol = false; ///< connections begin with a PROXY header, of a trusted proxy only
    std::string socketMode;     ///< rights on a Unix socket's file, "0660"; empty: 0600
    std::string certificate;    ///< for clients that name no host, or one no site has; empty: the
                                ///< local CA's
    bool operator==(const ListenerConfig &) const = default;
};

/// An imported certificate, or names that the local CA signs one for. The private key of an
/// imported one is not here: it lies sealed in the data directory and is found by the public key.
struct CertificateConfig {
    std::string id;
    std::string chain;              ///< PEM, the server's own first; empty: by the local CA
    std::vector<std::string> names; ///< DNS names and addresses, where the local CA signs
    bool operator==(const CertificateConfig &) const = default;
};

/// A command that an app's engine starts at times of the clock.
struct ScheduleConfig {
    std::string name;                  ///< an identifier, unique within the app
    std::string cron;                  ///< as CronExpression reads it: "30 2 * * *", "@hourly"
    std::string timeZone;              ///< IANA's name; empty: the machine's
    std::string command;               ///< as commandWords() cuts it; "python" is the app's
    std::string overlap = "skip";      ///< while it still runs: "skip", "queue" (one) or "allow"
    int64_t timeLimitSeconds = 86'400; ///< 0: none
    bool catchUp = false;              ///< a start that was missed is made up, once
    bool enabled = true;
    bool operator==(const ScheduleConfig &) const = default;
};

struct AppConfig {
    std::string id;
    std::string root;  ///< absolute path of the project's folder: working directory and sys.path[0]
    std::string entry; ///< "shop.wsgi:application"
    std::string interface; ///< "wsgi" or "asgi"
    std::string python;    ///< absolute path of the interpreter
    std::string kind;      ///< as recognised, for people: "Django 3.2"
    std::map<std::string, std::string> env;
    /// More variables, whose values nobody is shown: sealed (kSealedPrefix) wherever a document is
    /// kept, as typed in one that somebody hands in.
    std::map<std::string, std::string> secrets;
    std::vector<ScheduleConfig> schedules;
    std::vector<ServiceConfig> services;
    Overrides settings;
    const ScheduleConfig *findSchedule(std::string_view name) const noexcept;
    const ServiceConfig *findService(std::string_view name) const noexcept;
    bool operator==(const AppConfig &) const = default;
};

struct StaticRoute {
    std::string root;                 ///< absolute path of the folder
    std::string index = "index.html"; ///< served for a folder; empty: none
    bool operator==(const StaticRoute &) const = default;
};

struct RedirectRoute {
    std::string to;   ///< absolute URL or path; "{path}" is the rest behind the route's prefix,
                      ///< "{query}" "?a=b" or nothing
    int status = 308; ///< 301, 302, 303, 307 or 308
    bool operator==(const RedirectRoute &) const = default;
};

struct RespondRoute {
    int status = 200; ///< 200..599
    std::string contentType = "text/plain; charset=utf-8";
    std::string body;
    bool operator==(const RespondRoute &) const = default;
};

struct PythonRoute {
    std::string app; ///< id of an app
    bool operator==(const PythonRoute &) const = default;
};

using HandlerConfig = std::variant<StaticRoute, RedirectRoute, RespondRoute, PythonRoute>;

struct RouteConfig {
    std::string path =
        "/"; ///< prefix on segment borders: "/api" and "/api/" match "/api/x", not "/apix"
    std::vector<std::string> methods; ///< empty: all
    HandlerConfig handler;
    Overrides settings;
    bool operator==(const RouteConfig &) const = default;
};

struct SiteConfig {
    std::string id;
    bool enabled = true;
    std::vector<std::string>
        hosts; ///< lower case, "*.example.org" allowed; empty: any host not claimed by another site
    std::vector<std::string> listeners; ///< ids; empty: all
    std::vector<RouteConfig>
        routes; ///< longest path prefix wins; among equals the first that takes the method
    Overrides settings;
    bool operator==(const SiteConfig &) const = default;
};

struct Document {
    Overrides settings;
    std::vector<ListenerConfig> listeners;
    std::vector<CertificateConfig> certificates;
    std::vector<AppConfig> apps;
    std::vector<SiteConfig> sites;

    const ListenerConfig *findListener(std::string_view id) const noexcept;
    const CertificateConfig *findCertificate(std::string_view id) const noexcept;
    const AppConfig *findApp(std::string_view id) const noexcept;
    const SiteConfig *findSite(std::string_view id) const noexcept;
    bool operator==(const Document &) const = default;
};

/// Reads format 1. Unknown keys, wrong types and things this version cannot do (upstreams, filters,
/// proxy) are refused with the path to the place: "sites[0].routes[1].proxy: this version has
/// no proxy handler".
Result<Document> parseDocument(std::string_view json);
/// The document as JSON, keys in a fixed order, two spaces of indentation.
std::string printDocument(const Document &document);

/// What parseDocument() cannot see: ids unique and well formed, references resolve, values in
/// range, paths absolute, listeners parse, no two enabled sites claim one host on one listener.
Result<void> validate(const Document &document);

/// What validate() would say of one schedule, by itself: "cron: minute: \"61\" is outside 0-59".
Result<void> checkSchedule(const ScheduleConfig &schedule);
/// The same of one service: "restart: must be always, on-failure or never".
Result<void> checkService(const ServiceConfig &service);
/// Refuses time zones that this machine does not know, unless `current` has them already: what was
/// stored is served, also after an update of the machine took a zone away.
Result<void> checkNewTimeZones(const Document &next, const Document &current);

/// One object or engine setting that differs between two documents.
struct ChangeItem {
    std::string kind;   ///< "setting", "listener", "certificate", "app", "site"
    std::string id;     ///< object id, or the setting's key
    std::string before; ///< JSON; empty: was not there
    std::string after;  ///< JSON; empty: is gone
    bool operator==(const ChangeItem &) const = default;
};
using Diff = std::vector<ChangeItem>;

Diff diffDocuments(const Document &before, const Document &after);
/// Applies a diff; refuses when the document no longer has the `before` side (somebody changed it
/// since).
Result<Document> applyDiff(const Document &document, const Diff &diff);
Diff invertDiff(const Diff &diff);
std::string printDiff(const Diff &diff); ///< JSON array
Result<Diff> parseDiff(std::string_view json);
/// One line for people: "site shop added, app shop changed (pool.processes auto → 4)".
std::string summarise(const Diff &diff);
/// The parts of that line, all of them.
std::vector<std::string> phrasesOf(const Diff &diff);

/// A site's identifier made from a folder or given name: lower case, dashes, unique among `taken`.
std::string makeIdentifier(std::string_view name, const Document &taken);
bool isIdentifier(std::string_view text) noexcept;
/// "shop.wsgi:application", as AppConfig::entry has to be.
bool isEntry(std::string_view text) noexcept;
constexpr std::string_view kIdentifierRule =
    "must be 1 to 63 of a-z 0-9 _ . - and begin with a letter or digit";
constexpr std::string_view kEntryRule = "must be MODULE:ATTRIBUTE";

} // namespace arc
