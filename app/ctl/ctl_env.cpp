// SPDX-License-Identifier: Apache-2.0
// app env list|set|unset|check: the environment variables of a site's app.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "app/input_file.h"
#include "server/config/variables.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace arc {

namespace {

/// The site that hosts an app, which goes by the app's name or the site's.
Result<api::SiteView> siteOf(const api::SiteViews &views, const std::string &app)
{
    const api::SiteView *found = nullptr;
    for (const api::SiteView &site : views.sites) {
        if (site.id == app || (site.app == app && !found))
            found = &site;
    }
    if (found && found->app.empty())
        return Error {ErrorCode::Invalid,
                      fmt::format("site {} hosts no app: it has no variables", app)};
    if (found)
        return *found;
    std::vector<std::string_view> names;
    for (const api::SiteView &site : views.sites) {
        if (!site.app.empty())
            names.push_back(site.id);
    }
    return Error {ErrorCode::NotFound,
                  fmt::format("there is no app {}; {}", app,
                              names.empty() ? "nor any other"
                                            : fmt::format("there is {}", fmt::join(names, ", ")))};
}

Error noVariable(const std::string &app, const std::string &name)
{
    return {ErrorCode::NotFound,
            fmt::format("app {0} has no variable {1}; `arcology ctl app env list {0}` names those "
                        "it has",
                        app, name)};
}

void put(api::SiteView &site, const std::string &name, std::string value, bool isSecret)
{
    // What is a secret stays one: nobody shows it by setting it anew.
    if (!isSecret && !site.secrets.contains(name)) {
        site.env.insert_or_assign(name, std::move(value));
        return;
    }
    site.env.erase(name);
    site.secrets.insert_or_assign(name, std::move(value));
}

Result<void> putFile(api::SiteView &site, const CtlVariables &what)
{
    if (what.file.empty())
        return {};
    auto pairs = readEnvFile(what.file);
    if (!pairs)
        return std::move(pairs).error().within("--env-file");
    for (auto &[name, value] : *pairs)
        put(site, name, std::move(value), what.isSecret || looksSecret(name, value));
    return {};
}

/// NAME=VALUE, or NAME for a value that stands on no command line.
Result<void> putWord(CtlSession &session, api::SiteView &site, const std::string &word,
                     const CtlVariables &what)
{
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (const auto complaint = complaintOfName(name); !complaint.empty())
        return Error {ErrorCode::Invalid, fmt::format("{}: {}", name, complaint)};
    if (equals != word.npos) {
        const std::string value = word.substr(equals + 1);
        if (!what.isSecret && !site.secrets.contains(name) && looksSecret(name, value))
            session.world().err(fmt::format(
                "arcology: {} looks like a secret, and everybody who administers sees it; "
                "--secret seals it\n",
                name));
        put(site, name, value, what.isSecret);
        return {};
    }
    auto value = session.world().readValue(name);
    if (!value)
        return std::move(value).error().within(name);
    put(site, name, std::move(*value), what.isSecret);
    return {};
}

int edit(CtlSession &session, const api::SiteViews &views, api::SiteView site)
{
    return ctlApplyEdit(session, views,
                        {.id = site.id,
                         .name = {},
                         .hosts = {},
                         .entry = {},
                         .interface = {},
                         .python = {},
                         .env = std::move(site.env),
                         .secrets = std::move(site.secrets)});
}

} // namespace

int ctlAppEnvList(CtlSession &session, const std::string &app)
{
    const auto views = session.ask(&Control::sites, {});
    if (!views)
        return session.fail(views.error());
    const auto site = siteOf(*views, app);
    if (!site)
        return session.fail(site.error());
    if (session.json()) {
        auto list = nlohmann::ordered_json::array();
        for (const auto &[name, value] : site->env)
            list.push_back({{"name", name}, {"value", value}, {"secret", false}});
        for (const auto &[name, value] : site->secrets)
            list.push_back({{"name", name}, {"secret", true}});
        const nlohmann::ordered_json json {{"app", site->app}, {"variables", std::move(list)}};
        session.print(json.dump() + "\n");
        return 0;
    }
    TextTable table({"NAME", "VALUE"});
    auto all = site->env;
    all.insert(site->secrets.begin(), site->secrets.end());
    for (const auto &[name, value] : all)
        table.add({name, site->secrets.contains(name) ? "(secret)" : oneLine(value)});
    if (table.empty())
        session.say(fmt::format("{} has no variables of its own.", app));
    else
        session.print(table.text());
    return 0;
}

int ctlAppEnvSet(CtlSession &session, const std::string &app, const CtlVariables &what)
{
    if (what.words.empty() && what.file.empty())
        return session.fail({ErrorCode::Invalid,
                             "say which variable to set: NAME=VALUE, NAME, or "
                             "--env-file FILE"});
    const auto views = session.ask(&Control::sites, {});
    if (!views)
        return session.fail(views.error());
    auto site = siteOf(*views, app);
    if (!site)
        return session.fail(site.error());
    if (auto done = putFile(*site, what); !done)
        return session.fail(done.error());
    for (const std::string &word : what.words) {
        if (auto done = putWord(session, *site, word, what); !done)
            return session.fail(done.error());
    }
    return edit(session, *views, std::move(*site));
}

int ctlAppEnvUnset(CtlSession &session, const std::string &app,
                   const std::vector<std::string> &names)
{
    const auto views = session.ask(&Control::sites, {});
    if (!views)
        return session.fail(views.error());
    auto site = siteOf(*views, app);
    if (!site)
        return session.fail(site.error());
    for (const std::string &name : names) {
        if (site->env.erase(name) + site->secrets.erase(name) == 0)
            return session.fail(noVariable(app, name));
    }
    return edit(session, *views, std::move(*site));
}

int ctlAppEnvCheck(CtlSession &session, const std::string &app,
                   const std::vector<std::string> &names)
{
    const auto views = session.ask(&Control::sites, {});
    if (!views)
        return session.fail(views.error());
    const auto site = siteOf(*views, app);
    if (!site)
        return session.fail(site.error());
    api::ConnectionQuery query {.id = site->id, .values = {}};
    for (const std::string &name : names) {
        if (!site->env.contains(name) && !site->secrets.contains(name))
            return session.fail(noVariable(app, name));
        query.values.emplace(
            name, site->secrets.contains(name) ? std::string(kMaskedSecret) : site->env.at(name));
    }
    const auto answer = session.ask(&Control::checkConnections, std::move(query));
    if (!answer)
        return session.fail(answer.error());
    if (session.json())
        session.printJson(*answer);
    bool isEachReachable = true;
    for (const api::ConnectionCheck &check : answer->checks) {
        session.say(fmt::format("{}: {}{}", check.name,
                                check.isReachable ? "" : "not reachable: ", check.message));
        isEachReachable &= check.isReachable;
    }
    if (answer->checks.empty())
        session.say(
            names.empty()
                ? fmt::format("No variable of {} is the URL of a database, cache or queue.", app)
                : std::string("None of these is the URL of a database, cache or queue."));
    return isEachReachable ? 0 : 1;
}

} // namespace arc
