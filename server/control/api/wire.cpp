// SPDX-License-Identifier: Apache-2.0
#include "server/control/api/wire.h"

#include "server/base/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arc::api {

namespace {

struct StatusRow {
    ErrorCode code;
    int status;
};

// The first row of a status is what a foreign body with that status is read as.
constexpr StatusRow kStatuses[] = {
    {ErrorCode::Invalid, 400},      {ErrorCode::NotFound, 404}, {ErrorCode::AppFailed, 422},
    {ErrorCode::NotProject, 422},   {ErrorCode::Conflict, 409}, {ErrorCode::Forbidden, 403},
    {ErrorCode::AddressInUse, 409}, {ErrorCode::Internal, 500}, {ErrorCode::DataDir, 500},
    {ErrorCode::Unavailable, 503},  {ErrorCode::Full, 503},     {ErrorCode::Cancelled, 409},
};

ErrorCode codeOfStatus(int status) noexcept
{
    if (status == 412)
        return ErrorCode::Conflict;
    if (status == 413)
        return ErrorCode::Full;
    for (const StatusRow &row : kStatuses) {
        if (row.status == status)
            return row.code;
    }
    return status >= 400 && status < 500 ? ErrorCode::Invalid : ErrorCode::Internal;
}

} // namespace

std::string_view methodText(ApiMethod method) noexcept
{
    switch (method) {
    case ApiMethod::Get:
        return "GET";
    case ApiMethod::Post:
        return "POST";
    case ApiMethod::Patch:
        return "PATCH";
    case ApiMethod::Delete:
        return "DELETE";
    }
    return {};
}

bool travelsInQuery(ApiMethod method) noexcept
{
    return method == ApiMethod::Get || method == ApiMethod::Delete;
}

std::string_view roleName(Role role) noexcept
{
    switch (role) {
    case Role::Viewer:
        return "viewer";
    case Role::Operator:
        return "operator";
    case Role::Admin:
        return "admin";
    }
    return {};
}

int httpStatus(ErrorCode code) noexcept
{
    for (const StatusRow &row : kStatuses) {
        if (row.code == code)
            return row.status;
    }
    return 500;
}

std::string errorToJson(const Error &error)
{
    const nlohmann::ordered_json json = {
        {"error", {{"code", errorName(error.code())}, {"message", error.message()}}}};
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Error errorFromAnswer(int status, std::string_view body)
{
    const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.contains("error") && json["error"].is_object()) {
        const auto &error = json["error"];
        const auto code = error.find("code");
        const auto message = error.find("message");
        if (code != error.end() && code->is_string() && message != error.end()
            && message->is_string())
            return Error {errorFromName(code->get<std::string>()), message->get<std::string>()};
    }
    return Error {codeOfStatus(status), fmt::format("the engine answered with status {}", status)};
}

std::string versionText(const Version &version)
{
    return fmt::format("{}; arcology={}", version.api, version.program);
}

std::optional<Version> parseVersion(std::string_view text)
{
    const auto parts = split(text, ';');
    const auto number = parseUnsigned(trim(parts.front()));
    constexpr std::string_view kProgram = "arcology=";
    if (parts.size() != 2 || !number || *number > 1'000'000
        || !trim(parts[1]).starts_with(kProgram))
        return std::nullopt;
    return Version {.api = static_cast<int>(*number),
                    .program = cleanAuthor(trim(parts[1]).substr(kProgram.size()))};
}

Result<void> checkVersions(const Version &engine, const Version &caller)
{
    if (engine.api == caller.api)
        return {};
    const bool isOlder = engine.api < caller.api;
    return Error {ErrorCode::Conflict,
                  fmt::format("the engine is Arcology {} and this program is {}: start the engine "
                              "again with the {} program, or use the {} program",
                              engine.program, caller.program, isOlder ? "newer" : "older",
                              isOlder ? "older" : "newer")};
}

std::string cleanAuthor(std::string_view text)
{
    std::string clean;
    for (const char c : text) {
        if (clean.size() == kAuthorBytesMax)
            break;
        if (c >= ' ' && c <= '~')
            clean += c;
    }
    return clean;
}

} // namespace arc::api
