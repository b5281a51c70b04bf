// SPDX-License-Identifier: Apache-2.0
#include "server/net/proxy_header.h"
#include "tests/fuzz/check.h"

using namespace arc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    ProxyHeader header;
    const ProxyOutcome whole = readProxyHeader(bytes, header);
    FUZZ_CHECK(whole.step != ProxyStep::Done
               || (whole.bytesUsed > 0 && whole.bytesUsed <= size
                   && whole.bytesUsed <= kProxyHeaderBytesMax));
    FUZZ_CHECK(whole.step != ProxyStep::Refuse || !whole.reason.empty());
    FUZZ_CHECK(whole.step != ProxyStep::NeedMore || size < kProxyHeaderBytesMax);
    FUZZ_CHECK(header.namesNobody || (header.client.isTcp() && header.server.isTcp()));
    FUZZ_CHECK(header.namesNobody || whole.step == ProxyStep::Done);

    // What is told does not depend on how the bytes came: never done early, and no change of mind.
    for (size_t seen = 0; seen < size && seen < kProxyHeaderBytesMax; ++seen) {
        ProxyHeader early;
        const ProxyOutcome outcome = readProxyHeader(bytes.substr(0, seen), early);
        if (outcome.step == ProxyStep::NeedMore)
            continue;
        FUZZ_CHECK(outcome.step == whole.step && outcome.bytesUsed == whole.bytesUsed);
        FUZZ_CHECK(outcome.step == ProxyStep::Refuse
                   || (seen >= whole.bytesUsed && early.client == header.client
                       && early.server == header.server));
        break;
    }
    return 0;
}
