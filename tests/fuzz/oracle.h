// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What another parser makes of the same bytes: one request, head and body.
struct OracleAnswer {
    enum class Outcome {
        Complete,
        NeedMore,
        Refused,
        Excused,  ///< refused for a taste that is not about framing: a method it has no name for, a
                  ///< character in the target
        Upgraded, ///< CONNECT or an upgrade: it stops reading as HTTP, we do not offer that
    };
    Outcome outcome = Outcome::NeedMore;
    std::string target;
    std::string body;
    size_t bytesUsed = 0; ///< of Complete
    const char *why = ""; ///< of Refused
};

OracleAnswer askLlhttp(std::string_view bytes);
OracleAnswer askHttpParser(std::string_view bytes);
