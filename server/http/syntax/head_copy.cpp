// SPDX-License-Identifier: Apache-2.0
#include "server/base/assert.h"
#include "server/http/syntax/head_parser.h"

#include <cstdint>

namespace arc {

RequestHead copyHead(const RequestHead &head, std::string_view bytes, std::string &text,
                     std::vector<HeaderView> &headers)
{
    // What lies outside the received bytes is appended, so the room is known before views are made.
    text.clear();
    text.reserve(bytes.size() + head.rawPath.size() + head.path.size() + head.host.size());
    const char *const place = text.data();
    text.append(bytes);
    const auto moved = [&](std::string_view view) -> std::string_view {
        const auto from = reinterpret_cast<uintptr_t>(bytes.data());
        const auto at = reinterpret_cast<uintptr_t>(view.data());
        if (at >= from && at + view.size() <= from + bytes.size())
            return std::string_view(text).substr(at - from, view.size());
        const size_t appended = text.size();
        text.append(view);
        return std::string_view(text).substr(appended);
    };
    RequestHead copy = head;
    copy.methodText = moved(head.methodText);
    copy.target = moved(head.target);
    copy.rawPath = moved(head.rawPath);
    copy.query = moved(head.query);
    copy.authority = moved(head.authority);
    copy.path = moved(head.path);
    copy.host = moved(head.host);
    headers.assign(head.headers.begin(), head.headers.end());
    for (HeaderView &header : headers) {
        header.name = moved(header.name);
        header.value = moved(header.value);
    }
    copy.headers = headers;
    ARC_ASSERT(text.data() == place);
    return copy;
}

} // namespace arc
