// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/conditional.h"

#include "server/base/text.h"
#include "server/http/syntax/date.h"

namespace arc {

namespace {

bool isWeak(std::string_view etag) noexcept
{
    return etag.starts_with("W/");
}

std::string_view opaque(std::string_view etag) noexcept
{
    return isWeak(etag) ? etag.substr(2) : etag;
}

enum class Comparison { Strong, Weak };

bool matches(std::string_view theirs, std::string_view ours, Comparison comparison) noexcept
{
    if (ours.empty() || (comparison == Comparison::Strong && (isWeak(theirs) || isWeak(ours))))
        return false;
    return opaque(theirs) == opaque(ours);
}

/// Whether "*" or one entity tag of a list matches. Tags may hold commas, so the list is read by
/// its quotes; reading stops at the first thing that is no tag.
bool listMatches(std::string_view list, std::string_view ours, Comparison comparison) noexcept
{
    list = trim(list);
    if (list == "*")
        return true;
    while (!list.empty()) {
        const size_t start = list.find_first_not_of(", \t");
        if (start == list.npos)
            return false;
        list.remove_prefix(start);
        const size_t open = isWeak(list) ? 2 : 0;
        if (open >= list.size() || list[open] != '"')
            return false;
        const size_t close = list.find('"', open + 1);
        if (close == list.npos)
            return false;
        if (matches(list.substr(0, close + 1), ours, comparison))
            return true;
        list.remove_prefix(close + 1);
    }
    return false;
}

/// Several field lines are one list (RFC 9110 5.3).
bool anyMatches(const RequestHead &head, HeaderId id, std::string_view ours,
                Comparison comparison) noexcept
{
    for (const HeaderView &header : head.headers) {
        if (header.id == id && listMatches(header.value, ours, comparison))
            return true;
    }
    return false;
}

} // namespace

Condition evaluateConditions(const RequestHead &head, const Validators &validators,
                             int64_t now) noexcept
{
    if (head.find(HeaderId::IfMatch)) {
        if (!anyMatches(head, HeaderId::IfMatch, validators.etag, Comparison::Strong))
            return Condition::PreconditionFailed;
    } else if (const auto since = head.find(HeaderId::IfUnmodifiedSince);
               since && validators.modified) {
        const auto date = parseHttpDate(*since, now);
        if (date && *validators.modified > *date)
            return Condition::PreconditionFailed;
    }
    const bool reads = head.method == Method::Get || head.method == Method::Head;
    if (head.find(HeaderId::IfNoneMatch)) {
        if (anyMatches(head, HeaderId::IfNoneMatch, validators.etag, Comparison::Weak))
            return reads ? Condition::NotModified : Condition::PreconditionFailed;
    } else if (const auto since = head.find(HeaderId::IfModifiedSince);
               since && reads && validators.modified) {
        const auto date = parseHttpDate(*since, now);
        if (date && *validators.modified <= *date)
            return Condition::NotModified;
    }
    return Condition::Proceed;
}

bool rangeHolds(const RequestHead &head, const Validators &validators, int64_t now) noexcept
{
    const auto condition = head.find(HeaderId::IfRange);
    if (!condition)
        return true;
    if (condition->ends_with('"'))
        return matches(*condition, validators.etag, Comparison::Strong);
    // A date is a strong validator only when it is at least a second old (RFC 9110 8.8.2.2).
    const auto date = parseHttpDate(*condition, now);
    return date && validators.modified && *date == *validators.modified && *date < now;
}

} // namespace arc
