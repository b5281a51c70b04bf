// SPDX-License-Identifier: Apache-2.0
#include "server/http/coding/coder_pool.h"
#include "tests/support/decoding.h"

#include <QtTest>

using namespace arc;

namespace {

uint64_t nextRandom(uint64_t &state)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/// Text that compresses about as pages do.
std::string pageText(size_t size)
{
    const char *const words[] = {"<p class=\"intro\">",
                                 "</p>\n",
                                 "arcology ",
                                 "a ",
                                 "building ",
                                 "that ",
                                 "holds ",
                                 "<b>",
                                 "</b> ",
                                 "city ",
                                 "every ",
                                 "window ",
                                 "is ",
                                 "where ",
                                 "people "};
    std::string text;
    uint64_t state = 42;
    while (text.size() < size) {
        const uint64_t random = nextRandom(state);
        text += words[random % std::size(words)];
        if (random % 7 == 0)
            text += std::to_string(random % 100'000) + " ";
    }
    text.resize(size);
    return text;
}

/// Bytes that do not compress.
std::string noise(size_t size)
{
    std::string bytes(size, '\0');
    uint64_t state = 88172645463325252;
    for (char &c : bytes)
        c = static_cast<char>(nextRandom(state));
    return bytes;
}

const Coding kCodings[] = {Coding::Gzip, Coding::Brotli, Coding::Zstd};
const CodingLevel kLevels[] = {CodingLevel::Fast, CodingLevel::Balanced, CodingLevel::Small};

} // namespace

class TestCoders : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsCodedIsDecodedToTheSameBytes_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("one byte") << QByteArray("x");
        QTest::newRow("NUL bytes") << QByteArray(100'000, '\0');
        for (const size_t size : {1000u, 16384u, 65536u, 300'000u}) {
            QTest::addRow("page of %zu", size) << QByteArray::fromStdString(pageText(size));
            QTest::addRow("noise of %zu", size) << QByteArray::fromStdString(noise(size));
        }
    }

    void whatIsCodedIsDecodedToTheSameBytes()
    {
        QFETCH(QByteArray, body);
        const std::string bytes = body.toStdString();
        for (const Coding coding : kCodings) {
            for (const CodingLevel level : kLevels) {
                QVERIFY(decodeWhole(coding, codeWhole(coding, level, bytes)) == bytes);
                const auto coder = makeCoder(coding, level);
                for (int round = 0; round < 2; ++round) { // a coder is used again
                    std::string coded;
                    QVERIFY(coder->start());
                    QVERIFY(coder->code(bytes, Coder::Step::Finish, coded));
                    QVERIFY(decodeWhole(coding, coded) == bytes);
                }
            }
        }
    }

    void whatWasFlushedCanBeDecodedAtOnce()
    {
        for (const Coding coding : kCodings) {
            const auto coder = makeCoder(coding, CodingLevel::Balanced);
            QVERIFY(coder->start());
            Decoder client(coding);
            for (const std::string &piece :
                 {std::string("data: 1\n\n"), pageText(70'000), std::string("x"), noise(20'000)}) {
                std::string coded;
                const size_t half = piece.size() / 2;
                QVERIFY(coder->code(piece.substr(0, half), Coder::Step::More, coded));
                QVERIFY(coder->code(piece.substr(half), Coder::Step::More, coded));
                QVERIFY(coder->code({}, Coder::Step::Flush, coded));
                QVERIFY2(client.feed(coded) == piece, codingName(coding).data());
                QVERIFY(!client.isAtEnd());
            }
            std::string last;
            QVERIFY(coder->code({}, Coder::Step::Finish, last));
            QCOMPARE(client.feed(last), std::string());
            QVERIFY(client.isAtEnd());
        }
    }

    void aStreamCutShortIsNoticed()
    {
        for (const Coding coding : kCodings) {
            const std::string coded = codeWhole(coding, CodingLevel::Fast, pageText(5000));
            QCOMPARE(decodeWhole(coding, coded.substr(0, coded.size() - 1)),
                     std::string("(broken)"));
        }
    }

    void pagesShrinkToAThirdAndMoreEffortIsSmaller()
    {
        const std::string page = pageText(100'000);
        for (const Coding coding : kCodings) {
            const size_t fast = codeWhole(coding, CodingLevel::Fast, page).size();
            const size_t small = codeWhole(coding, CodingLevel::Small, page).size();
            QVERIFY2(fast < page.size() / 3, codingName(coding).data());
            QVERIFY2(small < fast, codingName(coding).data());
        }
    }

    void thereAreNoMoreStreamsThanTheSettingSays()
    {
        Settings settings;
        settings.compressionStreams = 3;
        const CodingRules rules(settings);
        LoopMetrics metrics;
        CoderPool pool(metrics, 2); // two loops share three: each may have two
        auto first = pool.take(Coding::Gzip, rules);
        auto second = pool.take(Coding::Zstd, rules);
        QVERIFY(first && second);
        QVERIFY(!pool.take(Coding::Gzip, rules));
        QCOMPARE(metrics.codingsRefused.read(), int64_t {1});
        pool.giveBack(std::move(first));
        QVERIFY(pool.take(Coding::Brotli, rules));
        pool.giveBack(std::move(second));
    }

    void aSpareCoderIsTakenAgain()
    {
        const CodingRules rules {Settings()};
        LoopMetrics metrics;
        CoderPool pool(metrics, 1);
        auto coder = pool.take(Coding::Gzip, rules);
        const Coder *known = coder.get();
        std::string unfinished;
        QVERIFY(coder->code(pageText(50'000), Coder::Step::More, unfinished)); // its client left
        pool.giveBack(std::move(coder));
        coder = pool.take(Coding::Gzip, rules);
        QCOMPARE(coder.get(), known);
        std::string coded;
        QVERIFY(coder->code("new", Coder::Step::Finish, coded));
        QCOMPARE(decodeWhole(Coding::Gzip, coded), std::string("new"));
        pool.giveBack(std::move(coder));
    }
};

QTEST_APPLESS_MAIN(TestCoders)
#include "tst_coders.moc"
