// SPDX-License-Identifier: Apache-2.0
// Logs as they are read: by the newest lines, by cursors that outlive rotation, by search.
#include "server/observe/log_reader.h"

#include "server/observe/log_file.h"

#include <QtTest>

#include <fmt/format.h>

using namespace arc;

namespace {

constexpr LogLimits kSmall {.fileBytesMax = 100, .filesMax = 3};

std::string line(int number)
{
    return fmt::format("line {:03}\n", number); // nine bytes
}

std::string linesFrom(int first, int last)
{
    std::string text;
    for (int i = first; i <= last; ++i)
        text += line(i);
    return text;
}

void overwrite(const std::string &path, const QByteArray &text)
{
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    QCOMPARE(file.write(text), text.size());
}

LogPattern pattern(const char *text, bool isRegex = false, bool ignoreCase = false)
{
    return std::move(LogPattern::make(text, isRegex, ignoreCase).value());
}

} // namespace

class TestLogReader : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::string m_path;

    std::vector<std::string> searchAll(const LogPattern &wanted, size_t limit, int *steps = nullptr)
    {
        std::vector<std::string> found;
        std::string from;
        for (int step = 1; step < 1000; ++step) {
            const auto part = searchLog(m_path, wanted, from, limit);
            if (!part)
                return {};
            found.insert(found.end(), part->lines.begin(), part->lines.end());
            from = part->next;
            if (steps)
                *steps = step;
            if (part->done)
                break;
        }
        return found;
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath("a.log").toStdString();
    }

    void aLogThatWasNeverWrittenIsEmptyAndGivesACursorForWhatComes()
    {
        const auto tail = tailLog(m_path, {}, 1000);
        QVERIFY(tail);
        QCOMPARE(tail->text, std::string());
        LogFile(m_path, {}).append("first\n");
        const auto next = tailLog(m_path, tail->cursor, 1000);
        QVERIFY(next);
        QCOMPARE(next->text, std::string("first\n"));
        QCOMPARE(next->skippedLines, int64_t {0});
    }

    void theNewestLinesComeWholeAndTheRestIsCountedInBytes()
    {
        LogFile(m_path, {}).append(linesFrom(1, 10));
        const auto tail = tailLog(m_path, {}, 30); // three lines and a part
        QVERIFY(tail);
        QCOMPARE(tail->text, linesFrom(8, 10));
        QCOMPARE(tail->olderBytes, int64_t {63});
        QCOMPARE(tail->skippedLines, int64_t {0}); // nobody has seen the older ones before
    }

    void aCursorGivesWhatCameSince()
    {
        LogFile log(m_path, {});
        log.append(linesFrom(1, 3));
        const auto first = tailLog(m_path, {}, 1000);
        log.append(linesFrom(4, 5));
        const auto second = tailLog(m_path, first->cursor, 1000);
        QCOMPARE(second->text, linesFrom(4, 5));
        const auto third = tailLog(m_path, second->cursor, 1000);
        QCOMPARE(third->text, std::string());
        QCOMPARE(third->cursor, second->cursor);
    }

    void aCursorOutlivesRotation()
    {
        LogFile log(m_path, kSmall);
        log.append(linesFrom(1, 10)); // 90 of 100 bytes
        const auto first = tailLog(m_path, {}, 1000);
        log.append(linesFrom(11, 25)); // moves the file away, twice
        QVERIFY(QFile::exists(QString::fromStdString(m_path + ".2")));
        const auto second = tailLog(m_path, first->cursor, 1000);
        QVERIFY(second);
        QCOMPARE(second->text, linesFrom(11, 25));
        QCOMPARE(second->skippedLines, int64_t {0});
        QCOMPARE(second->extent.files, 3);
    }

    void whatCameTooFastIsCountedAndNotHidden()
    {
        LogFile log(m_path, kSmall);
        log.append(line(1));
        const auto first = tailLog(m_path, {}, 1000);
        log.append(linesFrom(2, 21));
        const auto second = tailLog(m_path, first->cursor, 45);
        QVERIFY(second);
        QCOMPARE(second->text, linesFrom(17, 21));
        QCOMPARE(second->skippedLines, int64_t {15});
    }

    void aCursorWhoseFileWasRemovedGivesWhatIsThereAndSaysThatLinesAreMissing()
    {
        LogFile log(m_path, {.fileBytesMax = 20, .filesMax = 1});
        log.append(line(1));
        const auto first = tailLog(m_path, {}, 1000);
        log.append(linesFrom(2, 20));
        const auto second = tailLog(m_path, first->cursor, 1000);
        QVERIFY(second);
        QVERIFY(second->text.ends_with(line(20)));
        QCOMPARE(second->skippedLines, int64_t {-1});
    }

    void aFileThatWasReplacedByAShorterOneIsReadFromItsBeginning()
    {
        overwrite(m_path, "aaaa\nbbbb\n");
        const auto first = tailLog(m_path, {}, 1000);
        overwrite(m_path, "cc\n"); // the same inode
        const auto second = tailLog(m_path, first->cursor, 1000);
        QVERIFY(second);
        QCOMPARE(second->text, std::string("cc\n"));
        QCOMPARE(second->skippedLines, int64_t {-1});
    }

    void aLineThatIsBeingWrittenWaitsForItsEnd()
    {
        overwrite(m_path, "whole\nhal");
        const auto first = tailLog(m_path, {}, 1000);
        QCOMPARE(first->text, std::string("whole\n"));
        QFile file(QString::fromStdString(m_path));
        QVERIFY(file.open(QIODevice::Append) && file.write("f\n") == 2);
        file.close();
        QCOMPARE(tailLog(m_path, first->cursor, 1000)->text, std::string("half\n"));
    }

    void aFilterKeepsOnlyLinesWithItsText()
    {
        LogFile(m_path, kSmall)
            .append(
                "{\"site\":\"shop\",\"n\":1}\n{\"site\":\"docs\"}\n{\"site\":\"shop\",\"n\":2}\n");
        const auto tail = tailLog(m_path, {}, 1000, "\"site\":\"shop\"");
        QCOMPARE(tail->text,
                 std::string("{\"site\":\"shop\",\"n\":1}\n{\"site\":\"shop\",\"n\":2}\n"));
        const auto newest = tailLog(m_path, {}, 25, "\"site\":\"shop\"");
        QCOMPARE(newest->text, std::string("{\"site\":\"shop\",\"n\":2}\n"));
    }

    void whatIsNoCursorIsRefused_data()
    {
        QTest::addColumn<QString>("cursor");
        for (const char *bad : {"x", "1", "-", "1-", "-1", "1--1", "1-x", "99999999999999999999-0",
                                "1-9223372036854775808", "../../etc/passwd"})
            QTest::newRow(bad) << QString(bad);
    }
    void whatIsNoCursorIsRefused()
    {
        QFETCH(QString, cursor);
        LogFile(m_path, {}).append("x\n");
        const auto tail = tailLog(m_path, cursor.toStdString(), 1000);
        QVERIFY(!tail);
        QCOMPARE(tail.error().code(), ErrorCode::Invalid);
        QVERIFY(!searchLog(m_path, pattern("x"), cursor.toStdString(), 10));
    }

    void sizesBeyondTheLimitsAreRefused()
    {
        QVERIFY(!tailLog(m_path, {}, 0));
        QVERIFY(!tailLog(m_path, {}, -1));
        QVERIFY(!tailLog(m_path, {}, kLogTailBytesMax + 1));
        QVERIFY(!searchLog(m_path, pattern("x"), {}, 0));
        QVERIFY(!searchLog(m_path, pattern("x"), {}, kLogMatchesMax + 1));
        QVERIFY(!LogPattern::make("", false, false));
        QVERIFY(!LogPattern::make(std::string(kLogPatternBytesMax + 1, 'x'), false, false));
    }

    void whatIsNoFileIsAnErrorAndNoHang()
    {
        QVERIFY(QDir().mkpath(QString::fromStdString(m_path)));
        const auto tail = tailLog(m_path, {}, 1000);
        QVERIFY(!tail);
        QVERIFY2(tail.error().message().find("not a file") != std::string::npos,
                 tail.error().message().c_str());
    }

    void searchGoesThroughRotatedFilesNewestFirst()
    {
        LogFile(m_path, kSmall).append(linesFrom(1, 30));
        const std::vector<std::string> expected {"line 029", "line 019", "line 009"};
        QCOMPARE(searchAll(pattern("9"), 100), expected);
        QCOMPARE(searchAll(pattern("9"), 1), expected); // one at a time loses none
        QCOMPARE(searchAll(pattern("^LINE 0[12]9$", true, true), 100),
                 (std::vector<std::string> {"line 029", "line 019"}));
        QVERIFY(searchAll(pattern("LINE"), 100).empty());
        QCOMPARE(searchAll(pattern("LINE 03", false, true), 100).size(), size_t {1});
    }

    void aLongSearchComesInStepsWithProgress()
    {
        const std::string noise(200, 'n');
        std::string text = "needle at the beginning\n";
        while (static_cast<int64_t>(text.size()) < 2 * kLogSearchBytesMax + 1000)
            text += noise + "\n";
        text += "needle at the end\n";
        overwrite(m_path, QByteArray::fromStdString(text));
        const auto first = searchLog(m_path, pattern("needle"), {}, 100);
        QVERIFY(first && !first->done);
        QCOMPARE(first->lines, std::vector<std::string> {"needle at the end"});
        QVERIFY(first->leftBytes > 0 && first->leftBytes < first->totalBytes);
        int steps = 0;
        QCOMPARE(searchAll(pattern("needle"), 100, &steps),
                 (std::vector<std::string> {"needle at the end", "needle at the beginning"}));
        QCOMPARE(steps, 3);
    }

    void aLineLongerThanAStepDoesNotEndTheSearch()
    {
        overwrite(m_path, "first\n" + QByteArray(2 * kLogSearchBytesMax, 'x') + "\nlast\n");
        const auto found = searchAll(pattern("st"), 100);
        QCOMPARE(found, (std::vector<std::string> {"last", "first"}));
    }

    void aBrokenExpressionIsToldAndAnEvilOneTakesNoTime()
    {
        const auto broken = LogPattern::make("(", true, false);
        QVERIFY(!broken);
        QVERIFY2(broken.error().message().starts_with("text: no regular expression: "),
                 broken.error().message().c_str());
        overwrite(m_path, QByteArray(100'000, 'a') + "!\n");
        QElapsedTimer clock;
        clock.start();
        QVERIFY(searchAll(pattern("^(a+)+$", true), 10).empty()); // 2^100000 ways to fail
        QVERIFY(clock.elapsed() < 5000);
    }
};

QTEST_APPLESS_MAIN(TestLogReader)
#include "tst_log_reader.moc"
