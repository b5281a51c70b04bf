// SPDX-License-Identifier: Apache-2.0
// Header blocks and frames of an HTTP/2 client that may be anything: what nghttp2 lets pass becomes
// a head that is whole and means one thing, or is refused.
#include "server/http/syntax/http2_head.h"
#include "tests/fuzz/check.h"

#include <cstdint>
#include <cstdlib>

#include <nghttp2/nghttp2.h>

using namespace arc;

namespace {

struct Reader {
    Http2Head fields;
    HeadLimits limits {.headerBytesMax = 4096};
    bool isBomb = false;
};

std::string_view textOf(const uint8_t *bytes, size_t size)
{
    return {reinterpret_cast<const char *>(bytes), size};
}

bool hasControl(std::string_view text)
{
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
            return true;
    }
    return false;
}

int began(nghttp2_session *, const nghttp2_frame *, void *context)
{
    static_cast<Reader *>(context)->fields.reset();
    return 0;
}

int field(nghttp2_session *, const nghttp2_frame *, const uint8_t *name, size_t nameSize,
          const uint8_t *value, size_t valueSize, uint8_t, void *context)
{
    auto &reader = *static_cast<Reader *>(context);
    reader.isBomb =
        !reader.fields.add(textOf(name, nameSize), textOf(value, valueSize), reader.limits);
    return reader.isBomb ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

int complete(nghttp2_session *, const nghttp2_frame *frame, void *context)
{
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    auto &reader = *static_cast<Reader *>(context);
    RequestHead head;
    const HeadFault fault =
        reader.fields.finish(!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM), head);
    FUZZ_CHECK(reader.fields.ownedBytes() < 256 * 1024);
    if (fault) {
        FUZZ_CHECK(fault.status >= 400 && !fault.reason.empty());
        return 0;
    }
    FUZZ_CHECK(!head.host.empty() && !head.methodText.empty());
    FUZZ_CHECK(head.path == "*" || head.path.starts_with('/'));
    FUZZ_CHECK(head.path.find('\0') == head.path.npos);
    for (const HeaderView &header : head.headers) {
        FUZZ_CHECK(isFieldName(header.name) && !hasControl(header.value));
        FUZZ_CHECK(header.id != HeaderId::Connection && header.id != HeaderId::TransferEncoding);
    }
    return 0;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nghttp2_session_callbacks *callbacks = nullptr;
    FUZZ_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, began);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, complete);
    nghttp2_option *option = nullptr;
    FUZZ_CHECK(nghttp2_option_new(&option) == 0);
    nghttp2_option_set_no_recv_client_magic(option, 1); // the interesting bytes come at once
    if (size && (data[0] & 1))
        nghttp2_option_set_no_http_messaging(option, 1); // then our rules stand alone
    Reader reader;
    nghttp2_session *session = nullptr;
    FUZZ_CHECK(nghttp2_session_server_new2(&session, callbacks, &reader, option) == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (size > 1)
        nghttp2_session_mem_recv(session, data + 1, size - 1);
    nghttp2_session_del(session);
    return 0;
}
