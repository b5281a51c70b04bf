// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace arc {

enum class Method : uint8_t { Other, Get, Head, Post, Put, Delete, Connect, Options, Trace, Patch };
std::string_view methodName(Method method) noexcept;   ///< "GET"; empty for Other
Method methodFromName(std::string_view name) noexcept; ///< case-sensitive, as RFC 9110 9.1 says
/// Safe to repeat by RFC 9110 9.2.2: GET HEAD PUT DELETE OPTIONS TRACE.
bool isIdempotent(Method method) noexcept;

enum class HeaderId : uint8_t {
    Other = 0,
#define HEADER(id, name) id,
#include "server/http/syntax/headers.def"
    Count
};
/// "content-length"; empty for Other.
std::string_view headerName(HeaderId id) noexcept;
/// Case-insensitive; Other when the name has no number.
HeaderId headerFromName(std::string_view name) noexcept;

struct HeaderView {
    std::string_view name;  ///< as sent by the peer
    std::string_view value; ///< without surrounding blanks
    HeaderId id = HeaderId::Other;
};

/// A parsed and accepted request head. Views into memory that somebody else keeps; says nothing
/// about sockets. Every rule of http-core design section 2 has been applied: exactly one Host, one
/// kind of framing, no CTL, no obs-fold.
struct RequestHead {
    Method method = Method::Other;
    std::string_view methodText;
    std::string_view target;  ///< as received
    std::string_view rawPath; ///< as received, without query; of absolute-form only the path
    std::string_view
        path; ///< decoded once, no dot segment, no "//", begins with "/"; "*" for OPTIONS *
    std::string_view query;     ///< as received, without "?"
    std::string_view host;      ///< lower case, without port; empty only in HTTP/1.0
    std::string_view authority; ///< Host as received (or the authority of absolute-form)
    /// Of an extended CONNECT (RFC 8441): "websocket". Everything else about it is as if GET had
    /// asked, but a 2xx answer opens a tunnel, so nobody may give one who does not mean that.
    std::string_view protocol;
    int majorVersion = 1;
    int minorVersion = 1; ///< HTTP/1.x
    std::span<const HeaderView> headers;
    std::optional<uint64_t> contentLength;
    bool chunked = false; ///< a body of unknown length follows
    bool keepAlive = true;
    bool expectContinue = false;

    bool hasBody() const noexcept { return chunked || contentLength.value_or(0) > 0; }
    /// Value of the first such header, or nothing.
    std::optional<std::string_view> find(HeaderId id) const noexcept;
    std::optional<std::string_view> find(std::string_view lowerCaseName) const noexcept;
};

/// Whether the client looks at fields behind the body of an answer (TE, RFC 9110 10.1.4).
bool takesTrailers(const RequestHead &head);

/// Header lines of an answer in one block of memory, "name: value\r\n" each. The owner of a stream
/// adds framing (Content-Length, Transfer-Encoding, Connection, Date) itself: those names must not
/// be added here.
class HeaderBlock {
public:
    /// Names and values must be free of CR, LF and NUL; asserted. Values from apps are checked
    /// before (isFieldValue()).
    void add(std::string_view name, std::string_view value);
    /// Whole lines made by another block; checked in debug builds only.
    void append(std::string_view lines);
    /// A block that is only a view of lines made before: copies nothing until something is added.
    static HeaderBlock borrow(std::string_view lines, std::shared_ptr<const void> owner);

    std::string_view lines() const noexcept { return m_keep ? m_borrowed : m_lines; }
    bool empty() const noexcept { return lines().empty(); }

private:
    void own();

    std::string m_lines;
    std::string_view m_borrowed; // instead of m_lines while m_keep is set
    std::shared_ptr<const void> m_keep;
};
bool isFieldName(std::string_view text) noexcept; ///< RFC 9110 token
bool isFieldValue(
    std::string_view text) noexcept; ///< no CR, LF, NUL or other CTL but tab; no blanks around

struct ResponseHead {
    int status = 200;
    HeaderBlock headers;
};
std::string_view reasonPhrase(int status) noexcept; ///< "Not Found"; empty when unknown
/// 1xx, 204 and 304 have no body, whatever the headers say (RFC 9110 6.4.1).
bool statusForbidsBody(int status) noexcept;

} // namespace arc
