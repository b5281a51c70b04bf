// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/date.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace arc {

namespace {

constexpr std::string_view kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr int64_t kSecondsPerDay = 86400;
constexpr int64_t kLast = 253402300799; // 9999-12-31 23:59:59

void putTwo(char *out, int value) noexcept
{
    out[0] = static_cast<char>('0' + value / 10);
    out[1] = static_cast<char>('0' + value % 10);
}

/// Takes parts off the front of a date; false for good once something did not fit.
class DateReader {
public:
    explicit DateReader(std::string_view text) : m_text(text) { }

    bool fits() const noexcept { return m_fits; }
    bool atEnd() const noexcept { return m_fits && m_text.empty(); }
    bool tryText(std::string_view wanted) noexcept
    {
        if (!m_text.starts_with(wanted))
            return false;
        m_text.remove_prefix(wanted.size());
        return true;
    }
    void text(std::string_view wanted) noexcept { m_fits = tryText(wanted) && m_fits; }
    int number(size_t digits) noexcept
    {
        int value = 0;
        for (size_t i = 0; i < digits; ++i) {
            if (i >= m_text.size() || m_text[i] < '0' || m_text[i] > '9') {
                m_fits = false;
                return 0;
            }
            value = value * 10 + (m_text[i] - '0');
        }
        m_text.remove_prefix(digits);
        return value;
    }
    int month() noexcept
    {
        for (int i = 0; i < 12; ++i) {
            if (tryText(kMonths.substr(static_cast<size_t>(i) * 3, 3)))
                return i + 1;
        }
        m_fits = false;
        return 0;
    }

private:
    std::string_view m_text;
    bool m_fits = true;
};

struct DateParts {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

void readTime(DateReader &reader, DateParts &parts) noexcept
{
    parts.hour = reader.number(2);
    reader.text(":");
    parts.minute = reader.number(2);
    reader.text(":");
    parts.second = reader.number(2);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
bool readFixdate(DateReader reader, DateParts &parts) noexcept
{
    reader.text(", ");
    parts.day = reader.number(2);
    reader.text(" ");
    parts.month = reader.month();
    reader.text(" ");
    parts.year = reader.number(4);
    reader.text(" ");
    readTime(reader, parts);
    reader.text(" GMT");
    return reader.atEnd();
}

/// "Sunday, 06-Nov-94 08:49:37 GMT": a year that seems more than 50 years ahead lies in the past
/// century.
bool readRfc850(DateReader reader, DateParts &parts, int yearNow) noexcept
{
    reader.text(", ");
    parts.day = reader.number(2);
    reader.text("-");
    parts.month = reader.month();
    reader.text("-");
    parts.year = yearNow / 100 * 100 + reader.number(2);
    if (parts.year > yearNow + 50)
        parts.year -= 100;
    reader.text(" ");
    readTime(reader, parts);
    reader.text(" GMT");
    return reader.atEnd();
}

/// "Sun Nov  6 08:49:37 1994"
bool readAsctime(DateReader reader, DateParts &parts) noexcept
{
    reader.text(" ");
    parts.month = reader.month();
    reader.text(" ");
    parts.day = reader.tryText(" ") ? reader.number(1) : reader.number(2);
    reader.text(" ");
    readTime(reader, parts);
    reader.text(" ");
    parts.year = reader.number(4);
    return reader.atEnd();
}

int yearOf(int64_t unixSeconds) noexcept
{
    const std::chrono::sys_days day {std::chrono::days(unixSeconds / kSecondsPerDay)};
    return static_cast<int>(std::chrono::year_month_day(day).year());
}

} // namespace

void printHttpDate(int64_t unixSeconds, char *out) noexcept
{
    using namespace std::chrono;
    unixSeconds = std::clamp<int64_t>(unixSeconds, 0, kLast);
    const sys_days day {days(unixSeconds / kSecondsPerDay)};
    const year_month_day date(day);
    const auto time = static_cast<int>(unixSeconds % kSecondsPerDay);
    const auto year = static_cast<int>(date.year());
    std::memcpy(out, "Sun, 00 Jan 0000 00:00:00 GMT", kHttpDateBytes);
    std::memcpy(out, kDays[weekday(day).c_encoding()].data(), 3);
    putTwo(out + 5, static_cast<int>(static_cast<unsigned>(date.day())));
    std::memcpy(out + 8, kMonths.data() + (static_cast<unsigned>(date.month()) - 1) * 3, 3);
    putTwo(out + 12, year / 100);
    putTwo(out + 14, year % 100);
    putTwo(out + 17, time / 3600);
    putTwo(out + 20, time / 60 % 60);
    putTwo(out + 23, time % 60);
}

std::string formatHttpDate(int64_t unixSeconds)
{
    std::string text(kHttpDateBytes, ' ');
    printHttpDate(unixSeconds, text.data());
    return text;
}

std::optional<int64_t> parseHttpDate(std::string_view text, int64_t now) noexcept
{
    using namespace std::chrono;
    DateParts parts;
    bool found = false;
    for (const std::string_view name : kDays) {
        if (!text.starts_with(name.substr(0, 3)))
            continue;
        if (text.starts_with(name))
            found = readRfc850(DateReader(text.substr(name.size())), parts, yearOf(now));
        else
            found = readFixdate(DateReader(text.substr(3)), parts)
                || readAsctime(DateReader(text.substr(3)), parts);
        break;
    }
    const year_month_day date {year(parts.year), month(static_cast<unsigned>(parts.month)),
                               day(static_cast<unsigned>(parts.day))};
    // 60 is a leap second; like the second after it, as Unix time has it.
    if (!found || !date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60)
        return std::nullopt;
    return sys_days(date).time_since_epoch().count() * kSecondsPerDay + parts.hour * 3600
        + parts.minute * 60 + parts.second;
}

std::string_view DateLine::at(int64_t unixMs) noexcept
{
    const int64_t second = unixMs / 1000;
    if (second != m_second) {
        m_second = second;
        std::memcpy(m_line.data(), "Date: ", 6);
        printHttpDate(second, m_line.data() + 6);
        std::memcpy(m_line.data() + 6 + kHttpDateBytes, "\r\n", 2);
    }
    return {m_line.data(), m_line.size()};
}

} // namespace arc
