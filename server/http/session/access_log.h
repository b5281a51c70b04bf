// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_ring.h"
#include "server/metrics/metrics.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace arc {

/// What an access log line says about a request, known when its answer is complete but not yet
/// sent.
struct AccessLine {
    int64_t unixMs = 0;
    std::string_view site;  ///< empty: none claimed it
    std::string_view route; ///< prefix
    std::string_view method;
    std::string_view protocol; ///< "HTTP/1.1"; empty: not known yet
    std::string_view target;   ///< cut at kTargetMax
    int status = 0;
    std::string_view client; ///< address without port
    std::string_view host;
    std::string_view userAgent; ///< cut at kTextMax
    std::string_view referer;   ///< cut at kTextMax
    std::string_view requestId;
    std::string_view refusal; ///< why a request was refused before routing; empty: it was not
    std::optional<std::chrono::nanoseconds> queued;
    uint16_t closeCode = 0; ///< of a WebSocket; 0: it was none

    static constexpr size_t kTargetMax = 2048;
    static constexpr size_t kTextMax = 256;
};

/// The loop's end of the access log: one JSON object per line, formatted by hand, since this runs
/// once per request: into a buffer with room for every line there can be, so that no piece has to
/// look for room. Confined to its loop. Bytes outside ASCII are written as \u00XX, so a line is
/// JSON whatever the client sent.
class AccessLog {
public:
    AccessLog(LogRing *ring, LoopMetrics &metrics, std::function<void()> wake);

    bool isOn() const noexcept { return m_ring != nullptr; }
    /// Appends all that is known when the answer is complete.
    void begin(std::string &out, const AccessLine &line);
    /// Adds what is known when its last byte has left, and hands the line over.
    struct Sent {
        uint64_t bytes = 0;
        std::chrono::nanoseconds took {};
        bool clientLeft = false;
    };
    void finish(std::string_view begun, const Sent &sent);

private:
    void printSecond(int64_t unixMs);

    LogRing *const m_ring;
    LoopMetrics &m_metrics;
    const std::function<void()> m_wake;
    std::unique_ptr<char[]> m_line;       // room for the longest there can be
    std::array<char, 19> m_secondText {}; // "2026-11-23T14:03:07", made once per second
    int64_t m_second = -1;
};

/// Writes text as the inside of a JSON string: at most kJsonByteMax bytes for each. Returns its
/// end.
char *writeJsonText(char *to, std::string_view text) noexcept;
constexpr size_t kJsonByteMax = 6;

} // namespace arc
