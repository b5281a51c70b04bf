// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/syntax/cron.h"

#include <QtTest>

using namespace arc;

namespace {

/// "2026-03-29T01:00", of UTC.
TimeZone::SysTime at(const QString &text)
{
    const QDateTime time = QDateTime::fromString(text + ":00Z", Qt::ISODate);
    return TimeZone::SysTime(std::chrono::seconds(time.toSecsSinceEpoch()));
}

QString print(TimeZone::SysTime time)
{
    return QDateTime::fromSecsSinceEpoch(time.time_since_epoch().count(), Qt::UTC)
        .toString("yyyy-MM-ddTHH:mm");
}

struct NextRow {
    const char *name;
    const char *cron;
    const char *zone;
    const char *after; ///< UTC, as is `next`
    const char *next;
};
// What another program, which goes through all minutes one by one, makes of the same rules.
const NextRow kNext[] = {
    {"every minute", "* * * * *", "UTC", "2026-01-01T00:00", "2026-01-01T00:01"},
    {"a second later", "* * * * *", "UTC", "2026-12-31T23:59", "2027-01-01T00:00"},
    {"hourly", "@hourly", "UTC", "2026-01-01T00:00", "2026-01-01T01:00"},
    {"daily", "@daily", "UTC", "2026-01-01T00:00", "2026-01-02T00:00"},
    {"midnight, capitals", "@MIDNIGHT", "UTC", "2026-01-01T00:00", "2026-01-02T00:00"},
    {"weekly", "@weekly", "UTC", "2026-01-01T00:00", "2026-01-04T00:00"},
    {"monthly", "@monthly", "UTC", "2026-01-31T12:00", "2026-02-01T00:00"},
    {"yearly", "@yearly", "UTC", "2026-01-01T00:00", "2027-01-01T00:00"},
    {"annually", "@annually", "UTC", "2025-06-01T00:00", "2026-01-01T00:00"},
    {"one minute of each hour", "17 * * * *", "UTC", "2026-01-01T00:17", "2026-01-01T01:17"},
    {"list", "5,10,50 4 * * *", "UTC", "2026-01-01T04:10", "2026-01-01T04:50"},
    {"range", "0 9-17 * * *", "UTC", "2026-01-01T17:00", "2026-01-02T09:00"},
    {"step over all", "*/15 * * * *", "UTC", "2026-01-01T00:46", "2026-01-01T01:00"},
    {"step over a range", "0 8-18/5 * * *", "UTC", "2026-01-01T13:30", "2026-01-01T18:00"},
    {"list of ranges with steps", "0-10/5,30-40/5 0 * * *", "UTC", "2026-01-01T00:10",
     "2026-01-01T00:30"},
    {"step larger than what is left", "*/40 * * * *", "UTC", "2026-01-01T00:41",
     "2026-01-01T01:00"},
    {"name of a month", "0 0 1 mar *", "UTC", "2026-01-01T00:00", "2026-03-01T00:00"},
    {"names of months, mixed", "0 0 1 JAN,Jul *", "UTC", "2026-01-01T00:00", "2026-07-01T00:00"},
    {"range of months by name", "0 0 1 nov-dec *", "UTC", "2026-01-01T00:00", "2026-11-01T00:00"},
    {"name of a weekday", "0 0 * * fri", "UTC", "2026-01-01T00:00", "2026-01-02T00:00"},
    {"weekdays by name", "30 6 * * mon-fri", "UTC", "2026-01-02T06:30", "2026-01-05T06:30"},
    {"0 is Sunday", "0 0 * * 0", "UTC", "2026-01-01T00:00", "2026-01-04T00:00"},
    {"7 is Sunday", "0 0 * * 7", "UTC", "2026-01-01T00:00", "2026-01-04T00:00"},
    {"a range that ends on Sunday", "0 0 * * fri-sun", "UTC", "2026-01-03T12:00",
     "2026-01-04T00:00"},
    {"a range up to 7", "0 0 * * 6-7", "UTC", "2026-01-03T12:00", "2026-01-04T00:00"},
    {"either day: the date comes first", "0 0 13 * fri", "UTC", "2026-01-10T00:00",
     "2026-01-13T00:00"},
    {"either day: the weekday comes first", "0 0 13 * fri", "UTC", "2026-01-01T00:00",
     "2026-01-02T00:00"},
    {"only the date", "0 0 13 * *", "UTC", "2026-01-14T00:00", "2026-02-13T00:00"},
    {"only the weekday", "0 0 * * tue", "UTC", "2026-01-13T01:00", "2026-01-20T00:00"},
    {"a day that begins with * restricts nothing: both must hold", "0 0 */2 * mon", "UTC",
     "2026-01-01T00:00", "2026-01-05T00:00"},
    {"a weekday that begins with * too", "0 0 10-16 * */5", "UTC", "2026-01-01T00:00",
     "2026-01-11T00:00"},
    {"31 leaves short months out", "0 0 31 * *", "UTC", "2026-01-31T00:00", "2026-03-31T00:00"},
    {"29 February", "0 0 29 2 *", "UTC", "2026-01-01T00:00", "2028-02-29T00:00"},
    {"30 or 31 of a month that has 30", "0 0 30,31 4 *", "UTC", "2026-04-30T00:00",
     "2027-04-30T00:00"},
    {"end of the year", "59 23 31 12 *", "UTC", "2026-12-31T23:58", "2026-12-31T23:59"},
    {"blanks and tabs", "  5\t4  *  * *  ", "UTC", "2026-01-01T00:00", "2026-01-01T04:05"},
    {"east of Greenwich", "0 2 * * *", "Europe/Berlin", "2026-01-01T00:00", "2026-01-01T01:00"},
    {"west of Greenwich", "0 2 * * *", "America/New_York", "2026-01-01T00:00", "2026-01-01T07:00"},
    {"a zone of half an hour", "0 2 * * *", "Asia/Kolkata", "2026-01-01T00:00", "2026-01-01T20:30"},
    {"Berlin: a day before the gap", "30 2 * * *", "Europe/Berlin", "2026-03-27T12:00",
     "2026-03-28T01:30"},
    {"Berlin: a time in the gap comes at its end", "30 2 * * *", "Europe/Berlin",
     "2026-03-28T12:00", "2026-03-29T01:00"},
    {"Berlin: and the day after as usual", "30 2 * * *", "Europe/Berlin", "2026-03-29T01:00",
     "2026-03-30T00:30"},
    {"Berlin: several times in the gap are one", "*/10 2 * * *", "Europe/Berlin",
     "2026-03-29T00:59", "2026-03-29T01:00"},
    {"Berlin: then none until the next day", "*/10 2 * * *", "Europe/Berlin", "2026-03-29T01:00",
     "2026-03-30T00:00"},
    {"Berlin: with the end of the gap itself", "0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:30",
     "2026-03-29T01:00"},
    {"Berlin: which is one start", "0 2,3 * * *", "Europe/Berlin", "2026-03-29T01:00",
     "2026-03-30T00:00"},
    {"Berlin: before the gap", "59 1 * * *", "Europe/Berlin", "2026-03-29T00:00",
     "2026-03-29T00:59"},
    {"Berlin: a time shown twice counts the first time", "30 2 * * *", "Europe/Berlin",
     "2026-10-24T12:00", "2026-10-25T00:30"},
    {"Berlin: and not the second time", "30 2 * * *", "Europe/Berlin", "2026-10-25T00:30",
     "2026-10-26T01:30"},
    {"Berlin: asked between the two", "30 2 * * *", "Europe/Berlin", "2026-10-25T01:10",
     "2026-10-26T01:30"},
    {"Berlin: the end of the hour shown twice", "0 3 * * *", "Europe/Berlin", "2026-10-25T00:30",
     "2026-10-25T02:00"},
    {"Berlin: many times shown twice", "*/20 2 * * *", "Europe/Berlin", "2026-10-25T00:40",
     "2026-10-26T01:00"},
    {"Berlin: every hour, over the gap", "30 * * * *", "Europe/Berlin", "2026-03-29T00:30",
     "2026-03-29T01:30"},
    {"Berlin: every hour, in both that look alike", "30 * * * *", "Europe/Berlin",
     "2026-10-25T00:30", "2026-10-25T01:30"},
    {"Berlin: every hour, behind both", "30 * * * *", "Europe/Berlin", "2026-10-25T01:30",
     "2026-10-25T02:30"},
    {"Berlin: every quarter of an hour, over the gap", "*/15 * * * *", "Europe/Berlin",
     "2026-03-29T00:45", "2026-03-29T01:00"},
    {"Berlin: every quarter of an hour, set back", "*/15 * * * *", "Europe/Berlin",
     "2026-10-25T00:45", "2026-10-25T01:00"},
    {"New York: in the gap", "30 2 * * *", "America/New_York", "2026-03-08T06:00",
     "2026-03-08T07:00"},
    {"New York: the day after", "30 2 * * *", "America/New_York", "2026-03-08T07:00",
     "2026-03-09T06:30"},
    {"New York: shown twice, the first", "30 1 * * *", "America/New_York", "2026-11-01T04:00",
     "2026-11-01T05:30"},
    {"New York: shown twice, not the second", "30 1 * * *", "America/New_York", "2026-11-01T05:30",
     "2026-11-02T06:30"},
    {"New York: every hour, set back", "0 * * * *", "America/New_York", "2026-11-01T05:00",
     "2026-11-01T06:00"},
    {"New York: a Sunday's gap by weekday", "15 2 * * sun", "America/New_York", "2026-03-07T12:00",
     "2026-03-08T07:00"},
    {"New York: the first of the month of the change", "0 1 1 11 *", "America/New_York",
     "2026-10-01T00:00", "2026-11-01T05:00"},
    {"Lord Howe: half an hour's gap", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00",
     "2026-10-03T15:30"},
    {"Lord Howe: a time behind the gap", "45 2 * * *", "Australia/Lord_Howe", "2026-10-03T15:00",
     "2026-10-03T15:45"},
    {"Lord Howe: before the gap", "45 1 * * *", "Australia/Lord_Howe", "2026-10-03T14:00",
     "2026-10-03T15:15"},
    {"Lord Howe: half an hour shown twice, the first", "45 1 * * *", "Australia/Lord_Howe",
     "2026-04-04T12:00", "2026-04-04T14:45"},
    {"Lord Howe: not the second", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:45",
     "2026-04-05T15:15"},
    {"Lord Howe: every hour, set back by half", "45 * * * *", "Australia/Lord_Howe",
     "2026-04-04T14:45", "2026-04-04T15:15"},
    {"Lord Howe: every hour, over half a gap", "15 * * * *", "Australia/Lord_Howe",
     "2026-10-03T14:45", "2026-10-03T16:15"},
    {"Apia: a day left out", "0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00",
     "2011-12-30T10:00"},
    {"Santiago: midnight left out", "0 0 * * *", "America/Santiago", "2026-09-05T12:00",
     "2026-09-06T04:00"},
    {"Havana: midnight shown twice", "0 0 * * *", "America/Havana", "2026-11-01T04:00",
     "2026-11-02T05:00"},
    {"Havana: every minute of a day that begins twice", "* * 1 11 *", "America/Havana",
     "2026-10-31T00:00", "2026-11-01T04:00"},
    {"Casablanca: back for Ramadan", "30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00",
     "2026-02-15T01:30"},
    {"Kathmandu: three quarters of an hour", "0 0 * * *", "Asia/Kathmandu", "2026-01-01T00:00",
     "2026-01-01T18:15"},
};

struct RefusedRow {
    const char *name;
    const char *cron;
    const char *sentence;
};
const RefusedRow kRefused[] = {
    {"empty", "",
     "has 0 fields; it needs five: minute, hour, day of the month, month, day of the "
     "week"},
    {"four fields", "* * * *",
     "has 4 fields; it needs five: minute, hour, day of the month, month, day of the week"},
    {"a command behind", "* * * * * ls",
     "has 6 fields; it needs five: minute, hour, day of the month, month, day of the week"},
    {"minute 60", "60 * * * *", "minute: \"60\" is outside 0-59"},
    {"hour 24", "0 24 * * *", "hour: \"24\" is outside 0-23"},
    {"day 0", "0 0 0 * *", "day of the month: \"0\" is outside 1-31"},
    {"day 32", "0 0 32 * *", "day of the month: \"32\" is outside 1-31"},
    {"month 13", "0 0 1 13 *", "month: \"13\" is outside 1-12"},
    {"weekday 8", "0 0 * * 8", "day of the week: \"8\" is outside 0-7"},
    {"a word", "x * * * *", "minute: \"x\" is no number"},
    {"negative", "-1 * * * *", "minute: \"\" is no number"},
    {"plus", "+1 * * * *", "minute: \"+1\" is no number"},
    {"a fraction", "1.5 * * * *", "minute: \"1.5\" is no number"},
    {"a number too long", "99999999999999999999 * * * *",
     "minute: \"99999999999999999999\" is no number"},
    {"a name of another field", "0 0 fri * *", "day of the month: \"fri\" is no number"},
    {"half a name", "0 0 * janu *", "month: \"janu\" is neither a number nor a name such as jan"},
    {"backwards", "30-10 * * * *", "minute: \"30-10\" runs backwards"},
    {"a week backwards", "0 0 * * fri-mon", "day of the week: \"fri-mon\" runs backwards"},
    {"an open range", "5- * * * *", "minute: \"\" is no number"},
    {"two dashes", "1-2-3 * * * *", "minute: \"2-3\" is no number"},
    {"an empty place", "1,,2 * * * *", "minute: \"1,,2\" has an empty place in its list"},
    {"a comma behind", "1, * * * *", "minute: \"1,\" has an empty place in its list"},
    {"step 0", "*/0 * * * *", "minute: \"*/0\" has a step that is outside 1-59"},
    {"no step", "*/ * * * *", "minute: \"*/\" has a step that is outside 1-59"},
    {"a step too large", "0 */24 * * *", "hour: \"*/24\" has a step that is outside 1-23"},
    {"a step of one value", "5/15 * * * *",
     "minute: \"5/15\" has a step without a range; write 5-59/15"},
    {"two steps", "*/2/3 * * * *", "minute: \"*/2/3\" has a step that is outside 1-59"},
    {"a star with more", "*5 * * * *", "minute: \"*5\" is no number"},
    {"question mark", "0 0 ? * *", "day of the month: \"?\" is no number"},
    {"last", "0 0 L * *", "day of the month: \"L\" is no number"},
    {"30 February", "0 0 30 2 *", "names a day that never comes"},
    {"31 of short months", "0 0 31 4,6,9,11 *", "names a day that never comes"},
    {"@reboot", "@reboot", "@reboot is no time; a schedule has times of the clock only"},
    {"an unknown word", "@noon",
     "\"@noon\" is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"},
};

} // namespace

class TestCron : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsTheNextTime_data()
    {
        QTest::addColumn<int>("row");
        for (size_t i = 0; i < std::size(kNext); ++i)
            QTest::newRow(kNext[i].name) << int(i);
    }
    void findsTheNextTime()
    {
        QFETCH(int, row);
        const auto cron = CronExpression::parse(kNext[row].cron);
        QVERIFY2(cron, cron ? "" : cron.error().message().c_str());
        const auto zone = TimeZone::named(kNext[row].zone);
        QVERIFY2(zone, zone ? "" : zone.error().message().c_str());
        QCOMPARE(print(cron->next(*zone, at(kNext[row].after))), QString(kNext[row].next));
    }

    void refusesInOneSentence_data()
    {
        QTest::addColumn<int>("row");
        for (size_t i = 0; i < std::size(kRefused); ++i)
            QTest::newRow(kRefused[i].name) << int(i);
    }
    void refusesInOneSentence()
    {
        QFETCH(int, row);
        const auto cron = CronExpression::parse(kRefused[row].cron);
        QVERIFY(!cron);
        QCOMPARE(cron.error().code(), ErrorCode::Invalid);
        QCOMPARE(QString::fromStdString(cron.error().message()), QString(kRefused[row].sentence));
    }
    void refusesWhatIsTooLong()
    {
        std::string many(CronExpression::kBytesMax, '1');
        many += " * * * *";
        const auto cron = CronExpression::parse(many);
        QVERIFY(!cron);
        QCOMPARE(cron.error().message(), std::string("longer than 256 bytes"));
    }

    /// 40 years lie between the two, which a search with too near an end would not survive.
    void theRarestDayIsFound()
    {
        const auto cron = CronExpression::parse("0 0 29 2 */7");
        const auto zone = TimeZone::named("UTC");
        QVERIFY(cron && zone);
        QCOMPARE(print(cron->next(*zone, at("2088-03-01T00:00"))), QString("2128-02-29T00:00"));
    }
    void secondsAreLeftOut()
    {
        const auto cron = CronExpression::parse("* * * * *");
        const auto zone = TimeZone::named("UTC");
        QVERIFY(cron && zone);
        const TimeZone::SysTime minute = at("2026-01-01T00:01");
        QCOMPARE(print(cron->next(*zone, minute - std::chrono::seconds(1))),
                 QString("2026-01-01T00:01"));
        QCOMPARE(print(cron->next(*zone, minute)), QString("2026-01-01T00:02"));
    }

    void zonesThatAreNone_data()
    {
        QTest::addColumn<QByteArray>("name");
        for (const char *name : {"Berlin", "europe/berlin/", "../../etc/passwd", "/etc/passwd",
                                 "CEST+", "Mars/Olympus", " UTC"})
            QTest::newRow(name) << QByteArray(name);
    }
    void zonesThatAreNone()
    {
        QFETCH(QByteArray, name);
        const auto zone = TimeZone::named(name.toStdString());
        QVERIFY(!zone);
        QCOMPARE(zone.error().message(),
                 '"' + name.toStdString()
                     + "\" is no time zone; they are called like Europe/Berlin or UTC");
    }
    void theMachinesZoneHasAName()
    {
        const auto zone = TimeZone::named({});
        QVERIFY(zone);
        QVERIFY(TimeZone::named(zone->name()));
    }
    void anInstantIsPrintedAsItsZoneShowsIt()
    {
        const auto zone = TimeZone::named("Europe/Berlin");
        QVERIFY(zone);
        QCOMPARE(zone->print(at("2026-10-25T00:30")), std::string("2026-10-25 02:30 CEST"));
        QCOMPARE(zone->print(at("2026-10-25T01:30")), std::string("2026-10-25 02:30 CET"));
    }
};

QTEST_APPLESS_MAIN(TestCron)
#include "tst_cron.moc"
