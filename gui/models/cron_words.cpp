// SPDX-License-Identifier: Apache-2.0
#include "gui/models/cron_words.h"

#include <QCoreApplication>
#include <QList>
#include <QLocale>
#include <QRegularExpression>
#include <QStringList>

#include <functional>
#include <optional>

namespace arc {

namespace {

QString text(const char *source)
{
    return QCoreApplication::translate("arc::CronWords", source);
}

constexpr int kListMax = 6; ///< more is no short sentence

/// Each part of a list: one value, or a range.
struct Part {
    int from = 0;
    int to = 0;
};
using Parts = QList<Part>;

std::optional<int> numberOf(const QString &word, const QStringList &names, int first)
{
    bool isNumber = false;
    const int number = word.toInt(&isNumber);
    if (isNumber)
        return number;
    const auto at = names.indexOf(word.toLower());
    return at < 0 ? std::nullopt : std::optional(int(at) + first);
}

/// Nothing: "*", a step, or too much for a sentence.
std::optional<Parts> partsOf(const QString &field, const QStringList &names = {}, int first = 0)
{
    Parts parts;
    for (const QString &word : field.split(QLatin1Char(','))) {
        const QStringList ends = word.split(QLatin1Char('-'));
        const auto from = numberOf(ends.first(), names, first);
        const auto to = numberOf(ends.last(), names, first);
        if (ends.size() > 2 || !from || !to)
            return {};
        parts << Part {*from, *to};
    }
    if (parts.size() > kListMax)
        return {};
    return parts;
}

std::optional<int> singleOf(const QString &field)
{
    const auto parts = partsOf(field);
    return parts && parts->size() == 1 && parts->first().from == parts->first().to
        ? std::optional(parts->first().from)
        : std::nullopt;
}

/// "1, 15 and 20 to 25".
QString listOf(const Parts &parts, const std::function<QString(int)> &name)
{
    QStringList words;
    for (const Part &part : parts)
        words << (part.from == part.to ? name(part.from)
                                       : text("%1 to %2").arg(name(part.from), name(part.to)));
    if (words.size() == 1)
        return words.first();
    const QString last = words.takeLast();
    return text("%1 and %2").arg(words.join(QStringLiteral(", ")), last);
}

QString clock(int hour, int minute)
{
    return QStringLiteral("%1:%2")
        .arg(hour, 2, 10, QLatin1Char('0'))
        .arg(minute, 2, 10, QLatin1Char('0'));
}

/// Only one that goes on evenly behind the end of `whole`.
std::optional<int> stepOf(const QString &field, int whole)
{
    bool isNumber = false;
    const int step = field.startsWith(QLatin1String("*/")) ? field.mid(2).toInt(&isNumber) : 0;
    return isNumber && step > 0 && whole % step == 0 ? std::optional(step) : std::nullopt;
}

/// "at 02:30", "every 15 minutes from 08:00 to 18:59"; empty: no words for it.
QString timesOf(const QString &minute, const QString &hour)
{
    const auto single = singleOf(minute);
    const auto step = minute == QLatin1String("*") ? std::optional(1) : stepOf(minute, 60);
    const auto hours = partsOf(hour);
    const bool isEachHour = hour == QLatin1String("*");
    if (single && hours) {
        QStringList times;
        for (const Part &part : *hours) {
            if (part.from != part.to && hours->size() > 1)
                return {};
            if (part.from != part.to)
                return text("each hour at minute %1 from %2 to %3")
                    .arg(QString::number(*single), clock(part.from, *single),
                         clock(part.to, *single));
            times << clock(part.from, *single);
        }
        const QString last = times.takeLast();
        return times.isEmpty() ? text("at %1").arg(last)
                               : text("at %1 and %2").arg(times.join(QStringLiteral(", ")), last);
    }
    if (single && isEachHour)
        return *single == 0 ? text("each full hour") : text("each hour at minute %1").arg(*single);
    if (single && stepOf(hour, 24))
        return text("every %1 hours at minute %2").arg(*stepOf(hour, 24)).arg(*single);
    const QString often = !step ? QString()
        : *step == 1            ? text("every minute")
                                : text("every %1 minutes").arg(*step);
    if (often.isEmpty() || isEachHour || !hours || hours->size() != 1)
        return isEachHour ? often : QString();
    return text("%1 from %2 to %3")
        .arg(often, clock(hours->first().from, 0), clock(hours->first().to, 59));
}

const QStringList &weekdays()
{
    static const QStringList kNames {
        QStringLiteral("sun"), QStringLiteral("mon"), QStringLiteral("tue"), QStringLiteral("wed"),
        QStringLiteral("thu"), QStringLiteral("fri"), QStringLiteral("sat")};
    return kNames;
}

const QStringList &months()
{
    static const QStringList kNames {
        QStringLiteral("jan"), QStringLiteral("feb"), QStringLiteral("mar"), QStringLiteral("apr"),
        QStringLiteral("may"), QStringLiteral("jun"), QStringLiteral("jul"), QStringLiteral("aug"),
        QStringLiteral("sep"), QStringLiteral("oct"), QStringLiteral("nov"), QStringLiteral("dec")};
    return kNames;
}

/// Nothing: no words for it.
std::optional<QString> daysOf(const QString &day, const QString &weekday)
{
    const bool isAnyDay = day == QLatin1String("*");
    const bool isAnyWeekday = weekday == QLatin1String("*");
    if (isAnyDay && isAnyWeekday)
        return text("every day");
    const auto days = isAnyDay ? std::optional(Parts()) : partsOf(day);
    const auto ofWeek = isAnyWeekday ? std::optional(Parts()) : partsOf(weekday, weekdays(), 0);
    if (!days || !ofWeek)
        return {};
    const QString ofMonth =
        isAnyDay ? QString() : text("on day %1 of the month").arg(listOf(*days, [](int number) {
            return QString::number(number);
        }));
    const QString named =
        isAnyWeekday ? QString() : text("each %1").arg(listOf(*ofWeek, [](int number) {
            return QLocale(QLocale::English).standaloneDayName(number % 7 == 0 ? 7 : number % 7);
        }));
    if (isAnyDay)
        return named;
    // When both are restricted, either is enough.
    return isAnyWeekday ? ofMonth : text("%1, and %2").arg(ofMonth, named);
}

QString expanded(const QString &cron)
{
    static const QList<std::pair<QString, QString>> kNames {
        {QStringLiteral("@hourly"), QStringLiteral("0 * * * *")},
        {QStringLiteral("@daily"), QStringLiteral("0 0 * * *")},
        {QStringLiteral("@midnight"), QStringLiteral("0 0 * * *")},
        {QStringLiteral("@weekly"), QStringLiteral("0 0 * * 0")},
        {QStringLiteral("@monthly"), QStringLiteral("0 0 1 * *")},
        {QStringLiteral("@yearly"), QStringLiteral("0 0 1 1 *")},
        {QStringLiteral("@annually"), QStringLiteral("0 0 1 1 *")}};
    for (const auto &[name, meant] : kNames) {
        if (cron.trimmed() == name)
            return meant;
    }
    return cron.simplified();
}

} // namespace

QString cronMeaning(const QString &cron)
{
    const QStringList fields = expanded(cron).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    if (fields.size() != 5)
        return {};
    const QString times = timesOf(fields[0], fields[1]);
    const auto days = daysOf(fields[2], fields[4]);
    const bool isAnyMonth = fields[3] == QLatin1String("*");
    const auto inMonths = isAnyMonth ? std::optional(Parts()) : partsOf(fields[3], months(), 1);
    if (times.isEmpty() || !days || !inMonths)
        return {};
    const bool isEachDay = *days == text("every day");
    const bool isAtTimes = times.startsWith(text("at %1").section(QLatin1Char('%'), 0, 0));
    // "Every 15 minutes", not "Every day every 15 minutes".
    QString meaning =
        isEachDay && !isAtTimes && isAnyMonth ? times : text("%1, %2").arg(*days, times);
    if (!isAnyMonth)
        meaning =
            text("%1, in %2").arg(meaning, listOf(*inMonths, [](int number) {
                                      return QLocale(QLocale::English).standaloneMonthName(number);
                                  }));
    meaning[0] = meaning[0].toUpper();
    return meaning;
}

} // namespace arc
