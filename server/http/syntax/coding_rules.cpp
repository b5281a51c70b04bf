// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/coding_rules.h"

#include "server/base/text.h"
#include "server/config/word_lists.h"

#include <algorithm>

namespace arc {

namespace {

// What an answer gets that is compressed while the client waits, by what the coders cost: zstd and
// our gzip are several times faster than Brotli at the same size.
constexpr Coding kQuickOrder[] = {Coding::Zstd, Coding::Gzip, Coding::Brotli};
constexpr Coding kSmallOrder[] = {Coding::Brotli, Coding::Zstd, Coding::Gzip};

/// What the lines of an answer say about its body.
struct Facts {
    std::string_view type;
    bool isFixed = false; ///< coded already, a part, or promised not to be changed
};

/// Walks "name: value\r\n" lines.
template <class Each>
void eachLine(std::string_view lines, Each each)
{
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find("\r\n"));
        lines.remove_prefix(std::min(line.size() + 2, lines.size()));
        const size_t colon = line.find(": ");
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = colon == line.npos ? "" : line.substr(colon + 2);
        each(headerFromName(name), value, line);
    }
}

/// Whether a comma separated list has the element, without parameters; case does not matter.
bool listHas(std::string_view list, std::string_view element) noexcept
{
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        if (equalsIgnoreCase(trim(list.substr(0, comma)), element))
            return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

Facts factsOf(std::string_view lines) noexcept
{
    Facts facts;
    eachLine(lines, [&](HeaderId id, std::string_view value, std::string_view) {
        switch (id) {
        case HeaderId::ContentType:
            facts.type = value;
            break;
        case HeaderId::CacheControl:
            facts.isFixed = facts.isFixed || listHas(value, "no-transform");
            break;
        case HeaderId::ContentEncoding:
        case HeaderId::ContentRange:
        case HeaderId::ContentDigest: // of the bytes as the handler has them
        case HeaderId::ContentMd5:
        case HeaderId::Digest:
        case HeaderId::ReprDigest:
            facts.isFixed = true;
            break;
        default:
            break;
        }
    });
    return facts;
}

bool statusMayBeCoded(int status) noexcept
{
    return status >= 200 && !statusForbidsBody(status) && status != 205 && status != 206;
}

void appendLine(std::string &out, std::string_view name, std::string_view value)
{
    out.append(name).append(": ").append(value).append("\r\n");
}

constexpr std::string_view kVaried = "Accept-Encoding";

} // namespace

CodingRules::CodingRules(const Settings &settings)
{
    if (settings.compression) {
        for (const std::string_view word : wordsOf(settings.compressionCodings)) {
            if (const auto coding = codingFromName(word))
                m_offered.add(*coding);
        }
    }
    m_level = settings.compressionLevel == "fast" ? CodingLevel::Fast
        : settings.compressionLevel == "small"    ? CodingLevel::Small
                                                  : CodingLevel::Balanced;
    m_bytesMin = static_cast<uint64_t>(settings.compressionBytesMin);
    m_fileBytesMax = static_cast<uint64_t>(settings.compressionFileMiBMax) * 1024 * 1024;
    m_streamsMax = static_cast<size_t>(settings.compressionStreams);
    for (const std::string_view word : wordsOf(settings.compressionTypes)) {
        const std::string type = toLower(word);
        const size_t star = type.find('*');
        if (star == type.npos)
            m_types.push_back({type, {}, true});
        else
            m_types.push_back({type.substr(0, star), type.substr(star + 1), false});
    }
}

bool CodingRules::takesType(std::string_view contentType) const noexcept
{
    const std::string_view type = trim(contentType.substr(0, contentType.find(';')));
    const bool isEventStream = equalsIgnoreCase(type, "text/event-stream");
    for (const Pattern &each : m_types) {
        const std::string_view front = each.front;
        const std::string_view back = each.back;
        if (each.isExact ? equalsIgnoreCase(type, front)
                         : !isEventStream && type.size() >= front.size() + back.size()
                    && equalsIgnoreCase(type.substr(0, front.size()), front)
                    && equalsIgnoreCase(type.substr(type.size() - back.size()), back))
            return true;
    }
    return false;
}

CodingDecision decideCoding(const RequestHead &request, int status, std::string_view lines,
                            std::optional<uint64_t> length, const CodingRules &rules) noexcept
{
    if (rules.offered().empty() || !statusMayBeCoded(status) || length == uint64_t {0})
        return {};
    const AcceptedCodings accepted = acceptedCodings(request);
    const bool isShort = length && *length < rules.bytesMin();
    if (isShort && accepted.takesIdentity())
        return {};
    const Facts facts = factsOf(lines);
    if (facts.isFixed || (accepted.takesIdentity() && !rules.takesType(facts.type)))
        return {};
    const bool isSmall = rules.level() == CodingLevel::Small;
    const auto best = accepted.choose(rules.offered(), isSmall ? kSmallOrder : kQuickOrder);
    return {.coding = best.value_or(Coding::Identity), .varies = true};
}

std::string linesAfter(const CodingDecision &decision, std::string_view lines)
{
    const bool isCoded = decision.coding != Coding::Identity;
    std::string out;
    out.reserve(lines.size() + 64);
    std::string vary;
    eachLine(lines, [&](HeaderId id, std::string_view value, std::string_view line) {
        if (id == HeaderId::Vary && decision.varies) {
            vary.append(vary.empty() ? "" : ", ").append(value);
        } else if (id == HeaderId::ETag && isCoded && value.starts_with('"')) {
            appendLine(out, "ETag", std::string("W/").append(value));
        } else if (id != HeaderId::AcceptRanges || !isCoded) {
            out.append(line).append("\r\n");
        }
    });
    if (isCoded)
        appendLine(out, "Content-Encoding", codingName(decision.coding));
    if (decision.varies) {
        if (!listHas(vary, kVaried) && !listHas(vary, "*"))
            vary.append(vary.empty() ? "" : ", ").append(kVaried);
        appendLine(out, "Vary", vary);
    }
    return out;
}

std::string linesOfNotModified(const RequestHead &request, std::string_view lines,
                               const CodingRules &rules)
{
    const Facts facts = factsOf(lines);
    if (rules.offered().empty() || facts.isFixed
        || (!facts.type.empty() && !rules.takesType(facts.type)))
        return std::string(lines);
    const auto theirs = request.find(HeaderId::IfNoneMatch);
    std::string tagged;
    eachLine(lines, [&](HeaderId id, std::string_view value, std::string_view line) {
        const std::string weak = std::string("W/").append(value);
        if (id == HeaderId::ETag && value.starts_with('"') && theirs
            && theirs->find(weak) != theirs->npos)
            appendLine(tagged, line.substr(0, line.find(':')), weak);
        else
            tagged.append(line).append("\r\n");
    });
    return linesAfter({.coding = Coding::Identity, .varies = true}, tagged);
}

} // namespace arc
