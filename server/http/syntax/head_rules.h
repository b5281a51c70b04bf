// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/syntax/head_parser.h"

namespace arc {

/// A refusal, or nothing: what the rules of a complete head answer.
struct HeadFault {
    int status = 0; ///< 0: no fault
    std::string_view reason;
    explicit operator bool() const noexcept { return status != 0; }
};

/// The rules that need the whole head: one Host, one framing, no contradiction between target and
/// Host (RFC 9112 3.2, 6.1, 6.3; RFC 9110 7.6.1, 10.1.1). `head` has method, target, version and
/// headers; the rest is filled in here. Pure; any thread.
HeadFault applyHeadRules(RequestHead &head, std::string &text) noexcept;

} // namespace arc
