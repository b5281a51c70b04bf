// SPDX-License-Identifier: Apache-2.0
// Two parsers that disagree about where a request ends are how requests are smuggled. So: what we accept, the others
// accept, and with the same target, the same body and the same end.
#include "server/http/syntax/chunked.h"
#include "server/http/syntax/head_parser.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/oracle.h"

#include <array>
#include <cstdio>

using namespace arc;

namespace {

struct Ours {
    bool refused = true;
    bool complete = false;
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

void compare(const char *name, const Ours &ours, const OracleAnswer &theirs)
{
    using Outcome = OracleAnswer::Outcome;
    if (theirs.outcome == Outcome::Excused || theirs.outcome == Outcome::Upgraded)
        return;
    const bool agree = theirs.outcome != Outcome::Refused && ours.complete == (theirs.outcome == Outcome::Complete)
        && ours.target == theirs.target && ours.body == theirs.body
        && (!ours.complete || ours.bytesUsed == theirs.bytesUsed);
    if (!agree)
        std::fprintf(stderr, "%s: outcome %d %s, target \"%s\", body %zu, end %zu; ours: complete %d, body %zu, end %zu\n",
                     name, static_cast<int>(theirs.outcome), theirs.why, theirs.target.c_str(), theirs.body.size(),
                     theirs.bytesUsed, ours.complete, ours.body.size(), ours.bytesUsed);
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
    Ours ours {.refused = false, .target = head.target, .bytesUsed = outcome.bytesUsed};
    readBody(ours, head, bytes.substr(outcome.bytesUsed));
    if (ours.refused)
        return 0;
    compare("llhttp", ours, askLlhttp(bytes));
    compare("http-parser", ours, askHttpParser(bytes));
    return 0;
}
