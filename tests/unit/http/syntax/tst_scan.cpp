// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/scan.h"

#include <QtTest>

#include <random>
#include <string>

using namespace arc;

class TestScan : public QObject {
    Q_OBJECT

    static size_t slowly(std::string_view text, bool (*isGood)(char))
    {
        size_t at = 0;
        while (at < text.size() && isGood(text[at]))
            ++at;
        return at;
    }

    static void check(std::string_view text, const Scanner &scanner, Scanner::Find find,
                      bool (*isGood)(char))
    {
        const char *end = text.data() + text.size();
        QVERIFY2(size_t(find(text.data(), end) - text.data()) == slowly(text, isGood),
                 std::string(scanner.name).c_str());
    }
    static void checkCopy(std::string_view text, const Scanner &scanner)
    {
        std::string copy(text.size() + 1, '#');
        QVERIFY2(scanner.copyPlain(copy.data(), text.data(), text.size())
                     == (slowly(text, isPlainByte) == text.size()),
                 std::string(scanner.name).c_str());
        QCOMPARE(copy, std::string(text) + '#'); // all of it and nothing behind
    }
    static void checkAll(std::string_view text)
    {
        for (const Scanner &scanner : scanners()) {
            check(text, scanner, scanner.tokenEnd, isTokenByte);
            check(text, scanner, scanner.valueEnd, isValueByte);
            check(text, scanner, scanner.targetEnd, isTargetByte);
            check(text, scanner, scanner.plainEnd, isPlainByte);
            checkCopy(text, scanner);
        }
    }

private Q_SLOTS:
    void everyScannerStopsAtTheSameByte()
    {
        std::mt19937 random(20261123);
        for (int round = 0; round < 20000; ++round) {
            std::string text(random() % 150, 'a');
            for (char &c : text) {
                if (random() % 2 == 0)
                    c = static_cast<char>(0x21 + random() % 0x5e);
                if (random() % 60 == 0)
                    c = static_cast<char>(random());
            }
            const size_t from = text.empty() ? 0 : random() % text.size(); // unaligned starts
            const std::string_view part = std::string_view(text).substr(from);
            checkAll(part);
        }
    }

    void everyByteIsJudgedAtEveryPlace()
    {
        // Those that are copied without a loop; a half step, two whole ones, a half one and a rest.
        for (const size_t size : {1, 3, 4, 7, 8, 11, 16, 100}) {
            for (size_t place = 0; place < size; ++place) {
                for (int byte = 0; byte < 256; ++byte) {
                    std::string text(size, 'x');
                    text[place] = static_cast<char>(byte);
                    checkAll(text);
                }
            }
        }
    }

    void thereIsAlwaysThePlainScanner()
    {
        QVERIFY(!scanners().empty());
        QCOMPARE(scanners().back().name, std::string_view("swar"));
    }
};

QTEST_APPLESS_MAIN(TestScan)
#include "tst_scan.moc"
