// SPDX-License-Identifier: Apache-2.0
#include "server/workers/response_head.h"

#include "server/base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

enum class Fate { Pass, Drop, Length, File };

constexpr std::string_view kSendFile = "x-sendfile";
constexpr std::string_view kAccelRedirect = "x-accel-redirect";

Fate fateOf(HeaderId id) noexcept
{
    switch (id) {
    case HeaderId::ContentLength:
        return Fate::Length;
    case HeaderId::Connection:
    case HeaderId::KeepAlive:
    case HeaderId::ProxyConnection:
    case HeaderId::ProxyAuthenticate:
    case HeaderId::Te:
    case HeaderId::Trailer:
    case HeaderId::TransferEncoding:
    case HeaderId::Upgrade:
    case HeaderId::Date: // one clock: the engine's
        return Fate::Drop;
    default:
        return Fate::Pass;
    }
}

/// A header the app named in letters although it has a number: the number decides its fate.
HeaderId numberOf(const protocol::FieldView &field) noexcept
{
    return field.id == HeaderId::Other ? headerFromName(field.name) : field.id;
}

bool namesFile(const protocol::FieldView &field) noexcept
{
    return equalsIgnoreCase(field.name, kSendFile) || equalsIgnoreCase(field.name, kAccelRedirect);
}

Error refusal(std::string_view what, std::string_view name)
{
    std::string shown(name.substr(0, 64));
    for (char &c : shown) {
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e)
            c = '?';
    }
    return Error {ErrorCode::AppFailed, fmt::format("{} \"{}\"", what, shown)};
}

/// The fields that `passes` lets through, all of them checked.
template <class Passes>
Result<HeaderBlock> readFields(protocol::ResponseReader &reader, Passes passes)
{
    HeaderBlock lines;
    while (const auto field = reader.next()) {
        const std::string_view value = trim(field->value);
        if (!isFieldName(field->name))
            return refusal("a header name that HTTP forbids:", field->name);
        if (!isFieldValue(value))
            return refusal("a value that HTTP forbids in header", field->name);
        if (passes(*field))
            lines.add(field->name, value);
    }
    return lines;
}

} // namespace

Result<AppAnswer> readAppAnswer(protocol::ResponseReader &reader)
{
    AppAnswer answer;
    answer.head.status = reader.status();
    if (answer.head.status < 200 || answer.head.status > 599)
        return Error {ErrorCode::AppFailed,
                      fmt::format("the status {} is outside 200..599", reader.status())};
    while (const auto field = reader.next()) {
        if (!isFieldName(field->name))
            return refusal("a header name that HTTP forbids:", field->name);
        const std::string_view value = trim(field->value);
        if (!isFieldValue(value))
            return refusal("a value that HTTP forbids in header", field->name);
        const HeaderId number = numberOf(*field);
        switch (number == HeaderId::Other && namesFile(*field) ? Fate::File : fateOf(number)) {
        case Fate::File:
            answer.file = FileRequest {.isPath = equalsIgnoreCase(field->name, kSendFile),
                                       .value = std::string(value)};
            break;
        case Fate::Drop:
            break;
        case Fate::Pass:
            answer.head.headers.add(field->name, value);
            break;
        case Fate::Length: {
            const auto length = parseUnsigned(value);
            if (!length)
                return refusal("a Content-Length that is not a number:", value);
            if (answer.contentLength && *answer.contentLength != *length)
                return refusal("a second, different Content-Length", value);
            answer.contentLength = *length;
            break;
        }
        }
    }
    return answer;
}

void passFileName(AppAnswer &answer)
{
    if (answer.file)
        answer.head.headers.add(answer.file->isPath ? kSendFile : kAccelRedirect,
                                answer.file->value);
    answer.file.reset();
}

Result<HeaderBlock> readAppAccept(protocol::ResponseReader &reader)
{
    static constexpr std::string_view kOwn[] = {"sec-websocket-accept", "sec-websocket-extensions",
                                                "sec-websocket-key", "sec-websocket-version"};
    return readFields(reader, [](const protocol::FieldView &field) {
        const bool isOwn =
            std::any_of(std::begin(kOwn), std::end(kOwn), [&field](std::string_view name) {
                return equalsIgnoreCase(name, field.name);
            });
        return !isOwn && fateOf(numberOf(field)) == Fate::Pass;
    });
}

Result<HeaderBlock> readAppHints(protocol::ResponseReader &reader)
{
    return readFields(
        reader, [](const protocol::FieldView &field) { return numberOf(field) == HeaderId::Link; });
}

Result<HeaderBlock> readAppTrailers(protocol::ResponseReader &reader)
{
    return readFields(reader, [](const protocol::FieldView &field) {
        switch (numberOf(field)) { // fields with a number steer the answer itself, but for these
        case HeaderId::Digest:
        case HeaderId::ETag:
        case HeaderId::Other:
        case HeaderId::ReprDigest:
            return !namesFile(field);
        default:
            return false;
        }
    });
}

} // namespace arc
