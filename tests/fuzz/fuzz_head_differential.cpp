// SPDX-License-Identifier: Apache-2.0
// Two parsers that disagree about where a request ends are how requests are smuggled. So: what we
// accept, the others accept, and with the same target, the same body and the same end.
#include "server/base/text.h"
#include "server/http/syntax/chunked.h"
#include "server/http/syntax/head_parser.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/oracle.h"

#include <algorithm>
#include <array>
#include <cstdio>

using namespace arc;

namespace {

struct Ours {
    bool refused = true;
    bool complete = false;
    bool chunked = false;
    std::string_view target;
    std::string body;
    size_t bytesUsed = 0;
};

void readBody(Ours &ours, const RequestHead &head, std::string_view rest)
{
    if (!head.chunked) {
        const uint64_t length = head.contentLength.value_or(0);
        ours.complete = rest.size() >= length;
        ours.body = rest.substr(0, ours.complete ? static_cast<size_t>(length) : rest.npos);
        ours.bytesUsed += ours.body.size();
        return;
    }
    ChunkedDecoder decoder;
    for (;;) {
        const ChunkPiece piece = decoder.decode(rest);
        ours.bytesUsed += piece.bytesUsed;
        rest.remove_prefix(piece.bytesUsed);
        ours.body += piece.data;
        ours.refused = piece.step == ChunkStep::Refuse;
        ours.complete = piece.step == ChunkStep::Done;
        if (piece.step != ChunkStep::Data)
            return;
    }
}

/// http-parser 2.9.4 takes "Transfer-Encodings" for Transfer-Encoding.
bool confusesHttpParser(const RequestHead &head)
{
    return std::any_of(head.headers.begin(), head.headers.end(), [](const HeaderView &header) {
        constexpr std::string_view kName = "transfer-encoding";
        return header.name.size() > kName.size()
            && equalsIgnoreCase(header.name.substr(0, kName.size()), kName);
    });
}

bool isAboutFraming(std::string_view why)
{
    return why == "HPE_INVALID_TRANSFER_ENCODING" || why == "HPE_UNEXPECTED_CONTENT_LENGTH"
        || why == "HPE_INVALID_CONTENT_LENGTH";
}

/// llhttp 8.1 knows one chunk extension per line, and no quoted value (RFC 9112 7.1.1 has both).
bool hasRichExtension(std::string_view body)
{
    const size_t semicolon = body.find(';');
    return semicolon != body.npos && body.find_first_of(";\"", semicolon + 1) != body.npos;
}

void compare(const char *name, const Ours &ours, const OracleAnswer &theirs)
{
    using Outcome = OracleAnswer::Outcome;
    if (theirs.outcome == Outcome::Excused || theirs.outcome == Outcome::Upgraded)
        return;
    if (theirs.outcome == Outcome::Refused && ours.chunked && ours.body == theirs.body
        && isAboutFraming(theirs.why))
        return; // of trailers: we drop them unread, so one that looks like framing frames nothing
    const bool agree = theirs.outcome != Outcome::Refused
        && ours.complete == (theirs.outcome == Outcome::Complete) && ours.target == theirs.target
        && ours.body == theirs.body && (!ours.complete || ours.bytesUsed == theirs.bytesUsed);
    if (!agree)
        std::fprintf(stderr,
                     "%s: outcome %d %s, target \"%s\", body %zu, end %zu; ours: complete %d, body "
                     "%zu, end %zu\n",
                     name, static_cast<int>(theirs.outcome), theirs.why, theirs.target.c_str(),
                     theirs.body.size(), theirs.bytesUsed, ours.complete, ours.body.size(),
                     ours.bytesUsed);
    FUZZ_CHECK(agree);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    std::array<HeaderView, kHeaderCountMax> headers;
    std::string text;
    HeadProgress progress;
    RequestHead head;
    const HeadOutcome outcome = parseHead(bytes, {}, progress, {headers, text}, head);
    if (outcome.step != HeadStep::Done)
        return 0;
    Ours ours {.refused = false,
               .chunked = head.chunked,
               .target = head.target,
               .bytesUsed = outcome.bytesUsed};
    readBody(ours, head, bytes.substr(outcome.bytesUsed));
    if (ours.refused)
        return 0;
    if (!hasRichExtension(bytes.substr(outcome.bytesUsed)))
        compare("llhttp", ours, askLlhttp(bytes));
    if (!confusesHttpParser(head))
        compare("http-parser", ours, askHttpParser(bytes));
    return 0;
}
