// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/static_answer.h"

#include "server/http/http_loop.h"
#include "server/http/router.h"
#include "server/http/syntax/conditional.h"
#include "server/http/syntax/error_page.h"
#include "server/http/syntax/range_header.h"
#include "server/http/syntax/uri.h"

#include <random>

#include <fmt/format.h>

namespace arc {

namespace {

using Entry = FileCache::Entry;

/// What is compressed once and sent often may cost more than what a client waits for each time.
constexpr Coding kOrder[] = {Coding::Brotli, Coding::Zstd, Coding::Gzip};

/// Header lines of an answer from an entry, in two parts: what every answer has but a 304, and what
/// a 304 has as well.
struct Lines {
    std::string_view all;
    size_t sharedAt = 0;
    std::string_view own() const noexcept { return all.substr(0, sharedAt); }
    std::string_view shared() const noexcept { return all.substr(sharedAt); }
};

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
    ResponseHead head {.status = status, .headers = {}};
    head.headers.add(name, value);
    exchange.respondPage(std::move(head));
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

/// 32 digits that no file knows before. Not the request's id, which a client may choose.
std::string makeBoundary()
{
    std::random_device device;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

/// RFC 9110 14.6.
void respondParts(Exchange &exchange, const Entry &entry, const Lines &lines,
                  const RangeRequest &wanted)
{
    const std::string boundary = makeBoundary();
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
    head.headers.append(lines.shared());
    exchange.begin(std::move(head), length);
    for (size_t i = 0; i < wanted.count; ++i) {
        exchange.write(Chunk::own(std::move(heads[i])));
        exchange.write(part(entry, wanted.all[i].first, wanted.all[i].length));
    }
    exchange.write(Chunk::own(end));
    exchange.end();
}

void respondRange(Exchange &exchange, const Entry &entry, const Lines &lines,
                  std::string_view value)
{
    const RangeRequest wanted = parseRange(value, entry->size);
    switch (wanted.outcome) {
    case RangeRequest::Outcome::Whole:
        exchange.respondPrepared(200, lines.all, whole(entry));
        return;
    case RangeRequest::Outcome::Unsatisfiable:
        respondPage(exchange, 416, "Content-Range", fmt::format("bytes */{}", entry->size));
        return;
    case RangeRequest::Outcome::Some:
        break;
    }
    if (wanted.count > 1) {
        respondParts(exchange, entry, lines, wanted);
        return;
    }
    const ByteRange &range = wanted.all[0];
    const std::string partLines = std::string(lines.all)
        + fmt::format("Content-Range: bytes {}-{}/{}\r\n", range.first,
                      range.first + range.length - 1, entry->size);
    exchange.respondPrepared(206, partLines, part(entry, range.first, range.length));
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
void respondFile(Exchange &exchange, const Entry &entry, const Lines &lines)
{
    const RequestHead &request = exchange.request();
    if (!asksSpecially(request)) {
        exchange.respondPrepared(200, lines.all, whole(entry));
        return;
    }
    const int64_t now = exchange.loop().unixMs() / 1000;
    const Validators validators = entry->validators();
    switch (evaluateConditions(request, validators, now)) {
    case Condition::NotModified:
        // The body is dropped by the owner, who learns the length from it.
        exchange.respondPrepared(304, lines.shared(), whole(entry));
        return;
    case Condition::PreconditionFailed:
        exchange.respondStatus(412);
        return;
    case Condition::Proceed:
        break;
    }
    // Only what has a strong validator and says Accept-Ranges comes in parts.
    const bool isPartable = entry->coding == Coding::Identity && !entry->etag.empty();
    const auto range = request.find(HeaderId::Range);
    if (range && isPartable && request.method == Method::Get
        && rangeHolds(request, validators, now))
        respondRange(exchange, entry, lines, *range);
    else
        exchange.respondPrepared(200, lines.all, whole(entry));
}

void respondFile(Exchange &exchange, const Entry &entry, bool varies)
{
    respondFile(exchange, entry, Lines {entry->linesFor(varies), entry->sharedAt});
}

/// In which coding a file leaves.
struct Choice {
    FileVariant variant;
    bool varies = false;
    bool isNothing = false; ///< the client takes neither a coding there is nor the file as it is
};

Choice choose(Exchange &exchange, const Entry &entry)
{
    const CodingRules &rules = exchange.route().coding;
    const bool mayMake = !rules.offered().empty() && entry->stamp && entry->size >= rules.bytesMin()
        && entry->size <= rules.fileBytesMax() && exchange.http().files().hasRoomFor(entry->size)
        && rules.takesType(entry->type);
    Choice choice;
    if (!mayMake && entry->neighbours.empty())
        return choice;
    choice.varies = true;
    const RequestHead &request = exchange.request();
    const AcceptedCodings accepted = acceptedCodings(request);
    // Ranges are of the file as it is; what was compressed before costs nothing and comes first.
    if (request.find(HeaderId::Range) && accepted.takesIdentity())
        return choice;
    auto best = accepted.choose(entry->neighbours, kOrder);
    const auto made = mayMake ? accepted.choose(rules.offered(), kOrder) : std::nullopt;
    // Among equals what is there already comes first and the file as it is last.
    const bool isPreferred = made && best
        && (accepted.weight(*made) > accepted.weight(*best)
            || (*best == Coding::Identity
                && accepted.weight(*made) == accepted.weight(Coding::Identity)));
    if (made && (!best || isPreferred))
        best = made;
    choice.isNothing = !best;
    choice.variant = {best.value_or(Coding::Identity), rules.level(), mayMake};
    return choice;
}

void answerPlain(Exchange &exchange, const FileCache::Found &found) noexcept
{
    if (found.entry->status == 200)
        respondFile(exchange, found.entry, true);
    else
        exchange.respondStatus(found.entry->status, {}, found.entry->status == 503 ? 1 : 0);
}

void answerCoded(Exchange &exchange, const FileCache::Found &found) noexcept
{
    const Entry &entry = found.entry;
    if (entry->status != 200 || !entry->isOriginalBetter) {
        answerPlain(exchange, found);
        return;
    }
    if (!exchange.http().files().serve(exchange, found.scope, found.path, {}, answerPlain))
        exchange.respondStatus(503, {}, 1);
}

void respondChosen(Exchange &exchange, const FileCache::Found &found)
{
    const Choice choice = choose(exchange, found.entry);
    if (choice.isNothing) {
        exchange.respondStatus(406);
        return;
    }
    const bool isPlain = choice.variant.coding == Coding::Identity;
    // With the pool busy the file goes as it is: every client that takes codings takes that.
    if (isPlain
        || !exchange.http().files().serve(exchange, found.scope, found.path, choice.variant,
                                          answerCoded))
        respondFile(exchange, found.entry, choice.varies);
}

} // namespace

void answerFile(Exchange &exchange, const FileCache::Found &found) noexcept
{
    const Entry &entry = found.entry;
    switch (entry->status) {
    case 200:
        respondChosen(exchange, found);
        return;
    case 301:
        redirectToFolder(exchange);
        return;
    default:
        exchange.respondStatus(entry->status, {}, entry->status == 503 ? 1 : 0);
        return;
    }
}

void answerFileUnder(Exchange &exchange, const Entry &entry, int status,
                     std::string_view lines) noexcept
{
    std::string own; // of the content: a 304 does not repeat it
    std::string shared;
    bool hasType = false;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find("\r\n") + 2);
        lines.remove_prefix(line.size());
        switch (headerFromName(line.substr(0, line.find(':')))) {
        case HeaderId::AcceptRanges:
        case HeaderId::ContentRange:
        case HeaderId::ETag:
        case HeaderId::LastModified:
            break; // the file's own
        case HeaderId::ContentType:
            hasType = true;
            [[fallthrough]];
        case HeaderId::ContentEncoding:
            own += line;
            break;
        default:
            shared += line;
        }
    }
    if (!hasType)
        own.append("Content-Type: ").append(entry->type).append("\r\n");
    const size_t sharedAt = own.size();
    own.append(shared).append(std::string_view(entry->lines).substr(entry->sharedAt));
    const bool isDone = status == 200 || status == 206;
    const Method method = exchange.request().method;
    // What other methods ask for the app has done by now, whatever their conditions said (RFC 9110
    // 13.2.1): only the answer is left. A part is cut out for GET alone.
    if (isDone && (method == Method::Get || method == Method::Head))
        respondFile(exchange, entry, Lines {own, sharedAt});
    else
        exchange.respondPrepared(isDone ? 200 : status, own, whole(entry));
}

} // namespace arc
