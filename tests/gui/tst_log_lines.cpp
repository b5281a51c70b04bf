// SPDX-License-Identifier: Apache-2.0
// Lines of logs taken apart for reading; any text is a line.
#include "gui/models/clean_text.h"
#include "gui/models/log_lines.h"
#include "gui/models/log_model.h"

#include <QtTest>

using namespace arc;

class TestLogLines : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLineOfTheEngineHasTimeAndLevel()
    {
        const LogLine line = parseLogLine(
            LogKind::Engine, QStringLiteral("2026-11-26T04:20:49.123Z warning port 443 is closed"));
        QCOMPARE(line.tone, LogTone::Warning);
        QCOMPARE(line.message, QStringLiteral("port 443 is closed"));
        QCOMPARE(line.unixMs, int64_t {1795666849123});
    }

    void aLineOfTheAccessLogIsTakenApart()
    {
        const LogLine line = parseLogLine(
            LogKind::Access,
            QStringLiteral(
                "{\"time\":\"2026-11-26T04:20:49.123Z\",\"status\":404,\"site\":\"shop\","
                "\"method\":\"GET\",\"target\":\"/a?b=\\u001b[31m\",\"bytes\":512,"
                "\"ms\":1.5}"));
        QCOMPARE(line.status, 404);
        QCOMPARE(line.tone, LogTone::Warning);
        QCOMPARE(line.method, QStringLiteral("GET"));
        QCOMPARE(line.message, QStringLiteral("/a?b=")); // no colours from visitors
        QCOMPARE(line.ms, 1.5);
        QCOMPARE(line.bytes, 512.0);
        QVERIFY(
            readableLine(LogKind::Access, line.raw).contains(QStringLiteral("status      404")));
    }

    void anyTextIsALine_data()
    {
        QTest::addColumn<QString>("raw");
        for (const char *raw : {"", " ", "{", "{\"status\":", "[]", "null", "{\"status\":\"x\"}",
                                "2026-11-26T04:20:49.123Z", "2026-99-99T99:99:99.999Z info x",
                                "[42]", "[] x", "\x01\x02", "no time at all"})
            QTest::newRow(raw) << QString::fromUtf8(raw);
    }
    void anyTextIsALine()
    {
        QFETCH(QString, raw);
        for (const LogKind kind : {LogKind::Engine, LogKind::Access, LogKind::App}) {
            const LogLine line = parseLogLine(kind, raw);
            QCOMPARE(line.raw, raw);
            QCOMPARE(line.unixMs, int64_t {0});
            readableLine(kind, raw);
        }
    }

    void anAppsWordsTellHowMuchALineMatters_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("tone");
        QTest::newRow("logging") << "ERROR:root:no" << int(LogTone::Error);
        QTest::newRow("with time") << "12:00 [CRITICAL] no" << int(LogTone::Error);
        QTest::newRow("traceback") << "Traceback (most recent call last):" << int(LogTone::Error);
        QTest::newRow("exception")
            << "django.core.exceptions.ImproperlyConfigured: x" << int(LogTone::Plain);
        QTest::newRow("error") << "ValueError: x" << int(LogTone::Error);
        QTest::newRow("warning") << "WARNING:root:hm" << int(LogTone::Warning);
        QTest::newRow("python warning")
            << "a.py:3: DeprecationWarning: old" << int(LogTone::Warning);
        QTest::newRow("a word in a path") << "GET /errors/ 200" << int(LogTone::Plain);
        QTest::newRow("plain") << "hello" << int(LogTone::Plain);
    }
    void anAppsWordsTellHowMuchALineMatters()
    {
        QFETCH(QString, text);
        QFETCH(int, tone);
        const LogLine line =
            parseLogLine(LogKind::App, QStringLiteral("2026-11-26T04:20:49.123Z [42] ") + text);
        QCOMPARE(int(line.tone), tone);
        QCOMPARE(line.who, QStringLiteral("42"));
        QCOMPARE(line.message, text);
    }

    void aTracebackIsRedAsAWhole()
    {
        LogModel model;
        model.begin(LogKind::App);
        model.append({QStringLiteral("[42] Traceback (most recent call last):"),
                      QStringLiteral("[42]   File \"x.py\", line 1"),
                      QStringLiteral("[43]   of another worker"),
                      QStringLiteral("[42] KeyError: 1"), QStringLiteral("[42] next request")});
        QList<int> tones;
        for (int row = 0; row < model.rowCount(); ++row)
            tones << model.index(row, 0).data(kToneRole).toInt();
        const int error = int(LogTone::Error);
        const int plain = int(LogTone::Plain);
        QCOMPARE(tones, (QList<int> {error, error, plain, error, plain}));
    }

    void theModelKeepsTheNewestLines()
    {
        LogModel model;
        model.begin(LogKind::App);
        QStringList many;
        for (int i = 0; i < LogModel::kRowsMax + 10; ++i)
            many << QString::number(i);
        model.append(many);
        model.append({QStringLiteral("last")});
        QCOMPARE(model.rowCount(), LogModel::kRowsMax);
        QCOMPARE(model.lineAt(0).raw, QStringLiteral("11"));
        QCOMPARE(model.lineAt(model.rowCount() - 1).raw, QStringLiteral("last"));
        model.begin(LogKind::Engine);
        QCOMPARE(model.rowCount(), 0);
    }

    void aFilterShowsWhatWasChosenAndAlwaysWhatTheWindowSays()
    {
        LogModel model;
        LogFilter filter;
        filter.setSourceModel(&model);
        model.begin(LogKind::App);
        model.append({QStringLiteral("one"), QStringLiteral("ERROR two")});
        model.appendMarker(QStringLiteral("3 lines not shown"));
        QCOMPARE(filter.rowCount(), 3);
        filter.hideTones({int(LogTone::Plain)});
        QCOMPARE(filter.rowCount(), 2);
        filter.hideTones({});
        filter.search(QStringLiteral("TWO"), false);
        QCOMPARE(filter.rowCount(), 2);
        filter.search(QStringLiteral("^(one|x)$"), true);
        QCOMPARE(filter.lineAt(0).raw, QStringLiteral("one"));
        filter.search(QStringLiteral("("), true);
        QVERIFY(!filter.problem().isEmpty());
        QCOMPARE(filter.rowCount(), 1);
        filter.search(QStringLiteral("("), false);
        QVERIFY(filter.problem().isEmpty());
    }

    void longLinesAreCutUntilAskedFor()
    {
        const QString text(20000, QLatin1Char('x'));
        QCOMPARE(cleanOutput(text).size(), qsizetype(kLineCharactersMax));
        QVERIFY(cleanOutput(text).endsWith(QChar(0x2026)));
        QCOMPARE(cleanOutput(text, INT_MAX), text);
        QCOMPARE(cleanOutput(QStringLiteral("\x1b[1mred\x1b[0m\x07")), QStringLiteral("red\u2407"));
    }
};

QTEST_APPLESS_MAIN(TestLogLines)
#include "tst_log_lines.moc"
