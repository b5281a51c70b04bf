// SPDX-License-Identifier: Apache-2.0
#include "server/base/error.h"
#include "server/base/log_ring.h"
#include "server/base/text.h"

#include <QtTest>

using namespace arc;

class TestBase : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anErrorGrowsPhrasesFromTheOutside()
    {
        Result<int> bad = Error {ErrorCode::Invalid, "outside 1..65535"};
        const Error told = std::move(bad).error().within("listen.http_port");
        QCOMPARE(told.message(), std::string("listen.http_port: outside 1..65535"));
        QCOMPARE(exitCode(told.code()), 2);
    }

    void everyErrorNameReadsBack()
    {
        for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
            const auto value = static_cast<ErrorCode>(code);
            QCOMPARE(errorFromName(errorName(value)), value);
        }
        QCOMPARE(errorFromName("no such name"), ErrorCode::Internal);
    }

    void numbersRefuseWhatIsNotANumber_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char *bad : {"", " 1", "1 ", "-1", "+1", "0x10", "1.5", "18446744073709551616"})
            QTest::newRow(bad) << QByteArray(bad);
    }
    void numbersRefuseWhatIsNotANumber()
    {
        QFETCH(QByteArray, text);
        QVERIFY(!parseUnsigned(text.toStdString()).has_value());
    }

    void figuresArePrintedForPeople_data()
    {
        QTest::addColumn<QString>("printed");
        QTest::addColumn<QString>("expected");
        auto row = [](const std::string &printed, const char *expected) {
            QTest::newRow(expected)
                << QString::fromStdString(printed) << QString::fromUtf8(expected);
        };
        row(formatCount(0), "0");
        row(formatCount(8412), "8\u2009412");
        row(formatCount(1005), "1\u2009005");
        row(formatCount(84120), "84.1 k");
        row(formatBytes(512), "512 B");
        row(formatBytes(31.0 * 1024 * 1024), "31 MiB");
        row(formatDuration(0.00018), "180 µs");
        row(formatDuration(0.048), "48 ms");
        row(formatDuration(2.3), "2.30 s");
        row(formatDuration(180), "3 min");
    }
    void figuresArePrintedForPeople()
    {
        QFETCH(QString, printed);
        QFETCH(QString, expected);
        QCOMPARE(printed, expected);
    }

    void timestampsAreUtc()
    {
        QCOMPARE(formatTimestamp(1795442587221), std::string("2026-11-23T14:03:07.221Z"));
    }

    void aFullLogRingDropsWholeLinesAndCounts()
    {
        LogRing ring(16);
        QVERIFY(ring.push("0123456789\n"));
        QVERIFY(!ring.push("too long\n"));
        QCOMPARE(ring.linesDropped(), uint64_t(1));
        std::string out;
        ring.drain(out);
        QVERIFY(ring.push("abcdefgh\n")); // wraps around the end
        ring.drain(out);
        for (int round = 0; round < 16; ++round) // the two parts meet before, at and behind it
            QVERIFY(
                (ring.push("two", " parts\n"), ring.drain(out), out.ends_with("\ntwo parts\n")));
        QVERIFY(out.starts_with("0123456789\nabcdefgh\n"));
        QVERIFY(!ring.push("two part", " too long\n"));
    }
};

QTEST_APPLESS_MAIN(TestBase)
#include "tst_base.moc"
