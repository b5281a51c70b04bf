// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/http2_shared.h"

#include <vector>

#include <nghttp2/nghttp2.h>

namespace arc {

struct Http2Fields::List {
    std::vector<nghttp2_nv> all;
};

} // namespace arc
