// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"
#include "server/config/schema.h"

#include <cmath>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kTextBytesMax = 4096; // of one setting's value

Result<SettingValue> parseBool(std::string_view text)
{
    for (const std::string_view word : {"on", "true", "yes", "1"}) {
        if (equalsIgnoreCase(text, word))
            return SettingValue {true};
    }
    for (const std::string_view word : {"off", "false", "no", "0"}) {
        if (equalsIgnoreCase(text, word))
            return SettingValue {false};
    }
    return Error {ErrorCode::Invalid, fmt::format("\"{}\" is neither on nor off", text)};
}

/// The complaint of a number that could not be read, with the word that would have been taken.
Error notANumber(const SettingRow &row, std::string_view text, Error error)
{
    if (row.zeroMeans.empty())
        return error;
    return {ErrorCode::Invalid,
            fmt::format("\"{}\" is neither a number nor \"{}\"", text, row.zeroMeans)};
}

Result<void> checkRange(const SettingRow &row, double value)
{
    if (std::isfinite(value) && value >= row.min && value <= row.max)
        return {};
    return Error {ErrorCode::Invalid, "outside " + rangeText(row)};
}

Result<void> checkText(const SettingRow &row, const std::string &value)
{
    if (row.type == SettingType::Choice) {
        for (const std::string_view choice : split(row.choices, '|')) {
            if (choice == value)
                return {};
        }
        return Error {ErrorCode::Invalid, fmt::format("\"{}\" is not {}", value, rangeText(row))};
    }
    if (value.size() > kTextBytesMax)
        return Error {ErrorCode::Invalid, fmt::format("longer than {} bytes", kTextBytesMax)};
    for (const char c : value) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return Error {ErrorCode::Invalid, "contains a control character"};
    }
    return {};
}

Error wrongType(const char *expected)
{
    return {ErrorCode::Invalid, fmt::format("must be {}", expected)};
}

} // namespace

Result<SettingValue> parseSetting(const SettingRow &row, std::string_view text)
{
    if (row.type == SettingType::Bool)
        return parseBool(text);
    SettingValue value = std::string(text);
    if (std::holds_alternative<int64_t>(row.fallback)) {
        const bool isWord = !row.zeroMeans.empty() && equalsIgnoreCase(text, row.zeroMeans);
        auto number = isWord ? Result<int64_t>(0) : parseSigned(text);
        if (!number)
            return notANumber(row, text, std::move(number).error());
        value = *number;
    } else if (std::holds_alternative<double>(row.fallback)) {
        const bool isWord = !row.zeroMeans.empty() && equalsIgnoreCase(text, row.zeroMeans);
        auto number = isWord ? Result<double>(0.0) : parseDouble(text);
        if (!number)
            return notANumber(row, text, std::move(number).error());
        value = *number;
    }
    if (auto checked = checkSetting(row, value); !checked)
        return std::move(checked).error();
    return value;
}

Result<void> checkSetting(const SettingRow &row, const SettingValue &value)
{
    if (std::holds_alternative<bool>(row.fallback))
        return std::holds_alternative<bool>(value) ? Result<void>() : wrongType("on or off");
    if (std::holds_alternative<int64_t>(row.fallback)) {
        const auto *number = std::get_if<int64_t>(&value);
        if (!number)
            return wrongType("a whole number");
        return checkRange(row, static_cast<double>(*number));
    }
    if (std::holds_alternative<double>(row.fallback)) {
        const auto *number = std::get_if<double>(&value);
        return number ? checkRange(row, *number) : wrongType("a number");
    }
    const auto *text = std::get_if<std::string>(&value);
    return text ? checkText(row, *text) : wrongType("text");
}

std::string printSetting(const SettingRow &row, const SettingValue &value)
{
    if (const auto *flag = std::get_if<bool>(&value))
        return *flag ? "on" : "off";
    if (const auto *text = std::get_if<std::string>(&value))
        return *text;
    const auto *whole = std::get_if<int64_t>(&value);
    const auto *real = std::get_if<double>(&value);
    const bool isZero = whole ? *whole == 0 : *real == 0;
    if (isZero && !row.zeroMeans.empty())
        return std::string(row.zeroMeans);
    return whole ? fmt::format("{}", *whole) : fmt::format("{}", *real);
}

std::string rangeText(const SettingRow &row)
{
    if (row.type == SettingType::Bool)
        return "on or off";
    if (row.type == SettingType::Choice) {
        std::string out = "one of";
        for (const std::string_view choice : split(row.choices, '|'))
            out += fmt::format("{} {}", out.size() > 6 ? "," : "", choice);
        return out;
    }
    if (std::holds_alternative<std::string_view>(row.fallback))
        return {};
    const bool isReal = row.type == SettingType::Double;
    return isReal ? fmt::format("{}..{}", row.min, row.max)
                  : fmt::format("{:.0f}..{:.0f}", row.min, row.max);
}

} // namespace arc
