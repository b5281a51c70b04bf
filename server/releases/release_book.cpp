// SPDX-License-Identifier: Apache-2.0
#include "server/releases/release_book.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arc {

namespace {

using State = ReleaseRecord::State;
constexpr int kFormat = 1;
constexpr std::pair<State, std::string_view> kStateNames[] = {{State::Copied, "copied"},
                                                              {State::Serves, "serves"},
                                                              {State::Served, "served"},
                                                              {State::Refused, "refused"}};

State stateOf(std::string_view name)
{
    for (const auto &[state, known] : kStateNames) {
        if (known == name)
            return state;
    }
    return State::Copied;
}

bool isId(std::string_view text) noexcept
{
    return !text.empty() && text.find_first_not_of("0123456789abcdef") == text.npos;
}

} // namespace

std::string_view releaseStateName(State state) noexcept
{
    for (const auto &[known, name] : kStateNames) {
        if (known == state)
            return name;
    }
    return {};
}

const ReleaseRecord *ReleaseBook::find(std::string_view id) const noexcept
{
    const auto found = std::ranges::find(m_records, id, &ReleaseRecord::id);
    return found == m_records.end() ? nullptr : &*found;
}

ReleaseRecord *ReleaseBook::known(std::string_view id) noexcept
{
    return const_cast<ReleaseRecord *>(find(id));
}

const ReleaseRecord *ReleaseBook::serving() const noexcept
{
    const auto found = std::ranges::find(m_records, State::Serves, &ReleaseRecord::state);
    return found == m_records.end() ? nullptr : &*found;
}

Result<ReleaseRecord> ReleaseBook::choose(std::string_view beginning) const
{
    const ReleaseRecord *chosen = nullptr;
    for (const ReleaseRecord &record : m_records) {
        if (beginning.empty() || !record.id.starts_with(beginning))
            continue;
        if (chosen)
            return Error {ErrorCode::Invalid,
                          fmt::format("releases {} and {} both begin with {}", chosen->id,
                                      record.id, beginning)};
        chosen = &record;
    }
    if (!chosen)
        return Error {ErrorCode::NotFound,
                      fmt::format("no release {} is kept; `site releases` lists them", beginning)};
    return *chosen;
}

Result<ReleaseRecord> ReleaseBook::previous() const
{
    const ReleaseRecord *last = nullptr;
    for (const ReleaseRecord &record : m_records) {
        if (record.state == State::Served && record.servedOrder > (last ? last->servedOrder : 0))
            last = &record;
    }
    if (!last)
        return Error {ErrorCode::NotFound,
                      "no release that served before is kept; `site releases` lists them"};
    return *last;
}

void ReleaseBook::add(ReleaseRecord made)
{
    if (ReleaseRecord *before = known(made.id)) {
        made.state = before->state;
        made.cause = before->cause;
        made.lastUnixMs = before->lastUnixMs;
        made.servedOrder = before->servedOrder;
        made.addedBytes = before->addedBytes;
        forget(made.id);
    }
    m_records.insert(m_records.begin(), std::move(made));
}

void ReleaseBook::stopServing()
{
    for (ReleaseRecord &record : m_records) {
        if (record.state == State::Serves)
            record.state = State::Served;
    }
}

void ReleaseBook::tookOver(std::string_view id, int64_t unixMs)
{
    int64_t last = 0;
    for (const ReleaseRecord &record : m_records)
        last = std::max(last, record.servedOrder);
    stopServing();
    ReleaseRecord *record = known(id);
    if (!record)
        return;
    record->state = State::Serves;
    record->cause.clear();
    record->lastUnixMs = unixMs;
    record->servedOrder = last + 1;
}

void ReleaseBook::refused(std::string_view id, const std::string &cause, int64_t unixMs)
{
    ReleaseRecord *record = known(id);
    if (!record || record->state == State::Serves)
        return;
    record->cause = cause;
    if (record->servedOrder > 0) // the world around it has changed, which may be mended
        return;
    record->state = State::Refused;
    record->lastUnixMs = unixMs;
}

void ReleaseBook::notTried(std::string_view id, const std::string &cause, int64_t unixMs)
{
    ReleaseRecord *record = known(id);
    if (!record || record->state != State::Copied)
        return;
    record->cause = cause;
    record->lastUnixMs = unixMs;
}

void ReleaseBook::forget(std::string_view id)
{
    std::erase_if(m_records, [id](const ReleaseRecord &record) { return record.id == id; });
}

std::vector<std::string> ReleaseBook::surplus(size_t copies,
                                              const std::set<std::string> &used) const
{
    // The first to go stands first.
    std::vector<const ReleaseRecord *> order;
    for (const ReleaseRecord &record : m_records)
        order.push_back(&record);
    std::ranges::sort(order, {}, [](const ReleaseRecord *record) {
        return std::tuple(record->state == State::Serves, record->state != State::Refused,
                          record->servedOrder, record->madeUnixMs);
    });
    std::vector<std::string> surplus;
    for (const ReleaseRecord *record : order) {
        if (m_records.size() - surplus.size() <= copies)
            break;
        if (record->state != State::Serves && !used.contains(record->id))
            surplus.push_back(record->id);
    }
    return surplus;
}

std::string ReleaseBook::toJson() const
{
    nlohmann::ordered_json json = {{"format", kFormat}, {"releases", nlohmann::json::array()}};
    for (const ReleaseRecord &record : m_records)
        json["releases"].push_back({{"id", record.id},
                                    {"folder", record.folder},
                                    {"by", record.by},
                                    {"made_unix_ms", record.madeUnixMs},
                                    {"files", record.files},
                                    {"bytes", record.bytes},
                                    {"added_bytes", record.addedBytes},
                                    {"state", releaseStateName(record.state)},
                                    {"cause", record.cause},
                                    {"last_unix_ms", record.lastUnixMs},
                                    {"served_order", record.servedOrder}});
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<ReleaseBook> ReleaseBook::fromJson(std::string_view text)
{
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const Error broken {ErrorCode::DataDir, "is no list of releases"};
    if (!json.is_object() || !json.contains("releases") || !json["releases"].is_array())
        return broken;
    if (json.contains("format") && json["format"].is_number_integer() && json["format"] > kFormat)
        return Error {ErrorCode::DataDir, "was written by a newer version of this program"};
    if (!json.contains("format") || json["format"] != kFormat)
        return broken;
    ReleaseBook book;
    try {
        for (const auto &each : json["releases"]) {
            ReleaseRecord record {.id = each.at("id"),
                                  .folder = each.at("folder"),
                                  .by = each.at("by"),
                                  .madeUnixMs = each.at("made_unix_ms"),
                                  .files = each.at("files"),
                                  .bytes = each.at("bytes"),
                                  .addedBytes = each.at("added_bytes"),
                                  .state = stateOf(each.at("state").get<std::string>()),
                                  .cause = each.at("cause"),
                                  .lastUnixMs = each.at("last_unix_ms"),
                                  .servedOrder = each.at("served_order")};
            if (!isId(record.id) || book.find(record.id))
                return broken;
            book.m_records.push_back(std::move(record));
        }
    } catch (const nlohmann::json::exception &) {
        return broken;
    }
    return book;
}

} // namespace arc
