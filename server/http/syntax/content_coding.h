// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/message.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace arc {

/// Content codings (RFC 9110 8.4.1) we can make, and none.
enum class Coding : uint8_t { Identity, Gzip, Brotli, Zstd };
inline constexpr size_t kCodingCount = 4;
std::string_view codingName(Coding coding) noexcept; ///< "gzip", as in Content-Encoding
/// Case-insensitive, "x-gzip" included; nothing for a coding we do not know.
std::optional<Coding> codingFromName(std::string_view name) noexcept;

class CodingSet {
public:
    constexpr CodingSet() = default;
    constexpr CodingSet(std::initializer_list<Coding> all)
    {
        for (const Coding each : all)
            add(each);
    }
    constexpr void add(Coding coding) noexcept { m_bits |= bit(coding); }
    constexpr bool has(Coding coding) const noexcept { return m_bits & bit(coding); }
    constexpr bool empty() const noexcept { return !m_bits; }
    bool operator==(const CodingSet &) const = default;

private:
    static constexpr uint8_t bit(Coding coding) noexcept
    {
        return static_cast<uint8_t>(1u << static_cast<unsigned>(coding));
    }
    uint8_t m_bits = 0;
};

/// What a client said about codings (RFC 9110 12.5.3), weights in thousandths, 0: not acceptable.
/// Identity that was not named weighs 1: acceptable, but anything that was asked for is better.
/// Without the header only identity is taken as acceptable: a client that can decode says so.
struct AcceptedCodings {
    std::array<uint16_t, kCodingCount> weights {1, 0, 0, 0};

    uint16_t weight(Coding coding) const noexcept { return weights[static_cast<size_t>(coding)]; }
    bool takesIdentity() const noexcept { return weights[0] > 0; }
    /// The acceptable coding of the highest weight; among equals the first of `order` that is
    /// offered. Identity comes last among equals. Nothing: neither identity nor an offered one is
    /// acceptable.
    std::optional<Coding> choose(CodingSet offered, std::span<const Coding> order) const noexcept;
};
AcceptedCodings acceptedCodings(const RequestHead &head) noexcept;

} // namespace arc
