// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct z_stream_s;

namespace arc {

/// The inflating half of permessage-deflate (RFC 7692 7.2.2), for one message after the other. It
/// gives no more than it is asked for, so a few bytes that stand for gigabytes cost what the caller
/// has room for. About 40 KiB. Any one thread at a time.
class WsInflater {
public:
    static constexpr int kWindowBits = 15; ///< takes what was made with any smaller window as well

    WsInflater();
    ~WsInflater();
    WsInflater(const WsInflater &) = delete;

    struct Step {
        size_t used = 0;
        size_t made = 0;
        bool failed = false; ///< not DEFLATE
    };
    Step inflate(std::string_view in, std::span<char> out) noexcept;
    /// Forgets the messages before (client_no_context_takeover, or another client's turn).
    void reset() noexcept;

private:
    bool beginAgain() noexcept;

    std::unique_ptr<z_stream_s> m_stream;
};

/// The deflating half (RFC 7692 7.2.1). About 256 KiB. Any one thread at a time.
class WsDeflater {
public:
    static constexpr int kLevel = 3; ///< what is gained above costs a loop more than it saves
    static constexpr int kWindowBitsMin = 9; ///< zlib cannot make 8 (RFC 7692 7.1.2.1 allows it)
    static constexpr int kWindowBitsMax = 15;

    explicit WsDeflater(int windowBits = kWindowBitsMax);
    ~WsDeflater();
    WsDeflater(const WsDeflater &) = delete;

    /// Appends what is ready of a message's next piece; all of it, without the four bytes that
    /// every message ends with, when it is the last.
    void deflate(std::string &out, std::string_view piece, bool isLast);
    void reset() noexcept;
    int windowBits() const noexcept { return m_windowBits; }

private:
    const int m_windowBits;
    std::unique_ptr<z_stream_s> m_stream;
};

} // namespace arc
