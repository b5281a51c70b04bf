// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"
#include "server/control/api/listener_types.h"

namespace arc {

// Edits of the addresses of a document, without an engine. Pure; any thread. The whole is validated
// by whoever takes the document.

/// There is no such listener; names those there are.
Error noListener(const Document &document, std::string_view id);
/// The name of a new listener that nobody named: "http", "https", "http-2" ...
std::string freeListenerId(const Document &document, bool tls);

/// Conflict: its name is taken.
Result<Document> withListener(const Document &current, const api::NewListener &what);
Result<Document> withListenerEdit(const Document &current, const api::ListenerEdit &what);
/// Conflict: a site names it, and would have no address, or another one than it was given.
Result<Document> withoutListener(const Document &current, std::string_view id);

/// As configured; whether it is open is known to the engine.
api::ListenerView listenerView(const Document &document, const ListenerConfig &listener);

} // namespace arc
