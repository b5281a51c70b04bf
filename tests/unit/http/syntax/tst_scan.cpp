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
            const char *end = part.data() + part.size();
            for (const Scanner &scanner : scanners()) {
                const QByteArray name(scanner.name.data(), int(scanner.name.size()));
                QVERIFY2(size_t(scanner.valueEnd(part.data(), end) - part.data())
                             == slowly(part, isValueByte),
                         name);
                QVERIFY2(size_t(scanner.targetEnd(part.data(), end) - part.data())
                             == slowly(part, isTargetByte),
                         name);
            }
        }
    }

    void everyByteIsJudgedAtEveryPlace()
    {
        for (size_t place = 0; place < 70; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(70, 'x');
                text[place] = static_cast<char>(byte);
                const char *end = text.data() + text.size();
                for (const Scanner &scanner : scanners()) {
                    QCOMPARE(size_t(scanner.valueEnd(text.data(), end) - text.data()),
                             slowly(text, isValueByte));
                    QCOMPARE(size_t(scanner.targetEnd(text.data(), end) - text.data()),
                             slowly(text, isTargetByte));
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
