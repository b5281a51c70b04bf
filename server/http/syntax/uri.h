// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arc {

enum class Slashes {
    Merged, ///< several in a row are one, as a file system reads them
    Kept,
};

/// The path routing, handlers and apps see: percent-decoded once, then dot segments removed (RFC
/// 3986 5.2.4), then slashes merged. Routing and files see one slash where several were sent, or a
/// guarded "/private" would be had as "//private"; apps get them all, since some carry a whole URL
/// in their path.
///
/// "%2F" becomes "/" before segments are looked at, as nginx, gunicorn and uvicorn do: routes,
/// static files and apps then see one and the same path, so nothing hides behind an encoded slash.
/// A backslash stays as it is. Refused (nothing returned): not beginning with
/// "/", a broken escape, "%00", and ".." above the root. A path that needs no change is returned as
/// it is; otherwise the result is in `memory`, which is overwritten.
std::optional<std::string_view> normalisePath(std::string_view raw, std::string &memory,
                                              Slashes slashes = Slashes::Merged);

/// Percent-encodes what may not stand in a path as it is; keeps "/". For Location and links.
std::string encodePath(std::string_view path);

struct Authority {
    std::string_view host; ///< as received; IPv6 with its brackets
    std::optional<uint16_t> port;
};
/// host [":" port] with a non-empty reg-name, IPv4 or [IPv6] host (RFC 3986 3.2.2) and no user
/// information. An empty port ("example.org:") counts as none.
std::optional<Authority> parseAuthority(std::string_view text) noexcept;

} // namespace arc
