// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"
#include "server/http/files/file_cache.h"

#include <string_view>

namespace arc {

/// The answer to GET or HEAD from what a path led to: coded if the client and the route's rules
/// want that, then conditions and ranges (RFC 9110 12.5.3, 13, 14). Asks the loop's cache for the
/// coded variant and may so answer later.
void answerFile(Exchange &exchange, const FileCache::Found &found) noexcept;

/// An entry of a file as it is, under header lines that an app made. What they say of validators
/// and ranges gives way to what is true of the file; conditions and ranges are looked at where
/// `status` is 200 or 206 and the method GET or HEAD.
void answerFileUnder(Exchange &exchange, const FileCache::Entry &entry, int status,
                     std::string_view lines) noexcept;

} // namespace arc
