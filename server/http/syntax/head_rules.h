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

// ---- what every version of HTTP has in common; each fills in its part of `head`

/// Content-Length: digits and nothing else (RFC 9110 8.6).
HeadFault readLength(std::string_view digits, RequestHead &head) noexcept;
/// A target that begins with its path, into rawPath and query.
void splitPath(std::string_view target, RequestHead &head) noexcept;
/// Exactly one Host but in 1.0, where it may be missing; it must agree with a target that names a
/// host itself. `header`: the Host header, or null; `inTarget`: empty when the target names none.
HeadFault readHost(RequestHead &head, const HeaderView *header, std::string_view inTarget,
                   uint16_t defaultPort) noexcept;
/// Decodes rawPath into path, unless that is set, and lowers the case of host. What differs from
/// the bytes received is put into `text`.
HeadFault settleNames(RequestHead &head, std::string &text) noexcept;
/// 100-continue or 417 (RFC 9110 10.1.1).
HeadFault readExpectation(const HeaderView &expect, bool twice, RequestHead &head) noexcept;

} // namespace arc
