// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arc {

struct ErrorPage {
    std::string_view contentType; ///< constant text
    std::string body;
};

/// The page of a status: HTML when `accept` (the Accept header's value, or nothing) prefers it,
/// else plain text. An empty explanation means the standard sentence for the status. Everything
/// that is put in is escaped.
ErrorPage makeErrorPage(int status, std::string_view explanation, std::string_view requestId,
                        std::optional<std::string_view> accept);

/// Appends text so that it may stand in an element or a quoted attribute.
void appendHtml(std::string &out, std::string_view text);

/// "The address leads to nothing here."; a general sentence when the status has none of its own.
std::string_view standardExplanation(int status) noexcept;

} // namespace arc
