// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/error_page.h"

#include "server/base/assert.h"
#include "server/base/embedded.h"
#include "server/http/message.h"
#include "server/http/syntax/accept.h"

#include <fmt/format.h>

/// Named here so that the linker takes the page out of the library, and by that registers it.
extern "C" int arc_embed_anchor_pages;

namespace arc {

namespace {

struct ExplanationRow {
    int status;
    std::string_view text;
};
constexpr ExplanationRow kExplanations[] = {
    {301, "What you asked for is at another address."},
    {400, "The server could not understand this request."},
    {401, "You have to sign in to see this."},
    {403, "You may not see this."},
    {404, "There is nothing at this address."},
    {405, "This address does not take that kind of request."},
    {408, "The request took too long to arrive."},
    {410, "What was here is gone for good."},
    {411, "The request has to say how long its body is."},
    {412, "It has changed since you last saw it."},
    {413, "What you sent is larger than this server takes."},
    {414, "The address is longer than this server takes."},
    {416, "The file does not have the part you asked for."},
    {417, "The server cannot meet what the request expects."},
    {421, "This server does not answer for that name."},
    {429, "There were too many requests. Please wait a moment."},
    {431, "The request's headers are larger than this server takes."},
    {500, "Something went wrong on the server."},
    {501, "The server does not know how to do this."},
    {502, "The application did not give a proper answer."},
    {503, "The server is too busy right now. Please try again in a moment."},
    {504, "The application took too long to answer."},
    {505, "The server does not speak this version of HTTP."},
};

struct PageParts {
    std::string status;
    std::string_view phrase;
    std::string_view explanation;
    std::string_view requestId;
};

/// Replaces {{status}}, {{phrase}}, {{explanation}} and {{request_id}}, each escaped.
std::string fillPage(std::string_view page, const PageParts &parts)
{
    std::string out;
    out.reserve(page.size() + 256);
    for (;;) {
        const size_t open = page.find("{{");
        out.append(page.substr(0, open));
        if (open == page.npos)
            return out;
        page.remove_prefix(open + 2);
        const size_t close = page.find("}}");
        ARC_ASSERT(close != page.npos);
        const std::string_view name = page.substr(0, close);
        page.remove_prefix(close + 2);
        if (name == "status")
            appendHtml(out, parts.status);
        else if (name == "phrase")
            appendHtml(out, parts.phrase);
        else if (name == "explanation")
            appendHtml(out, parts.explanation);
        else if (name == "request_id")
            appendHtml(out, parts.requestId);
    }
}

} // namespace

void appendHtml(std::string &out, std::string_view text)
{
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
}

std::string_view standardExplanation(int status) noexcept
{
    for (const ExplanationRow &row : kExplanations) {
        if (row.status == status)
            return row.text;
    }
    return status >= 500 ? "Something went wrong on the server."
                         : "The server did not accept this request.";
}

ErrorPage makeErrorPage(int status, std::string_view explanation, std::string_view requestId,
                        std::optional<std::string_view> accept)
{
    PageParts parts {.status = fmt::to_string(status),
                     .phrase = reasonPhrase(status),
                     .explanation = explanation,
                     .requestId = requestId};
    if (parts.phrase.empty())
        parts.phrase = status >= 500 ? "Server Error" : "Error";
    if (parts.explanation.empty())
        parts.explanation = standardExplanation(status);
    if (accept && prefersHtml(*accept)) {
        const auto page = embeddedFile("pages/error.html");
        ARC_ASSERT(page && arc_embed_anchor_pages == 0);
        return {.contentType = "text/html; charset=utf-8", .body = fillPage(*page, parts)};
    }
    std::string text = fmt::format("{} {}\n{}\n", parts.status, parts.phrase, parts.explanation);
    if (!requestId.empty())
        text += fmt::format("Request: {}\n", requestId);
    return {.contentType = "text/plain; charset=utf-8", .body = std::move(text)};
}

} // namespace arc
