// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

namespace arc {

namespace {

template <class T>
Result<T> parseNumber(std::string_view text, const char *complaint)
{
    T value {};
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec == std::errc::result_out_of_range)
        return Error {ErrorCode::Invalid, fmt::format("\"{}\" is too large", text)};
    if (ec != std::errc {} || end != text.data() + text.size())
        return Error {ErrorCode::Invalid, fmt::format("\"{}\" {}", text, complaint)};
    return value;
}

char lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// At most three significant digits: 8.41, 84.1, 841.
std::string threeDigits(double value)
{
    const double size = std::fabs(value);
    if (size >= 99.95 || value == std::floor(value))
        return fmt::format("{:.0f}", value);
    return size >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

} // namespace

Result<uint64_t> parseUnsigned(std::string_view text)
{
    return parseNumber<uint64_t>(text, "is not a whole number");
}

Result<int64_t> parseSigned(std::string_view text)
{
    return parseNumber<int64_t>(text, "is not a whole number");
}

Result<double> parseDouble(std::string_view text)
{
    return parseNumber<double>(text, "is not a number");
}

std::string_view trim(std::string_view text) noexcept
{
    const size_t first = text.find_first_not_of(" \t");
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (size_t from = 0;;) {
        const size_t at = text.find(separator, from);
        parts.push_back(text.substr(from, at == text.npos ? at : at - from));
        if (at == text.npos)
            return parts;
        from = at + 1;
    }
}

bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept
{
    if (a.size() != b.size())
        return false;
    if (a == b) // mostly
        return true;
    for (size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i]))
            return false;
    }
    return true;
}

void freeMemory(std::string &text) noexcept
{
    std::string().swap(text);
}

std::string toLower(std::string_view text)
{
    std::string out(text);
    for (char &c : out)
        c = lower(c);
    return out;
}

std::string formatCount(double value)
{
    constexpr const char *kUnits[] = {"", " k", " M", " G", " T"};
    size_t unit = 0;
    while (std::fabs(value) >= 9999.5 && unit + 1 < std::size(kUnits)) {
        value /= 1000;
        ++unit;
    }
    if (unit == 0 && std::fabs(value) >= 1000) // thin space, as the window prints thousands
        return fmt::format("{:.0f}\u2009{:03.0f}", std::floor(std::round(value) / 1000),
                           std::fmod(std::round(value), 1000));
    return threeDigits(value) + kUnits[unit];
}

std::string formatBytes(double bytes)
{
    constexpr const char *kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while (std::fabs(bytes) >= 1023.5 && unit + 1 < std::size(kUnits)) {
        bytes /= 1024;
        ++unit;
    }
    return threeDigits(bytes) + " " + kUnits[unit];
}

std::string formatDuration(double seconds)
{
    if (seconds < 0.0009995)
        return threeDigits(std::round(seconds * 1e6)) + " µs";
    if (seconds < 0.9995)
        return threeDigits(seconds * 1e3) + " ms";
    if (seconds < 119.5)
        return threeDigits(seconds) + " s";
    if (seconds < 7170)
        return fmt::format("{:.0f} min", seconds / 60);
    return seconds < 172800 ? fmt::format("{:.0f} h", seconds / 3600)
                            : fmt::format("{:.0f} d", seconds / 86400);
}

std::string formatTimestamp(int64_t unixMs)
{
    const time_t seconds = static_cast<time_t>(unixMs / 1000);
    tm parts {};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       unixMs % 1000);
}

int64_t unixNowMs() noexcept
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace arc
