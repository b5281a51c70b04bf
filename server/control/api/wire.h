// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/control.h"

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
