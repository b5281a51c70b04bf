// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/http/message.h"
#include "server/workers/frame.h"
#include "server/workers/sent_file.h"

#include <optional>

namespace arc {

/// The head of an app's answer, checked and ready for an exchange.
struct AppAnswer {
    ResponseHead head;
    std::optional<uint64_t> contentLength; ///< as the app said
    /// X-Sendfile or X-Accel-Redirect, which is not among the headers then.
    std::optional<FileRequest> file;
};

/// Builds the head from a sound RESPONSE payload; the reader stands at the body afterwards.
/// Hop-by-hop headers, Date and framing are left out. Refuses what must not reach a client:
/// statuses outside 200..599, names and values with bytes that HTTP forbids, contradicting
/// Content-Length. The sentence is for the app's log.
Result<AppAnswer> readAppAnswer(protocol::ResponseReader &reader);
/// The same of a 101, which accepts a WebSocket: the header lines that the app adds. Those of the
/// handshake itself are the engine's and left out; Sec-WebSocket-Protocol is the app's.
Result<HeaderBlock> readAppAccept(protocol::ResponseReader &reader);

/// Link fields of early hints (RFC 8297); what else stands there is left out.
Result<HeaderBlock> readAppHints(protocol::ResponseReader &reader);
/// Fields behind a body; those that may not stand there (RFC 9110 6.5.1) are left out.
Result<HeaderBlock> readAppTrailers(protocol::ResponseReader &reader);

/// Puts the name of the file back among the headers, for an app that may not have files sent:
/// somebody in front of us may be meant.
void passFileName(AppAnswer &answer);

} // namespace arc
