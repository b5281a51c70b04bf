// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/content_coding.h"

#include "server/base/text.h"
#include "server/http/syntax/accept.h"

#include <algorithm>

namespace arc {

namespace {

constexpr std::array<std::string_view, kCodingCount> kNames {"identity", "gzip", "br", "zstd"};
constexpr int kUnnamed = -1;

struct Wishes {
    std::array<int, kCodingCount> named {kUnnamed, kUnnamed, kUnnamed, kUnnamed};
    int others = kUnnamed; ///< "*"
};

void readList(std::string_view list, Wishes &wishes) noexcept
{
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        const std::string_view element = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        const size_t semicolon = std::min(element.find(';'), element.size());
        const std::string_view name = trim(element.substr(0, semicolon));
        if (name.empty())
            continue;
        const int weight = qualityOf(element.substr(std::min(semicolon + 1, element.size())));
        if (name == "*")
            wishes.others = weight;
        else if (const auto coding = codingFromName(name))
            wishes.named[static_cast<size_t>(*coding)] = weight;
    }
}

} // namespace

std::string_view codingName(Coding coding) noexcept
{
    return kNames[static_cast<size_t>(coding)];
}

std::optional<Coding> codingFromName(std::string_view name) noexcept
{
    for (size_t i = 0; i < kNames.size(); ++i) {
        if (equalsIgnoreCase(kNames[i], name))
            return static_cast<Coding>(i);
    }
    return equalsIgnoreCase(name, "x-gzip") ? std::optional(Coding::Gzip) : std::nullopt;
}

AcceptedCodings acceptedCodings(const RequestHead &head) noexcept
{
    Wishes wishes;
    for (const HeaderView &header : head.headers) {
        if (header.id == HeaderId::AcceptEncoding) // several lines are one list (RFC 9110 5.3)
            readList(header.value, wishes);
    }
    AcceptedCodings accepted;
    for (size_t i = 0; i < kCodingCount; ++i) {
        const int weight = wishes.named[i] != kUnnamed ? wishes.named[i] : wishes.others;
        if (weight != kUnnamed)
            accepted.weights[i] = static_cast<uint16_t>(weight);
    }
    return accepted;
}

std::optional<Coding> AcceptedCodings::choose(CodingSet offered,
                                              std::span<const Coding> order) const noexcept
{
    std::optional<Coding> best;
    uint16_t most = 0;
    for (const Coding coding : order) {
        if (offered.has(coding) && weight(coding) > most) {
            best = coding;
            most = weight(coding);
        }
    }
    if (weight(Coding::Identity) > most)
        best = Coding::Identity;
    return best;
}

} // namespace arc
