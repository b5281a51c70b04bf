// SPDX-License-Identifier: Apache-2.0
#include "server/control/service_edits.h"

#include "server/control/schedule_edits.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

Error noService(const AppConfig &app, const std::string &name)
{
    std::vector<std::string_view> names;
    for (const ServiceConfig &service : app.services)
        names.push_back(service.name);
    return {ErrorCode::NotFound,
            names.empty() ? fmt::format("app {} has no service {}, nor any other", app.id, name)
                          : fmt::format("app {} has no service {}; it has {}", app.id, name,
                                        fmt::join(names, ", "))};
}

Result<Document> withService(const Document &current, const api::NewService &what)
{
    Document next = current;
    AppConfig *app = findMutableApp(next, what.app);
    if (!app)
        return noApp(what.app);
    if (app->findService(what.name))
        return Error {ErrorCode::Conflict,
                      fmt::format("name: app {} has a service {} already", app->id, what.name)};
    if (auto checked = checkService(what); !checked)
        return std::move(checked).error();
    app->services.push_back(what);
    return next;
}

Result<Document> withServiceEdit(const Document &current, const api::ServiceEdit &what)
{
    Document next = current;
    AppConfig *app = findMutableApp(next, what.app);
    if (!app)
        return noApp(what.app);
    const auto service =
        std::find_if(app->services.begin(), app->services.end(),
                     [&](const ServiceConfig &one) { return one.name == what.name; });
    if (service == app->services.end())
        return noService(*app, what.name);
#define FIELD(Type, member, key, option, usual, help)                                              \
    service->member = what.member.value_or(service->member);
#include "server/config/service_fields.def"
    if (auto checked = checkService(*service); !checked)
        return std::move(checked).error();
    return next;
}

Result<Document> withoutService(const Document &current, const api::ServiceChoice &what)
{
    Document next = current;
    AppConfig *app = findMutableApp(next, what.app);
    if (!app)
        return noApp(what.app);
    const auto isIt = [&](const ServiceConfig &one) {
        return one.name == what.name;
    };
    if (std::erase_if(app->services, isIt) == 0)
        return noService(*app, what.name);
    return next;
}

} // namespace arc
