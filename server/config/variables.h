// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arc {

// The environment variables of an app: what they may be called, how large they may be, and how a
// file of them reads. Pure; any thread.

/// Of one app, its secrets among them.
constexpr size_t kVariablesMax = 1'000;
/// Of one variable as "NAME=VALUE" with the NUL behind it: MAX_ARG_STRLEN of Linux.
constexpr size_t kVariableBytesMax = 131'072;
/// Of all of one app, counted the same way. The kernel's limit is a quarter of the stack's, 2 MiB
/// where nobody changed that; the rest is for what the engine itself was started with.
constexpr size_t kVariablesBytesMax = 1'048'576;
/// Of a file of variables.
constexpr size_t kDotenvBytesMax = 1'048'576;

using Variables = std::map<std::string, std::string>;

/// Why a variable may not have this name; empty: it may.
std::string_view complaintOfName(std::string_view name) noexcept;
/// Why it may not have this value; empty: it may.
std::string_view complaintOfValue(std::string_view name, std::string_view value) noexcept;
/// By its name (SECRET_KEY, DB_PASSWORD, API_TOKEN) or its value (a URL with a password): a guess,
/// for files of variables, which do not say.
bool looksSecret(std::string_view name, std::string_view value);

/// What stands in the place of a secret where somebody looks, and of one that is another than
/// before.
constexpr std::string_view kMaskedSecret = "(masked)";
constexpr std::string_view kChangedSecret = "(changed)";

/// A secret's value as it stands in the configuration: this, then base64.
constexpr std::string_view kSealedPrefix = "sealed:";
bool isSealed(std::string_view value) noexcept;
/// Length of what is sealed in it, in bytes; nothing when it is no sealed value.
Result<size_t> sealedBytes(std::string_view value);

/// The lines of a .env file: NAME=VALUE, `export` before it, empty lines, comments behind #. A
/// value in single quotes is taken as it stands, one in double quotes with \n \r \t \" \\ \$ and
/// over several lines; nothing is expanded. The last of two lines of one name holds. Invalid: "line
/// 3:
/// ...", without any value in it.
Result<std::vector<std::pair<std::string, std::string>>> parseDotenv(std::string_view text);

} // namespace arc
