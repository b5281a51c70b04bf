// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/certificate_types.h"
#include "server/control/api/listener_types.h"
#include "server/control/api/log_types.h"
#include "server/control/api/release_types.h"
#include "server/control/api/schedule_types.h"
#include "server/control/api/service_types.h"
#include "server/control/api/variable_types.h"
#include "server/control/api/worker_end_types.h"

#include <map>
#include <string>
#include <string_view>

namespace arc::api {

/// Who sent the text: a request with a field we do not know is refused (a misspelt field must not
/// be lost silently), an answer with one is read without it (a newer engine may say more).
enum class Strictness { Request, Answer };

// JSON of the structs in types.h, driven by their fields(). Defined for every request and answer of
// operations.def (codec.cpp instantiates them). Pure functions; any thread.

/// One line of JSON, fields in the order of fields(). Empty optionals are left out; a number that
/// is not finite becomes null; bytes that are not UTF-8 are replaced.
template <class T>
std::string toJson(const T &value);

/// Absent fields keep their default. Errors are Invalid and name the place: "sites[2].id: must be
/// text".
template <class T>
Result<T> fromJson(std::string_view text, Strictness strictness);

/// What a request becomes on the wire: "{id}" of the path filled in, the rest as query or as JSON
/// body.
struct Encoded {
    std::string path; ///< "/sites/shop/output?bytes=100", under /api/v1
    std::string body; ///< empty for GET and DELETE
};
/// `inQuery`: the fields that are not in the path travel as query (GET, DELETE), else as JSON body.
/// A query leaves out what has its default value.
template <class T>
Encoded encodeRequest(std::string_view pathPattern, bool inQuery, const T &request);

/// The pieces of a request as they arrived, decoded from percent-encoding.
struct Received {
    std::map<std::string, std::string, std::less<>> fromPath;
    std::map<std::string, std::string, std::less<>> fromQuery;
    std::string_view body;
};
/// Reverse of encodeRequest(). Unknown names are refused; a path field may not stand in the body
/// again.
template <class T>
Result<T> decodeRequest(const Received &received);

/// "{id}" → {"id": "shop"} when the path fits the pattern; false when it does not. Segments are
/// percent-decoded.
bool matchPath(std::string_view pattern, std::string_view path,
               std::map<std::string, std::string, std::less<>> &fields);
/// "a=1&b=x%20y" as a map. A name that comes twice and a broken escape are refused.
Result<std::map<std::string, std::string, std::less<>>> parseQuery(std::string_view query);
std::string percentEncode(std::string_view text); ///< everything but RFC 3986 unreserved
/// Nothing for a broken escape.
Result<std::string> percentDecode(std::string_view text);

} // namespace arc::api
