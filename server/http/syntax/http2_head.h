// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/syntax/head_parser.h"
#include "server/http/syntax/head_rules.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// The head of one HTTP/2 request, put together from its decoded fields, strictly (RFC 9113 8.2,
/// 8.3), and by the rules HTTP/1 heads obey wherever those apply. Knows no frames and no sockets.
/// Any thread, one at a time; used again after reset().
///
/// What it keeps is bounded by HeadLimits: fields behind a limit are counted and dropped.
class Http2Head {
public:
    /// A client whose fields decode to so many times HeadLimits::headerBytesMax builds a bomb out
    /// of references to its compression table, and is not listened to any further.
    static constexpr size_t kBombFactor = 4;

    /// Takes a field as decoded. False: a bomb.
    bool add(std::string_view name, std::string_view value, const HeadLimits &limits);
    /// A field that may not stand in any head was left out by the decoder.
    void spoil() noexcept { fail(400, "A header field is malformed."); }
    /// All fields are there. `hasBody`: DATA may follow. The views of `head` point into this
    /// object; after a fault they hold what could be understood.
    HeadFault finish(bool hasBody, RequestHead &head);

    void reset() noexcept;
    /// Memory held.
    size_t ownedBytes() const noexcept
    {
        return m_text.capacity() + m_decoded.capacity() + m_fields.capacity() * sizeof(Field)
            + m_views.capacity() * sizeof(HeaderView);
    }

private:
    struct Span {
        uint32_t at = 0;
        uint32_t size = 0;
    };
    struct Field {
        Span otherName; ///< of HeaderId::Other
        Span value;
        HeaderId id = HeaderId::Other;
    };
    enum Pseudo { kMethod, kScheme, kAuthority, kPath, kProtocol, kPseudoCount };

    void fail(int status, std::string_view reason) noexcept;
    void addPseudo(std::string_view name, std::string_view value, const HeadLimits &limits);
    Span keep(std::string_view text);
    std::string_view at(Span span) const noexcept
    {
        return std::string_view(m_text).substr(span.at, span.size);
    }
    void checkField(std::string_view name, std::string_view value, HeaderId id) noexcept;
    void joinCookies();
    void makeViews();
    void readTarget(RequestHead &head);
    void readConnect(RequestHead &head);
    void nameHost(RequestHead &head);
    void applyRules(bool hasBody, RequestHead &head);

    std::string m_text; ///< values, and names that have no number
    std::string m_decoded;
    std::vector<Field> m_fields;
    std::vector<HeaderView> m_views;
    Span m_pseudo[kPseudoCount] {};
    bool m_seen[kPseudoCount] {};
    HeadFault m_fault;
    size_t m_bytes = 0; ///< decoded, those dropped included
    uint32_t m_cookies = 0;
    bool m_hasHost = false;
};

} // namespace arc
