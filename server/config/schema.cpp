// SPDX-License-Identifier: Apache-2.0
#include "server/config/schema.h"

#include <array>
#include <iterator>

namespace arc {

namespace {

template <class T>
consteval SettingType typeFor(const SettingRow &row)
{
    if constexpr (std::is_same_v<T, bool>)
        return SettingType::Bool;
    else if constexpr (std::is_same_v<T, int64_t>)
        return SettingType::Int;
    else if constexpr (std::is_same_v<T, double>)
        return SettingType::Double;
    else if constexpr (std::is_same_v<T, std::chrono::seconds>)
        return SettingType::Seconds;
    else if constexpr (std::is_same_v<T, std::chrono::milliseconds>)
        return SettingType::Milliseconds;
    else {
        static_assert(std::is_same_v<T, std::string>, "settings.def: a type without an editor");
        return row.choices.empty() ? SettingType::Text : SettingType::Choice;
    }
}

template <class T, class Fallback>
consteval SettingRow typedRow(SettingRow row, Fallback fallback)
{
    // Constructed in place: clang does not take an assignment to a variant for a constant
    // expression.
    const auto set = [&](auto value) {
        std::construct_at(&row.fallback, value);
    };
    row.type = typeFor<T>(row);
    if constexpr (std::is_same_v<T, bool>)
        set(bool {fallback});
    else if constexpr (std::is_same_v<T, double>)
        set(static_cast<double>(fallback));
    else if constexpr (std::is_same_v<T, std::string>)
        set(std::string_view(fallback));
    else
        set(int64_t {fallback});
    return row;
}

constexpr SettingRow kRows[] = {
#define SETTING(member, type, fallback, ...) typedRow<type>(SettingRow {__VA_ARGS__}, fallback),
#include "server/config/settings.def"
};

// ---- the proof: what makes the table wrong stops the build ----

struct UnitRow {
    std::string_view suffix; ///< of the key
    std::string_view unit;   ///< as a spin box shows it
};
constexpr UnitRow kUnits[] = {
    // the last one stands behind "_s", which it ends in, too
    {"_s", " s"},     {"_ms", " ms"},     {"_hours", " h"}, {"_mib", " MiB"},
    {"_kib", " KiB"}, {"_percent", " %"}, {"_bytes", " B"}, {"_bytes_per_s", " B/s"},
};

constexpr bool unitMatchesKey(const SettingRow &row)
{
    std::string_view expected;
    for (const UnitRow &unit : kUnits) {
        if (row.key.ends_with(unit.suffix))
            expected = unit.unit;
    }
    if (row.type == SettingType::Seconds && expected != " s")
        return false;
    if (row.type == SettingType::Milliseconds && expected != " ms")
        return false;
    return row.unit == expected;
}

constexpr bool isKey(std::string_view key)
{
    for (const char c : key) {
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '.')
            return false;
    }
    return !key.empty() && key.front() != '.' && key.back() != '.';
}

constexpr bool choicesContain(std::string_view choices, std::string_view wanted)
{
    while (true) {
        const size_t end = choices.find('|');
        if (choices.substr(0, end) == wanted)
            return !wanted.empty();
        if (end == choices.npos)
            return false;
        choices.remove_prefix(end + 1);
    }
}

constexpr bool rangeIsSound(const SettingRow &row)
{
    double value = 0;
    if (const auto *whole = std::get_if<int64_t>(&row.fallback))
        value = static_cast<double>(*whole);
    else if (const auto *real = std::get_if<double>(&row.fallback))
        value = *real;
    else // no number: a range or a word for 0 would be read by nobody
        return row.min == 0 && row.max == 0 && row.zeroMeans.empty();
    if (!row.zeroMeans.empty() && row.min != 0)
        return false;
    return row.min < row.max && row.min <= value && value <= row.max;
}

constexpr bool rowIsSound(const SettingRow &row)
{
    if (!isKey(row.key) || row.label.empty() || row.help.empty() || row.since.empty())
        return false;
    if (row.help.back() != '.' || !unitMatchesKey(row) || !rangeIsSound(row))
        return false;
    if (row.type != SettingType::Choice)
        return row.choices.empty();
    return choicesContain(row.choices, std::get<std::string_view>(row.fallback));
}

consteval bool schemaIsSound()
{
    for (size_t i = 0; i < std::size(kRows); ++i) {
        if (!rowIsSound(kRows[i]))
            return false;
        for (size_t j = 0; j < i; ++j) {
            if (kRows[i].key == kRows[j].key)
                return false;
        }
    }
    return true;
}

static_assert(
    schemaIsSound(),
    "settings.def: an empty text, a repeated or ill-formed key, a default out of range or "
    "choices, or a unit that does not match its key");

} // namespace

std::span<const SettingRow> settingRows() noexcept
{
    return kRows;
}

const SettingRow *findSetting(std::string_view key) noexcept
{
    for (const SettingRow &row : kRows) {
        if (row.key == key)
            return &row;
    }
    return nullptr;
}

SettingValue fallbackOf(const SettingRow &row)
{
    return std::visit(
        [](auto value) -> SettingValue {
            if constexpr (std::is_same_v<decltype(value), std::string_view>)
                return std::string(value);
            else
                return value;
        },
        row.fallback);
}

bool allowedAt(const SettingRow &row, Scope level) noexcept
{
    if (level == Scope::Engine || row.scope == level)
        return true;
    return level == Scope::Site && row.scope == Scope::Route;
}

std::string_view scopeName(Scope scope) noexcept
{
    constexpr std::array<std::string_view, 6> kNames {"engine", "listener", "site",
                                                      "route",  "app",      "upstream"};
    return kNames[static_cast<size_t>(scope)];
}

std::string_view appliesName(Applies applies) noexcept
{
    constexpr std::array<std::string_view, 5> kNames {"at_once", "on_new_connections", "on_rebind",
                                                      "on_worker_restart", "on_restart"};
    return kNames[static_cast<size_t>(applies)];
}

std::string_view pageName(SettingPage page) noexcept
{
    constexpr std::array<std::string_view, 8> kNames {
        "General", "HTTP",    "HTTPS", "Files and compression",
        "Limits",  "Workers", "Logs",  "Operations"};
    return kNames[static_cast<size_t>(page)];
}

std::string_view typeName(SettingType type) noexcept
{
    constexpr std::array<std::string_view, 9> kNames {
        "bool", "int", "double", "text", "choice", "seconds", "milliseconds", "path", "secret"};
    return kNames[static_cast<size_t>(type)];
}

} // namespace arc
