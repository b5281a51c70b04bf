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

/// A word that may hold a stop byte is looked at byte by byte: a suspicion may be wrong (tab), a
/// miss may not happen.
template <bool (*isGood)(char), class Suspect>
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
    while (from < end && isGood(*from))
        ++from;
    return from;
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

constexpr Scanner kSwar {"swar", valueEndSwar, targetEndSwar};

#if defined(__x86_64__)

const char *valueEndSse2(const char *from, const char *end) noexcept
{
    const __m128i below = _mm_set1_epi8(0x1f);
    const __m128i tab = _mm_set1_epi8('\t');
    const __m128i del = _mm_set1_epi8(0x7f);
    for (; end - from >= 16; from += 16) {
        const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
        const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, below), v);
        const __m128i bad =
            _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(v, tab), low), _mm_cmpeq_epi8(v, del));
        if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(bad)))
            return from + std::countr_zero(mask);
    }
    return valueEndSwar(from, end);
}

const char *targetEndSse2(const char *from, const char *end) noexcept
{
    const __m128i space = _mm_set1_epi8(0x20); // signed: bytes from 0x80 on are below it as well
    const __m128i hash = _mm_set1_epi8('#');
    const __m128i del = _mm_set1_epi8(0x7f);
    for (; end - from >= 16; from += 16) {
        const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
        const __m128i good = _mm_cmpgt_epi8(v, space);
        const __m128i bad = _mm_or_si128(_mm_cmpeq_epi8(v, hash), _mm_cmpeq_epi8(v, del));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(bad, good)));
        if (mask != 0xffff)
            return from + std::countr_one(mask);
    }
    return targetEndSwar(from, end);
}

__attribute__((target("avx2"))) const char *valueEndAvx2(const char *from, const char *end) noexcept
{
    const __m256i below = _mm256_set1_epi8(0x1f);
    const __m256i tab = _mm256_set1_epi8('\t');
    const __m256i del = _mm256_set1_epi8(0x7f);
    for (; end - from >= 32; from += 32) {
        const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
        const __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(v, below), v);
        const __m256i bad = _mm256_or_si256(_mm256_andnot_si256(_mm256_cmpeq_epi8(v, tab), low),
                                            _mm256_cmpeq_epi8(v, del));
        if (const auto mask = static_cast<unsigned>(_mm256_movemask_epi8(bad)))
            return from + std::countr_zero(mask);
    }
    return valueEndSse2(from, end);
}

__attribute__((target("avx2"))) const char *targetEndAvx2(const char *from,
                                                          const char *end) noexcept
{
    const __m256i space = _mm256_set1_epi8(0x20);
    const __m256i hash = _mm256_set1_epi8('#');
    const __m256i del = _mm256_set1_epi8(0x7f);
    for (; end - from >= 32; from += 32) {
        const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
        const __m256i good = _mm256_cmpgt_epi8(v, space);
        const __m256i bad = _mm256_or_si256(_mm256_cmpeq_epi8(v, hash), _mm256_cmpeq_epi8(v, del));
        const auto mask =
            static_cast<unsigned>(_mm256_movemask_epi8(_mm256_andnot_si256(bad, good)));
        if (mask != 0xffffffff)
            return from + std::countr_one(mask);
    }
    return targetEndSse2(from, end);
}

constexpr Scanner kAll[] = {
    {"avx2", valueEndAvx2, targetEndAvx2},
    {"sse2", valueEndSse2, targetEndSse2}, // part of x86-64, so there is always this one
    kSwar,
};
#else
constexpr Scanner kAll[] = {kSwar};
#endif

} // namespace

std::span<const Scanner> scanners() noexcept
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2"))
        return std::span(kAll).subspan(1);
#endif
    return kAll;
}

const Scanner kScanner = scanners().front();

} // namespace arc
