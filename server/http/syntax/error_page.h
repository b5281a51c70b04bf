// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace arc {

struct ErrorPage {
    std::string_view contentType; ///< constant text
    std::string body;
};

/// Pages that a site has of its own, in HTML. Immutable; any thread.
class OwnErrorPages {
public:
    static constexpr size_t kBytesMax = 256 * 1024; ///< of one page; longer ones are left out

    /// Reads "404.html", "4xx.html" and "5xx.html" of a folder, whatever else lies there. Null: the
    /// folder cannot be read. Blocks.
    static std::shared_ptr<const OwnErrorPages> read(const std::string &folder);

    /// Empty: there is none.
    std::string_view find(int status) const noexcept;

private:
    static constexpr unsigned kFirst = 400;
    std::array<std::string, 200> m_pages; ///< of 400 to 599
    std::array<std::string, 2> m_classes; ///< of all 4xx, and of all 5xx
};

/// The page of a status in the form that `accept` asks for (the Accept header's value, or nothing):
/// HTML, which may be one of `own`, JSON (RFC 9457), or plain text. An empty explanation means the
/// standard sentence for the status. Everything that is put in is escaped.
ErrorPage makeErrorPage(int status, std::string_view explanation, std::string_view requestId,
                        std::optional<std::string_view> accept, const OwnErrorPages *own = nullptr);

/// Appends text so that it may stand in an element or a quoted attribute.
void appendHtml(std::string &out, std::string_view text);

/// "The address leads to nothing here."; a general sentence when the status has none of its own.
std::string_view standardExplanation(int status) noexcept;

} // namespace arc
