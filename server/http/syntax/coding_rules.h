// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/settings.h"
#include "server/http/syntax/content_coding.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

enum class CodingLevel : uint8_t { Fast, Balanced, Small };

/// The compression.* settings of a route, read once so that requests need not. A plain value.
class CodingRules {
public:
    CodingRules() = default; ///< nothing is coded
    explicit CodingRules(const Settings &settings);

    /// What may be made on the fly; empty when compression is off.
    CodingSet offered() const noexcept { return m_offered; }
    CodingLevel level() const noexcept { return m_level; }
    uint64_t bytesMin() const noexcept { return m_bytesMin; }
    uint64_t fileBytesMax() const noexcept { return m_fileBytesMax; }
    size_t streamsMax() const noexcept { return m_streamsMax; } ///< of all loops together
    /// Whether content of this type (parameters and case do not matter) shrinks.
    bool takesType(std::string_view contentType) const noexcept;

private:
    struct Pattern {
        std::string front;
        std::string back;
        bool isExact = true; ///< `front` is the whole type
    };
    CodingSet m_offered;
    CodingLevel m_level = CodingLevel::Balanced;
    uint64_t m_bytesMin = 0;
    uint64_t m_fileBytesMax = 0;
    size_t m_streamsMax = 0;
    std::vector<Pattern> m_types;
};

/// How an answer leaves.
struct CodingDecision {
    Coding coding = Coding::Identity;
    bool varies = false; ///< another client may get another coding: Vary must say so
};

/// For an answer that is made now: `lines` as the handler gave them, `length` when it is known.
/// Never codes twice, never what must not be transformed, never a part (RFC 9110 7.7, 8.4, 14).
/// Looks only at what HEAD and GET have in common, so both decide alike.
CodingDecision decideCoding(const RequestHead &request, int status, std::string_view lines,
                            std::optional<uint64_t> length, const CodingRules &rules) noexcept;

/// The lines after the decision: Content-Encoding, Vary, a weak ETag instead of a strong one (the
/// bytes are others now, RFC 9110 8.8.1), no Accept-Ranges (the handler's ranges are of the
/// original).
std::string linesAfter(const CodingDecision &decision, std::string_view lines);
/// A 304's lines: the ETag as the answer had it that the client holds, and the Vary that an answer
/// with a body would have (RFC 9110 15.4.5). Where the app does not tell the type, any answer might
/// have been coded.
std::string linesOfNotModified(const RequestHead &request, std::string_view lines,
                               const CodingRules &rules);

} // namespace arc
