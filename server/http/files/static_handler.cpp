// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/static_handler.h"

#include "server/http/files/file_cache.h"
#include "server/http/http_loop.h"
#include "server/http/syntax/conditional.h"
#include "server/http/syntax/error_page.h"
#include "server/http/syntax/range_header.h"
#include "server/http/syntax/uri.h"

#include <fmt/format.h>

namespace arc {

namespace {

using Entry = FileCache::Entry;

constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";

/// "/.git/config" is hidden, "/.well-known/acme" is not.
bool isHidden(std::string_view path) noexcept
{
    constexpr std::string_view kWellKnown = "/.well-known/";
    if (path.starts_with(kWellKnown))
        path.remove_prefix(kWellKnown.size() - 1);
    return path.find("/.") != path.npos;
}

Chunk part(const Entry &entry, uint64_t from, uint64_t size)
{
    if (entry->file)
        return Chunk::fromFile(entry->file, from, size);
    return Chunk::borrow(std::string_view(entry->content).substr(from, size), entry);
}

Chunk whole(const Entry &entry)
{
    return part(entry, 0, entry->size);
}

void respondPage(Exchange &exchange, int status, std::string_view name, std::string_view value)
{
    ErrorPage page =
        makeErrorPage(status, {}, exchange.requestId(), exchange.request().find(HeaderId::Accept));
    ResponseHead head {.status = status, .headers = {}};
    head.headers.add(name, value);
    head.headers.add("Content-Type", page.contentType);
    exchange.respond(std::move(head), Chunk::own(std::move(page.body)));
}

/// To the folder's address with its "/", so that relative links in its page work. Never more than
/// one "/" in front:
/// "//host/" would be another server.
void redirectToFolder(Exchange &exchange)
{
    const RequestHead &request = exchange.request();
    const std::string_view path = request.path;
    std::string location = "/";
    if (const size_t start = path.find_first_not_of('/'); start != path.npos)
        location += encodePath(path.substr(start)) + "/";
    if (!request.query.empty())
        location.append("?").append(request.query);
    respondPage(exchange, 301, "Location", location);
}

/// RFC 9110 14.6. The boundary is the request's id: 32 random digits that no file knows before.
void respondParts(Exchange &exchange, const Entry &entry, const RangeRequest &wanted)
{
    const std::string boundary(exchange.requestId());
    std::vector<std::string> heads;
    const std::string end = fmt::format("\r\n--{}--\r\n", boundary);
    uint64_t length = end.size();
    for (const ByteRange &range : wanted.ranges()) {
        heads.push_back(fmt::format(
            "\r\n--{}\r\nContent-Type: {}\r\nContent-Range: bytes {}-{}/{}\r\n\r\n", boundary,
            entry->type, range.first, range.first + range.length - 1, entry->size));
        length += heads.back().size() + range.length;
    }
    ResponseHead head {.status = 206, .headers = {}};
    head.headers.add("Content-Type", "multipart/byteranges; boundary=" + boundary);
    head.headers.append(
        std::string_view(entry->lines).substr(entry->lines.find('\n') + 1)); // all but its type
    exchange.begin(std::move(head), length);
    for (size_t i = 0; i < wanted.count; ++i) {
        exchange.write(Chunk::own(std::move(heads[i])));
        exchange.write(part(entry, wanted.all[i].first, wanted.all[i].length));
    }
    exchange.write(Chunk::own(end));
    exchange.end();
}

void respondRange(Exchange &exchange, const Entry &entry, std::string_view value)
{
    const RangeRequest wanted = parseRange(value, entry->size);
    switch (wanted.outcome) {
    case RangeRequest::Outcome::Whole:
        exchange.respondPrepared(200, entry->lines, whole(entry));
        return;
    case RangeRequest::Outcome::Unsatisfiable:
        respondPage(exchange, 416, "Content-Range", fmt::format("bytes */{}", entry->size));
        return;
    case RangeRequest::Outcome::Some:
        break;
    }
    if (wanted.count > 1) {
        respondParts(exchange, entry, wanted);
        return;
    }
    const ByteRange &range = wanted.all[0];
    const std::string lines = entry->lines
        + fmt::format("Content-Range: bytes {}-{}/{}\r\n", range.first,
                      range.first + range.length - 1, entry->size);
    exchange.respondPrepared(206, lines, part(entry, range.first, range.length));
}

bool asksSpecially(const RequestHead &request) noexcept
{
    for (const HeaderView &header : request.headers) {
        switch (header.id) {
        case HeaderId::IfMatch:
        case HeaderId::IfModifiedSince:
        case HeaderId::IfNoneMatch:
        case HeaderId::IfUnmodifiedSince:
        case HeaderId::Range:
            return true;
        default:
            break;
        }
    }
    return false;
}

/// Step by step as RFC 9110 13.2.2 says.
void respondFile(Exchange &exchange, const Entry &entry)
{
    const RequestHead &request = exchange.request();
    if (!asksSpecially(request)) {
        exchange.respondPrepared(200, entry->lines, whole(entry));
        return;
    }
    const int64_t now = exchange.loop().unixMs() / 1000;
    switch (evaluateConditions(request, entry->validators(), now)) {
    case Condition::NotModified:
        // All but the type. The body is dropped by the owner, who learns the length from it.
        exchange.respondPrepared(
            304, std::string_view(entry->lines).substr(entry->lines.find('\n') + 1), whole(entry));
        return;
    case Condition::PreconditionFailed:
        exchange.respondStatus(412);
        return;
    case Condition::Proceed:
        break;
    }
    const auto range = request.find(HeaderId::Range);
    if (range && request.method == Method::Get && rangeHolds(request, entry->validators(), now))
        respondRange(exchange, entry, *range);
    else
        exchange.respondPrepared(200, entry->lines, whole(entry));
}

void answerFrom(Exchange &exchange, const Entry &entry) noexcept
{
    switch (entry->status) {
    case 200:
        respondFile(exchange, entry);
        return;
    case 301:
        redirectToFolder(exchange);
        return;
    default:
        exchange.respondStatus(entry->status, {}, entry->status == 503 ? 1 : 0);
        return;
    }
}

size_t prefixSize(std::string_view prefix) noexcept
{
    while (prefix.ends_with('/'))
        prefix.remove_suffix(1);
    return prefix.size();
}

} // namespace

StaticHandler::StaticHandler(StaticOptions options)
    : m_scope(
        std::make_shared<const FileScope>(std::move(options.roots), std::move(options.index))),
      m_prefixSize(prefixSize(options.prefix))
{
}

void StaticHandler::handle(Exchange &exchange) const noexcept
{
    const RequestHead &request = exchange.request();
    if (request.method != Method::Get && request.method != Method::Head) {
        if (request.method == Method::Options) {
            ResponseHead head {.status = 204, .headers = {}};
            head.headers.add("Allow", kAllow);
            exchange.respond(std::move(head), {});
        } else {
            respondPage(exchange, 405, "Allow", kAllow);
        }
        return;
    }
    if (request.path.size() < m_prefixSize) { // "*"
        exchange.respondStatus(404);
        return;
    }
    const std::string_view path = request.path.substr(m_prefixSize);
    if (isHidden(path)) {
        exchange.respondStatus(404);
        return;
    }
    exchange.http().files().serve(exchange, m_scope, path, answerFrom);
}

} // namespace arc
