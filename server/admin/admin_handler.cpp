// SPDX-License-Identifier: Apache-2.0
#include "server/admin/admin_handler.h"

#include "server/admin/admin_call.h"
#include "server/base/text.h"
#include "server/base/version.h"
#include "server/control/api/openapi.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr int kMethodNotAllowed = 405;
constexpr std::string_view kOpenApiPath = "/openapi.json";

/// What a request's path and method lead to.
struct Target {
    const OperationRow *row = nullptr;
    std::map<std::string, std::string, std::less<>> fromPath;
    std::string allowed; // the path exists, but only for these methods
};

Target findTarget(std::string_view method, std::string_view path)
{
    Target target;
    std::map<std::string, std::string, std::less<>> fields;
    for (const OperationRow &row : operationRows()) {
        if (!api::matchPath(row.path, path, fields))
            continue;
        if (api::methodText(row.method) == method) {
            target.row = &row;
            target.fromPath = std::move(fields);
            return target;
        }
        target.allowed +=
            fmt::format("{}{}", target.allowed.empty() ? "" : ", ", api::methodText(row.method));
    }
    return target;
}

void respondNoTarget(Exchange &exchange, const Target &target, std::string_view path)
{
    if (target.allowed.empty())
        return respondError(
            exchange, {ErrorCode::NotFound, fmt::format("{}: there is no such operation", path)});
    ResponseHead head {.status = kMethodNotAllowed};
    head.headers.add("Allow", target.allowed);
    head.headers.add("Content-Type", "application/json");
    addVersion(head);
    const Error error {ErrorCode::Invalid, fmt::format("{}: takes {}", path, target.allowed)};
    exchange.respond(std::move(head), Chunk::own(api::errorToJson(error)));
}

std::string authorOf(const Exchange &exchange, const std::string &user)
{
    const std::string lowerCase = toLower(api::kAuthorHeader);
    const std::string said = api::cleanAuthor(exchange.request().find(lowerCase).value_or(""));
    if (said.empty())
        return user;
    // Our own client says "ctl (ana)" already; what somebody claims never hides who the kernel says
    // it was.
    return said.find(fmt::format("({})", user)) != said.npos ? said
                                                             : fmt::format("{} ({})", said, user);
}

/// A caller that does not say its version, such as curl, is taken at its word.
Result<void> checkCaller(const RequestHead &request)
{
    const auto said = request.find(toLower(api::kVersionHeader));
    if (!said)
        return {};
    const auto caller = api::parseVersion(*said);
    if (!caller)
        return Error {ErrorCode::Invalid,
                      fmt::format("{}: must read like \"{}\"", api::kVersionHeader,
                                  api::versionText({api::kApiVersion, kVersion}))};
    return api::checkVersions({api::kApiVersion, kVersion}, *caller);
}

Result<api::Received> receive(const Exchange &exchange, const OperationRow &row, Target target)
{
    const RequestHead &request = exchange.request();
    auto query = api::parseQuery(request.query);
    if (!query)
        return std::move(query).error();
    if (!query->empty() && !api::travelsInQuery(row.method))
        return Error {ErrorCode::Invalid,
                      "the fields of this operation travel in the body, not in the query"};
    if (request.hasBody() && api::travelsInQuery(row.method))
        return Error {ErrorCode::Invalid, "this operation takes no body"};
    return api::Received {.fromPath = std::move(target.fromPath), .fromQuery = std::move(*query)};
}

} // namespace

AdminHandler::AdminHandler(ControlProvider &provider, uint32_t ownUid)
    : m_provider(provider), m_openApi(std::make_shared<const std::string>(openApiDocument())),
      m_peers(std::make_shared<Peers>(ownUid)), m_load(std::make_shared<AdminLoad>())
{
}

void AdminHandler::handle(Exchange &exchange) const noexcept
{
    const auto uid = exchange.peerUid();
    if (!uid)
        return respondError(
            exchange, {ErrorCode::Forbidden, "the admin API answers on its Unix socket only"});
    const Peers::Peer &peer = m_peers->find(*uid);
    if (!peer.role) {
        return respondError(exchange,
                            {ErrorCode::Forbidden,
                             fmt::format("{} is not in the group {}", peer.name, Peers::kGroup)});
    }
    const RequestHead &request = exchange.request();
    if (auto same = checkCaller(request); !same)
        return respondError(exchange, same.error());
    const std::string_view whole = request.rawPath;
    if (!whole.starts_with(api::kPrefix))
        return respondError(
            exchange, {ErrorCode::NotFound, fmt::format("{}: not under {}", whole, api::kPrefix)});
    const std::string_view path = whole.substr(api::kPrefix.size());
    const std::string_view method = request.method == Method::Head ? "GET" : request.methodText;
    if (path == kOpenApiPath && method == "GET") {
        ResponseHead head;
        head.headers.add("Content-Type", "application/json");
        return exchange.respond(std::move(head), Chunk::borrow(*m_openApi, m_openApi));
    }

    Target target = findTarget(method, path);
    if (!target.row)
        return respondNoTarget(exchange, target, whole);
    const OperationRow &row = *target.row;
    if (*peer.role < row.role) {
        return respondError(
            exchange,
            {ErrorCode::Forbidden,
             fmt::format("{} needs the role {}; {} has {}", row.name, api::roleName(row.role),
                         peer.name, api::roleName(*peer.role))});
    }
    auto received = receive(exchange, row, std::move(target));
    if (!received)
        return respondError(exchange, received.error());
    if (m_load->calls >= AdminLoad::kCallsMax)
        return respondError(exchange,
                            {ErrorCode::Full, "too many calls of the admin API at one time"});
    const auto index = static_cast<size_t>(&row - operationRows().data());
    std::make_shared<AdminCall>(exchange, m_provider.as(authorOf(exchange, peer.name), *peer.role),
                                m_load, adminDispatch(index), std::move(*received))
        ->start();
}

} // namespace arc
