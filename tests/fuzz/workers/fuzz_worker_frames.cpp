// SPDX-License-Identifier: Apache-2.0
// Whatever a worker sends: the reader terminates, stays inside the bytes, and what it lets pass is
// safe for a client.
#include "server/base/assert.h"
#include "server/workers/frame.h"
#include "server/workers/response_head.h"
#include "server/workers/worker_reports.h"

using namespace arc;

namespace {

void readAnswer(std::string_view payload)
{
    protocol::ResponseReader reader(payload);
    if (!reader.isSound())
        return;
    const auto answer = readAppAnswer(reader);
    if (!answer)
        return;
    ARC_ASSERT(answer->head.status >= 200 && answer->head.status <= 599);
    const std::string_view body = reader.body();
    ARC_ASSERT(body.empty()
               || (body.data() >= payload.data()
                   && body.data() + body.size() == payload.data() + payload.size()));
    for (const char c : answer->head.headers.lines())
        ARC_ASSERT(c != '\0');
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    std::string_view bytes(reinterpret_cast<const char *>(data), size);
    while (!bytes.empty()) {
        const protocol::FrameRead read = protocol::readWorkerFrame(bytes);
        if (read.step != protocol::Step::Done)
            break;
        ARC_ASSERT(read.bytesUsed <= bytes.size() && read.bytesUsed >= protocol::kHeaderBytes);
        switch (read.frame.type) {
        case protocol::FrameType::Response:
            readAnswer(read.frame.payload);
            break;
        case protocol::FrameType::Ready:
            (void)parseReady(read.frame.payload).has_value();
            break;
        case protocol::FrameType::Step:
            (void)parseStep(read.frame.payload).has_value();
            break;
        case protocol::FrameType::Failed:
            (void)parseFailed(read.frame.payload).has_value();
            break;
        default:
            break;
        }
        bytes.remove_prefix(read.bytesUsed);
    }
    return 0;
}
