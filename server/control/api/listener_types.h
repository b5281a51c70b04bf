// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

namespace arc::api {

// Addresses that the engine listens on: see types.h for how these travel.

/// What is configured of one. An edit has all of it, too: what is absent there stays.
struct ListenerView {
    std::string id;
    std::string address; ///< "127.0.0.1:8080", "[::1]:8080", ":8080", "unix:/path"
    bool tls = false;
    bool proxyProtocol = false;
    std::string socketMode;         ///< of a Unix socket's file, "0660"; empty: 0600
    std::string certificate;        ///< for names that no site has; empty: the local CA's
    std::vector<std::string> sites; ///< that name it; a site that names none answers on every one
    std::string url;                ///< with the port that was picked; empty: it is closed
    std::string error;              ///< why it is closed
    ARC_FIELDS(ListenerView, ARC_FIELD("id", id), ARC_FIELD("address", address),
               ARC_FIELD("tls", tls), ARC_FIELD("proxy_protocol", proxyProtocol),
               ARC_FIELD("socket_mode", socketMode), ARC_FIELD("certificate", certificate),
               ARC_FIELD("sites", sites), ARC_FIELD("url", url), ARC_FIELD("error", error))
};
struct ListenerViews {
    uint64_t revision = 0;
    std::vector<ListenerView> listeners;
    ARC_FIELDS(ListenerViews, ARC_FIELD("revision", revision), ARC_FIELD("listeners", listeners))
};
struct NewListener {
    std::string id; ///< empty: "http" or "https", with a number when that is taken
    std::string address;
    bool tls = false;
    bool proxyProtocol = false;
    std::string socketMode;
    std::string certificate;
    uint64_t revision = 0; ///< it was made against; 0: the newest
    ARC_FIELDS(NewListener, ARC_FIELD("id", id), ARC_FIELD("address", address),
               ARC_FIELD("tls", tls), ARC_FIELD("proxy_protocol", proxyProtocol),
               ARC_FIELD("socket_mode", socketMode), ARC_FIELD("certificate", certificate),
               ARC_FIELD("revision", revision))
};
struct ListenerEdit {
    std::string id;
    std::optional<std::string> address;
    std::optional<bool> tls;
    std::optional<bool> proxyProtocol;
    std::optional<std::string> socketMode;
    std::optional<std::string> certificate;
    uint64_t revision = 0; ///< it was made against; 0: the newest
    ARC_FIELDS(ListenerEdit, ARC_FIELD("id", id), ARC_FIELD("address", address),
               ARC_FIELD("tls", tls), ARC_FIELD("proxy_protocol", proxyProtocol),
               ARC_FIELD("socket_mode", socketMode), ARC_FIELD("certificate", certificate),
               ARC_FIELD("revision", revision))
};

} // namespace arc::api
