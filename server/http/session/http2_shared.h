// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/http2_exchange.h"
#include "server/http/session/spare_pool.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct nghttp2_session_callbacks;

namespace arc {

class Http2Memory;

/// The fields of one answer in the form nghttp2 takes them: in one text, the letters of their names
/// small. One for the loop: answers are begun one after the other.
class Http2Fields {
public:
    Http2Fields();
    ~Http2Fields();
    Http2Fields(const Http2Fields &) = delete;

    /// Room in `text` for `lineBytes` of lines and what is added here. It lives until nghttp2 has
    /// sent the fields or will never do so, and is not touched until then: nghttp2 copies nothing.
    void beginIn(std::string &text, size_t lineBytes);
    /// For fields that nghttp2 copies when it is given them.
    void begin(size_t lineBytes);
    void addStatus(int status);
    /// `name` is constant text in small letters.
    void add(std::string_view name, std::string_view value);
    /// Lines as HeaderBlock::lines() gives them. What speaks of a connection is left out (RFC 9113
    /// 8.2.2).
    void addLines(std::string_view lines);
    void addNumber(std::string_view name, uint64_t value);
    void addHsts(int64_t seconds);       ///< Strict-Transport-Security
    void addDate(std::string_view line); ///< of DateLine

    struct List; ///< of nghttp2_nv, which only those know who speak to nghttp2
    const List &list() const noexcept { return *m_list; }

private:
    std::string_view keep(std::string_view text);
    void put(std::string_view name, std::string_view value);

    std::unique_ptr<List> m_list;
    std::string m_own;
    std::string *m_text = &m_own; ///< has room for everything: views point into it
    uint8_t m_flags = 0;          ///< of all fields
};

std::string nghttp2Version(); ///< of the library in use: "1.52.0"

/// What the HTTP/2 connections of one loop share. Confined to its loop.
class Http2Shared {
public:
    Http2Shared();
    ~Http2Shared();
    Http2Shared(const Http2Shared &) = delete;

    SparePool<Http2Exchange> &exchanges() noexcept { return m_exchanges; }
    Http2Fields &fields() noexcept { return m_fields; }
    const nghttp2_session_callbacks *callbacks() const noexcept { return m_callbacks; }
    Http2Memory &memory() noexcept { return *m_memory; }

private:
    std::unique_ptr<Http2Memory> m_memory;
    SparePool<Http2Exchange> m_exchanges;
    Http2Fields m_fields;
    nghttp2_session_callbacks *m_callbacks = nullptr;
};

} // namespace arc
