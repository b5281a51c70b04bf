// SPDX-License-Identifier: Apache-2.0
// Names of header lines and their numbers.
#include "server/http/message.h"
#include "server/http/syntax/scan.h"

#include <array>
#include <cstring>
#include <iterator>
#include <utility>

namespace arc {

namespace {

constexpr std::string_view kHeaderNames[] = {
    "",
#define HEADER(id, name) name,
#include "server/http/syntax/headers.def"
};
constexpr size_t kHeaders = std::size(kHeaderNames);
static_assert(kHeaders == static_cast<size_t>(HeaderId::Count));

// A perfect hash over length, first, middle and last but two byte: the compiler looks for a factor
// that puts every name in a slot of its own, so a lookup is one multiplication, one load and one
// comparison.
constexpr unsigned kSlotBits = 10;
using Slots = std::array<uint8_t, 1U << kSlotBits>;

constexpr uint32_t keyOf(std::string_view name) noexcept
{
    const auto byte = [&](size_t at) {
        return static_cast<uint32_t>(name[at] | 0x20) & 0xff;
    };
    return byte(0) | byte(name.size() / 2) << 8 | byte(name.size() < 3 ? 0 : name.size() - 3) << 16
        | static_cast<uint32_t>(name.size()) << 24;
}
consteval std::pair<uint32_t, Slots> findFactor()
{
    uint32_t keys[kHeaders] {};
    for (size_t id = 1; id < kHeaders; ++id)
        keys[id] = keyOf(kHeaderNames[id]);
    uint32_t factor = 0x9e3779b1;
    for (int tries = 0; tries < 1000; ++tries, factor = (factor * 1664525 + 1013904223) | 1) {
        Slots slots {};
        size_t id = 1;
        for (; id < kHeaders; ++id) {
            uint8_t &slot = slots[(keys[id] * factor) >> (32 - kSlotBits)];
            if (slot)
                break;
            slot = static_cast<uint8_t>(id);
        }
        if (id == kHeaders)
            return {factor, slots};
    }
    return {0, {}};
}
constexpr auto kHash = findFactor();
static_assert(kHash.first != 0, "headers.def: no perfect hash found; widen kSlotBits");

/// As many bytes at once as a word has, capital letters made small.
template <class Word>
Word lowerWord(const char *at) noexcept
{
    constexpr auto kOnes = static_cast<Word>(0x0101010101010101);
    Word word;
    std::memcpy(&word, at, sizeof word);
    const Word low = word & (kOnes * 0x7f);
    const Word fromA = low + kOnes * (0x80 - 'A'); // the high bit of each byte: 'A' or above
    const Word aboveZ = low + kOnes * (0x7f - 'Z');
    const Word capitals = (fromA ^ aboveZ) & ~word & (kOnes * 0x80);
    return word | capitals >> 2;
}

/// Word by word; the last one overlaps the one before. The names are at least one word long.
template <class Word>
bool sameWords(std::string_view name, std::string_view lowerCaseName) noexcept
{
    const auto differ = [&](size_t at) {
        Word word;
        std::memcpy(&word, lowerCaseName.data() + at, sizeof word);
        return lowerWord<Word>(name.data() + at) != word;
    };
    const size_t last = name.size() - sizeof(Word);
    for (size_t at = 0; at < last; at += sizeof(Word)) {
        if (differ(at))
            return false;
    }
    return !differ(last);
}

/// The names are equally long.
bool sameName(std::string_view name, std::string_view lowerCaseName) noexcept
{
    if (name.size() >= sizeof(uint64_t))
        return sameWords<uint64_t>(name, lowerCaseName);
    if (name.size() >= sizeof(uint32_t))
        return sameWords<uint32_t>(name, lowerCaseName);
    for (size_t i = 0; i < name.size(); ++i) {
        if (lowerByte(name[i]) != lowerCaseName[i])
            return false;
    }
    return true;
}

} // namespace

std::string_view headerName(HeaderId id) noexcept
{
    return kHeaderNames[static_cast<size_t>(id)];
}

HeaderId headerFromName(std::string_view name) noexcept
{
    if (name.empty() || name.size() > 0xff)
        return HeaderId::Other;
    const uint8_t id = kHash.second[(keyOf(name) * kHash.first) >> (32 - kSlotBits)];
    if (!id || kHeaderNames[id].size() != name.size() || !sameName(name, kHeaderNames[id]))
        return HeaderId::Other;
    return static_cast<HeaderId>(id);
}

std::optional<std::string_view> RequestHead::find(HeaderId id) const noexcept
{
    for (const HeaderView &header : headers) {
        if (header.id == id)
            return header.value;
    }
    return std::nullopt;
}

std::optional<std::string_view> RequestHead::find(std::string_view lowerCaseName) const noexcept
{
    for (const HeaderView &header : headers) {
        if (header.name.size() == lowerCaseName.size() && sameName(header.name, lowerCaseName))
            return header.value;
    }
    return std::nullopt;
}

} // namespace arc
