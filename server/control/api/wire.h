// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/control.h"

#include <optional>
#include <string>
#include <string_view>

namespace arc::api {

// How the admin API looks on HTTP, told once for the engine's front and for the client. Any thread.

inline constexpr std::string_view kPrefix = "/api/v1";
/// Who asks, for the history ("window", "ctl (ana)"): printable, cut to kAuthorBytesMax.
inline constexpr std::string_view kAuthorHeader = "X-Arcology-Author";
inline constexpr size_t kAuthorBytesMax = 64;
/// Largest request body; a configuration document is the largest there is.
inline constexpr size_t kRequestBytesMax = 16 * 1024 * 1024;
/// Largest answer a client takes.
inline constexpr size_t kAnswerBytesMax = 64 * 1024 * 1024;

/// Which admin API a program speaks, and which Arcology it is. Travels as this header both ways.
struct Version {
    int api = 0;
    std::string program;
};
inline constexpr std::string_view kVersionHeader = "Arcology-Api";
/// Grows when a program that speaks the number before would misread the other side.
inline constexpr int kApiVersion = 1;
/// "1; arcology=0.3.0", and back.
std::string versionText(const Version &version);
std::optional<Version> parseVersion(std::string_view text);
/// Conflict unless both speak the same API; said to the one who called.
Result<void> checkVersions(const Version &engine, const Version &caller);

std::string_view methodText(ApiMethod method) noexcept; ///< "GET"
/// True for the methods whose request travels in the query.
bool travelsInQuery(ApiMethod method) noexcept;
std::string_view roleName(Role role) noexcept; ///< "viewer", "operator", "admin"

int httpStatus(ErrorCode code) noexcept;
/// {"error":{"code":"conflict","message":"..."}}
std::string errorToJson(const Error &error);
/// Reads errorToJson() back. A body of another kind (a proxy's page) gives a code by status and one
/// sentence.
Error errorFromAnswer(int status, std::string_view body);

/// Printable ASCII only, cut to kAuthorBytesMax.
std::string cleanAuthor(std::string_view text);

} // namespace arc::api
