// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/head_parser.h"
#include "server/http/syntax/scan.h"
#include "tests/fuzz/check.h"

#include <algorithm>
#include <array>

using namespace arc;

namespace {

struct Parse {
    HeadOutcome outcome;
    RequestHead head;
    std::array<HeaderView, kHeaderCountMax> headers;
    std::string text;
};

/// Small limits, so that the fuzzer reaches them.
constexpr HeadLimits kLimits {
    .requestLineBytesMax = 256, .headerBytesMax = 1024, .headerCountMax = 20};

/// Parses as if the bytes arrived in pieces of `step` bytes, each time in other memory.
void parseInPieces(Parse &parse, std::string_view bytes, size_t step, std::string &memory,
                   const Scanner &scanner)
{
    HeadProgress progress;
    for (size_t size = std::min(step, bytes.size());; size = std::min(size + step, bytes.size())) {
        std::string copy(bytes.substr(0, size));
        parse.outcome =
            parseHead(copy, kLimits, progress, {parse.headers, parse.text}, parse.head, scanner);
        memory.swap(copy); // keeps what the views point to
        if (parse.outcome.step != HeadStep::NeedMore || size == bytes.size())
            return;
    }
}

/// Every way to scan comes to the same answer, byte for byte.
void checkScanners(const Parse &first, std::string_view bytes)
{
    for (const Scanner &scanner : scanners().subspan(1)) {
        Parse other;
        HeadProgress progress;
        other.outcome =
            parseHead(bytes, kLimits, progress, {other.headers, other.text}, other.head, scanner);
        FUZZ_CHECK(other.outcome.step == first.outcome.step
                   && other.outcome.status == first.outcome.status
                   && other.outcome.reason == first.outcome.reason
                   && other.outcome.bytesUsed == first.outcome.bytesUsed);
        FUZZ_CHECK(other.head.target == first.head.target
                   && other.head.headers.size() == first.head.headers.size());
        for (size_t i = 0; i < first.head.headers.size(); ++i) {
            const HeaderView &a = first.head.headers[i];
            const HeaderView &b = other.head.headers[i];
            FUZZ_CHECK(a.name.data() == b.name.data() && a.name.size() == b.name.size());
            FUZZ_CHECK(a.value.data() == b.value.data() && a.value.size() == b.value.size());
        }
    }
}

void checkHead(const RequestHead &head, std::string_view bytes)
{
    FUZZ_CHECK(isFieldName(head.methodText));
    FUZZ_CHECK(head.path.starts_with('/') || (head.path == "*" && head.method == Method::Options));
    FUZZ_CHECK(head.path.find('\0') == head.path.npos);
    FUZZ_CHECK(!(head.chunked && head.contentLength));
    FUZZ_CHECK(!head.expectContinue || head.hasBody());
    FUZZ_CHECK(head.minorVersion == 0 || !head.host.empty());
    for (const char c : head.host)
        FUZZ_CHECK(lowerByte(c) == c && isTargetByte(c) && c != '/' && c != '@');
    for (const HeaderView &header : head.headers) {
        FUZZ_CHECK(isFieldName(header.name) && isFieldValue(header.value));
        FUZZ_CHECK(header.name.data() >= bytes.data()
                   && header.value.data() + header.value.size() <= bytes.data() + bytes.size());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const size_t step = 1 + data[0] % 16;
    const Scanner &scanner = scanners()[data[0] / 16 % scanners().size()];
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
    Parse whole;
    HeadProgress progress;
    whole.outcome = parseHead(bytes, kLimits, progress, {whole.headers, whole.text}, whole.head);
    checkScanners(whole, bytes);
    Parse pieces;
    std::string memory;
    parseInPieces(pieces, bytes, step, memory, scanner);

    if (whole.outcome.step == HeadStep::Done) {
        FUZZ_CHECK(pieces.outcome.step == HeadStep::Done);
        FUZZ_CHECK(pieces.outcome.bytesUsed == whole.outcome.bytesUsed
                   && whole.outcome.bytesUsed <= bytes.size());
        FUZZ_CHECK(pieces.head.path == whole.head.path && pieces.head.host == whole.head.host);
        FUZZ_CHECK(pieces.head.headers.size() == whole.head.headers.size());
        checkHead(whole.head, bytes);
        std::string text;
        std::vector<HeaderView> headers;
        const RequestHead copy =
            copyHead(whole.head, bytes.substr(0, whole.outcome.bytesUsed), text, headers);
        FUZZ_CHECK(copy.path == whole.head.path && copy.host == whole.head.host
                   && copy.query == whole.head.query);
        checkHead(copy, text);
    } else if (pieces.outcome.step == HeadStep::Refuse
               || whole.outcome.step == HeadStep::NeedMore) {
        // In pieces a fault inside a line may be told later, never another one.
        FUZZ_CHECK(pieces.outcome.step == whole.outcome.step);
        FUZZ_CHECK(pieces.outcome.status == whole.outcome.status
                   && pieces.outcome.reason == whole.outcome.reason);
    } else {
        FUZZ_CHECK(pieces.outcome.step == HeadStep::NeedMore);
    }
    return 0;
}
