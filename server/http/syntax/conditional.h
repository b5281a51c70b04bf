// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/message.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace arc {

/// What a representation that exists is compared by.
struct Validators {
    std::string_view etag;           ///< with quotes, "W/" in front when weak; empty: none
    std::optional<int64_t> modified; ///< Unix seconds
};

enum class Condition { Proceed, NotModified, PreconditionFailed };

/// If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in the order of RFC 9110 13.2.2,
/// steps 1 to 4. `now`: Unix seconds.
Condition evaluateConditions(const RequestHead &head, const Validators &validators,
                             int64_t now) noexcept;

/// Step 5: whether a Range header counts (no If-Range, or one that holds exactly).
bool rangeHolds(const RequestHead &head, const Validators &validators, int64_t now) noexcept;

} // namespace arc
