// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/scan.h"

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace arc {

namespace {

using IsGood = bool (*)(char);

// ---- without vector instructions

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

/// Not zero when a byte of the word is below n (n <= 128).
constexpr uint64_t hasLess(uint64_t word, uint64_t n) noexcept
{
    return (word - kOnes * n) & ~word & kHighs;
}
constexpr uint64_t hasByte(uint64_t word, uint64_t byte) noexcept
{
    return hasLess(word ^ (kOnes * byte), 1);
}

template <IsGood isGood>
const char *endBytes(const char *from, const char *end) noexcept
{
    while (from < end && isGood(*from))
        ++from;
    return from;
}

/// A word that may hold a stop byte is looked at byte by byte: a suspicion may be wrong (tab), a
/// miss may not happen.
template <IsGood isGood, class Suspect>
const char *scanWords(const char *from, const char *end, Suspect suspect) noexcept
{
    while (end - from >= 8) {
        uint64_t word;
        std::memcpy(&word, from, 8);
        if (suspect(word)) {
            for (const char *stop = from + 8; from < stop; ++from) {
                if (!isGood(*from))
                    return from;
            }
        } else {
            from += 8;
        }
    }
    return endBytes<isGood>(from, end);
}

const char *valueEndSwar(const char *from, const char *end) noexcept
{
    return scanWords<isValueByte>(
        from, end, [](uint64_t word) { return hasLess(word, 0x20) | hasByte(word, 0x7f); });
}

const char *targetEndSwar(const char *from, const char *end) noexcept
{
    return scanWords<isTargetByte>(from, end, [](uint64_t word) {
        return hasLess(word, 0x21) | hasByte(word, '#') | hasByte(word, 0x7f) | (word & kHighs);
    });
}

/// Zero when all bytes are plain, and only then.
constexpr uint64_t hasUnplain(uint64_t word) noexcept
{
    return hasLess(word, 0x20) | hasByte(word, '"') | hasByte(word, '\\') | hasByte(word, 0x7f)
        | (word & kHighs);
}

const char *plainEndSwar(const char *from, const char *end) noexcept
{
    return scanWords<isPlainByte>(from, end, hasUnplain);
}

/// Two halves that overlap hold all of a short text, so there is no loop.
bool copyPlainSwar(char *to, const char *from, size_t size) noexcept
{
    uint64_t stops = 0;
    uint64_t word;
    if (size < 8) {
        uint32_t front;
        uint32_t back;
        if (size >= 4) {
            std::memcpy(&front, from, 4);
            std::memcpy(&back, from + size - 4, 4);
            std::memcpy(to, &front, 4);
            std::memcpy(to + size - 4, &back, 4);
            return !hasUnplain(uint64_t {front} << 32 | back);
        }
        for (size_t at = 0; at < size; ++at)
            to[at] = from[at];
        return endBytes<isPlainByte>(from, from + size) == from + size;
    }
    for (size_t at = 0; at + 8 < size; at += 8) {
        std::memcpy(&word, from + at, 8);
        std::memcpy(to + at, &word, 8);
        stops |= hasUnplain(word);
    }
    std::memcpy(&word, from + size - 8, 8);
    std::memcpy(to + size - 8, &word, 8);
    return !(stops | hasUnplain(word));
}

constexpr Scanner kSwar {"swar",        endBytes<isTokenByte>, valueEndSwar,
                         targetEndSwar, plainEndSwar,          copyPlainSwar};

#if defined(__x86_64__)

// ---- with them

/// A set of ASCII bytes for two table look-ups: a byte is in it when the entries of its low and of
/// its high half have a bit in common. The instruction makes the entry of a byte from 0x80 on zero,
/// so the set is that of the good bytes where those are bad, and that of the bad ones where they
/// are good. Each table is there twice, for registers of twice the width.
struct HalfTables {
    alignas(32) std::array<uint8_t, 32> low {};
    alignas(32) std::array<uint8_t, 32> high {};
    bool holdsGood = false;
};

template <IsGood isGood>
consteval HalfTables halfTables()
{
    HalfTables tables;
    tables.holdsGood = !isGood(static_cast<char>(0x80));
    for (unsigned byte = 0; byte < 0x80; ++byte) {
        if (isGood(static_cast<char>(byte)) != tables.holdsGood)
            continue;
        const auto bit = static_cast<uint8_t>(1U << (byte >> 4));
        tables.low[byte & 15] |= bit;
        tables.low[16 + (byte & 15)] |= bit;
        tables.high[byte >> 4] = tables.high[16 + (byte >> 4)] = bit;
    }
    return tables;
}

template <IsGood isGood>
constexpr HalfTables kHalfTables = halfTables<isGood>();

template <IsGood isGood>
consteval bool agreesAbove127()
{
    for (unsigned byte = 0x80; byte < 0x100; ++byte) {
        if (isGood(static_cast<char>(byte)) != isGood(static_cast<char>(0x80)))
            return false;
    }
    return true;
}

__attribute__((target("sse4.2"))) inline __m128i load16(const void *from) noexcept
{
    return _mm_loadu_si128(static_cast<const __m128i *>(from));
}
__attribute__((target("avx2"))) inline __m256i load32(const void *from) noexcept
{
    return _mm256_loadu_si256(static_cast<const __m256i *>(from));
}

/// One bit for each of 16 bytes: set when it is not of the class.
template <IsGood isGood>
__attribute__((target("sse4.2"))) inline unsigned stops16(__m128i bytes) noexcept
{
    static_assert(agreesAbove127<isGood>());
    constexpr const HalfTables &tables = kHalfTables<isGood>;
    const __m128i halves = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(0x0f));
    const __m128i both = _mm_and_si128(_mm_shuffle_epi8(load16(tables.low.data()), bytes),
                                       _mm_shuffle_epi8(load16(tables.high.data()), halves));
    const __m128i outside = _mm_cmpeq_epi8(both, _mm_setzero_si128());
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(outside));
    return tables.holdsGood ? mask : mask ^ 0xffff;
}

/// The same for 32 bytes.
template <IsGood isGood>
__attribute__((target("avx2"))) inline unsigned stops32(const char *at) noexcept
{
    constexpr const HalfTables &tables = kHalfTables<isGood>;
    const __m256i bytes = load32(at);
    const __m256i halves = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
    const __m256i both = _mm256_and_si256(_mm256_shuffle_epi8(load32(tables.low.data()), bytes),
                                          _mm256_shuffle_epi8(load32(tables.high.data()), halves));
    const __m256i outside = _mm256_cmpeq_epi8(both, _mm256_setzero_si256());
    const auto mask = static_cast<unsigned>(_mm256_movemask_epi8(outside));
    return tables.holdsGood ? mask : ~mask;
}

template <IsGood isGood>
__attribute__((target("sse4.2"))) const char *endSse42(const char *from, const char *end) noexcept
{
    for (; end - from >= 16; from += 16) {
        if (const unsigned stops = stops16<isGood>(load16(from)))
            return from + std::countr_zero(stops);
    }
    return endBytes<isGood>(from, end);
}

/// Begins with half the width: names and most values end within it, and it is the cheaper step.
template <IsGood isGood>
__attribute__((target("avx2"))) const char *endAvx2(const char *from, const char *end) noexcept
{
    if (end - from < 16)
        return endBytes<isGood>(from, end);
    unsigned stops = stops16<isGood>(load16(from));
    if (stops)
        return from + std::countr_zero(stops);
    for (from += 16; end - from >= 32; from += 32) {
        stops = stops32<isGood>(from);
        if (stops)
            break;
    }
    // gcc 12 forgets it before a jump to another function; all code with 16-byte registers may then
    // wait for the upper halves of these.
    _mm256_zeroupper();
    return stops ? from + std::countr_zero(stops) : endSse42<isGood>(from, end);
}

__attribute__((target("sse4.2"))) inline unsigned copy16(char *to, const char *from) noexcept
{
    const __m128i bytes = load16(from);
    _mm_storeu_si128(reinterpret_cast<__m128i *>(to), bytes);
    return stops16<isPlainByte>(bytes);
}

/// Two parts that overlap hold all of the text, and are looked at side by side.
template <class Part>
__attribute__((target("sse4.2"))) inline bool copyParts(char *to, const char *from,
                                                        size_t size) noexcept
{
    Part front;
    Part back;
    std::memcpy(&front, from, sizeof front);
    std::memcpy(&back, from + size - sizeof back, sizeof back);
    std::memcpy(to, &front, sizeof front);
    std::memcpy(to + size - sizeof back, &back, sizeof back);
    const __m128i bytes = sizeof(Part) == 8
        ? _mm_set_epi64x(static_cast<long long>(back), static_cast<long long>(front))
        : _mm_set1_epi64x(static_cast<long long>(uint64_t {front} << 32 | back));
    return !stops16<isPlainByte>(bytes);
}

__attribute__((target("sse4.2"))) bool copyPlainSse42(char *to, const char *from,
                                                      size_t size) noexcept
{
    if (size < 4)
        return copyPlainSwar(to, from, size);
    if (size < 16)
        return size < 8 ? copyParts<uint32_t>(to, from, size) : copyParts<uint64_t>(to, from, size);
    unsigned stops = 0;
    for (size_t at = 0; at + 16 < size; at += 16)
        stops |= copy16(to + at, from + at);
    return !(stops | copy16(to + size - 16, from + size - 16));
}

constexpr Scanner kAll[] = {
    {"avx2", endAvx2<isTokenByte>, endAvx2<isValueByte>, endAvx2<isTargetByte>,
     endAvx2<isPlainByte>, copyPlainSse42},
    {"sse4.2", endSse42<isTokenByte>, endSse42<isValueByte>, endSse42<isTargetByte>,
     endSse42<isPlainByte>, copyPlainSse42},
    kSwar,
};
#else
constexpr Scanner kAll[] = {kSwar};
#endif

} // namespace

std::span<const Scanner> scanners() noexcept
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("sse4.2"))
        return std::span(kAll).last(1);
    if (!__builtin_cpu_supports("avx2"))
        return std::span(kAll).subspan(1);
#endif
    return kAll;
}

const Scanner kScanner = scanners().front();

} // namespace arc
