// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/accept.h"
#include "server/http/syntax/conditional.h"
#include "server/http/syntax/date.h"
#include "server/http/syntax/range_header.h"
#include "server/http/syntax/uri.h"
#include "tests/fuzz/check.h"

using namespace arc;

namespace {

void checkPath(std::string_view raw)
{
    std::string memory;
    const auto path = normalisePath(raw, memory);
    if (!path)
        return;
    FUZZ_CHECK(path->starts_with('/') && path->size() <= raw.size());
    FUZZ_CHECK(path->find("//") == path->npos);
    std::string_view rest = path->substr(1);
    for (;;) {
        const size_t slash = rest.find('/');
        const std::string_view segment = rest.substr(0, slash);
        FUZZ_CHECK(segment != "." && segment != "..");
        if (slash == rest.npos)
            break;
        rest.remove_prefix(slash + 1);
    }
    std::string again;
    const std::string encoded = encodePath(*path);
    if (path->find('\0') == path->npos)
        FUZZ_CHECK(normalisePath(encoded, again) == path);
}

void checkFields(std::string_view text)
{
    constexpr int64_t kNow = 1795442587;
    constexpr uint64_t kSize = 1000;
    if (const auto authority = parseAuthority(text))
        FUZZ_CHECK(!authority->host.empty() && text.starts_with(authority->host));
    if (const auto date = parseHttpDate(text, kNow); date && *date >= 0)
        FUZZ_CHECK(parseHttpDate(formatHttpDate(*date), kNow) == date);
    uint64_t bytes = 0;
    const RangeRequest request = parseRange(text, kSize);
    for (const ByteRange &range : request.ranges()) {
        FUZZ_CHECK(range.length > 0 && range.first + range.length <= kSize);
        bytes += range.length;
    }
    FUZZ_CHECK(bytes <= kSize);
    preferredForm(text);

    const HeaderView headers[] = {{"If-None-Match", text, HeaderId::IfNoneMatch},
                                  {"If-Range", text, HeaderId::IfRange}};
    RequestHead head;
    head.method = Method::Get;
    head.headers = headers;
    const Validators validators {.etag = "\"a\"", .modified = kNow};
    if (evaluateConditions(head, validators, kNow) == Condition::NotModified)
        FUZZ_CHECK(text.find("\"a\"") != text.npos || text.find('*') != text.npos);
    rangeHolds(head, validators, kNow);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    checkPath(text);
    checkFields(text);
    return 0;
}
