// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/error_page.h"

#include "server/base/assert.h"
#include "server/base/embedded.h"
#include "server/base/text.h"
#include "server/http/message.h"
#include "server/http/syntax/accept.h"

#include <filesystem>
#include <fstream>

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

/// Replaces {{status}}, {{phrase}}, {{explanation}} and {{request_id}}, each escaped. Other braces
/// of somebody's own page stay as they are.
std::string fillPage(std::string_view page, const PageParts &parts)
{
    std::string out;
    out.reserve(page.size() + 256);
    for (;;) {
        const size_t open = page.find("{{");
        out.append(page.substr(0, open));
        if (open == page.npos)
            return out;
        page.remove_prefix(open);
        const size_t close = page.find("}}");
        const std::string_view name = close == page.npos ? page : page.substr(2, close - 2);
        if (name == "status")
            appendHtml(out, parts.status);
        else if (name == "phrase")
            appendHtml(out, parts.phrase);
        else if (name == "explanation")
            appendHtml(out, parts.explanation);
        else if (name == "request_id")
            appendHtml(out, parts.requestId);
        else {
            out += '{';
            page.remove_prefix(1);
            continue;
        }
        page.remove_prefix(close + 2);
    }
}

/// Of a string of JSON. Request ids and explanations are UTF-8 without control characters.
void appendJson(std::string &out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    out += '"';
}

/// Problem details (RFC 9457), under the type that clients ask for.
std::string jsonPage(const PageParts &parts)
{
    std::string out = R"({"status":)" + parts.status + R"(,"title":)";
    appendJson(out, parts.phrase);
    out += R"(,"detail":)";
    appendJson(out, parts.explanation);
    if (!parts.requestId.empty()) {
        out += R"(,"request_id":)";
        appendJson(out, parts.requestId);
    }
    return out + "}\n";
}

/// Null: it is no plain file, cannot be read, or is too long.
std::optional<std::string> readPage(const std::filesystem::path &path)
{
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)
        || std::filesystem::file_size(path, error) > OwnErrorPages::kBytesMax || error)
        return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    std::string text(OwnErrorPages::kBytesMax, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
    return file.bad() ? std::nullopt : std::optional(std::move(text));
}

} // namespace

std::shared_ptr<const OwnErrorPages> OwnErrorPages::read(const std::string &folder)
{
    auto pages = std::make_shared<OwnErrorPages>();
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename();
        std::string *place = nullptr;
        if (name == "4xx.html" || name == "5xx.html")
            place = &pages->m_classes[name[0] == '5'];
        else if (const auto status = parseUnsigned(std::string_view(name).substr(0, 3)); status
                 && name.size() == 8 && name.ends_with(".html") && *status >= kFirst
                 && *status - kFirst < pages->m_pages.size())
            place = &pages->m_pages[*status - kFirst];
        if (place)
            *place = readPage(entry->path()).value_or(std::string());
    }
    return error ? nullptr : pages;
}

std::string_view OwnErrorPages::find(int status) const noexcept
{
    const size_t index = static_cast<unsigned>(status) - kFirst; // a smaller status becomes large
    if (index >= m_pages.size())
        return {};
    const std::string &page = m_pages[index];
    return page.empty() ? m_classes[index / 100] : page;
}

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
                        std::optional<std::string_view> accept, const OwnErrorPages *own)
{
    PageParts parts {.status = fmt::to_string(status),
                     .phrase = reasonPhrase(status),
                     .explanation = explanation,
                     .requestId = requestId};
    if (parts.phrase.empty())
        parts.phrase = status >= 500 ? "Server Error" : "Error";
    if (parts.explanation.empty())
        parts.explanation = standardExplanation(status);
    const PageForm form = accept ? preferredForm(*accept) : PageForm::Plain;
    if (form == PageForm::Json)
        return {.contentType = "application/json", .body = jsonPage(parts)};
    if (form == PageForm::Html) {
        if (const std::string_view page = own ? own->find(status) : std::string_view();
            !page.empty())
            return {.contentType = "text/html; charset=utf-8", .body = fillPage(page, parts)};
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
