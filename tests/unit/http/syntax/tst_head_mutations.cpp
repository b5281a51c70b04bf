// SPDX-License-Identifier: Apache-2.0
// Heads that were changed at random: every scanner reads the same, and however the bytes arrive.
#include "server/http/syntax/head_parser.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <random>
#include <string>

using namespace arc;

namespace {

constexpr std::string_view kHead = "POST http://Shop.Example:80/a%20b/../c?q=%31&r HTTP/1.1\r\n"
                                   "Host: shop.example\r\n"
                                   "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
                                   "(KHTML, like Gecko) Chrome/142\r\n"
                                   "Accept: */*\r\n"
                                   "X-A-Name-That-Is-Longer-Than-Thirty-Two-Bytes: v\r\n"
                                   "Content-Length: 12\r\n"
                                   "Connection: keep-alive, X-Hop\r\n"
                                   "Expect: 100-continue\r\n"
                                   "\r\n";

struct Read {
    HeadOutcome outcome;
    RequestHead head;
    std::array<HeaderView, kHeaderCountMax> headers;
    std::string text;
    std::string bytes; // what the views point to
};

constexpr HeadLimits kLimits {
    .requestLineBytesMax = 100, .headerBytesMax = 600, .headerCountMax = 12};

void read(Read &into, std::string_view bytes, size_t piece, const Scanner &scanner)
{
    HeadProgress progress;
    for (size_t size = std::min(piece, bytes.size());;
         size = std::min(size + piece, bytes.size())) {
        std::string moved(bytes.substr(0, size));
        into.outcome =
            parseHead(moved, kLimits, progress, {into.headers, into.text}, into.head, scanner);
        into.bytes.swap(moved);
        if (into.outcome.step != HeadStep::NeedMore || size == bytes.size())
            return;
    }
}

std::string mutated(std::mt19937 &random)
{
    std::string bytes(kHead);
    for (unsigned changes = random() % 4; changes > 0; --changes) {
        const size_t at = random() % bytes.size();
        switch (random() % 6) {
        case 0:
            bytes[at] = static_cast<char>(random());
            break;
        case 1:
            bytes.insert(at, random() % 40, static_cast<char>('a' + random() % 26));
            break;
        case 2:
            bytes.erase(at, random() % 8);
            break;
        case 3:
            bytes.insert(at, std::array {"\r\n", "\n", "\r", ":", " ", "\t"}[random() % 6]);
            break;
        case 4:
            bytes.resize(at);
            break;
        default:
            bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 60));
        }
        if (bytes.empty())
            bytes = kHead;
    }
    return bytes;
}

bool sameHeaders(const RequestHead &a, const RequestHead &b)
{
    return std::equal(a.headers.begin(), a.headers.end(), b.headers.begin(), b.headers.end(),
                      [](const HeaderView &x, const HeaderView &y) {
                          return x.name == y.name && x.value == y.value && x.id == y.id;
                      });
}

} // namespace

class TestHeadMutations : public QObject {
    Q_OBJECT

    static void compare(const Read &whole, const Read &other, bool inPieces)
    {
        // In pieces a fault inside a line may be told when its end comes.
        if (inPieces && whole.outcome.step == HeadStep::Refuse
            && other.outcome.step == HeadStep::NeedMore)
            return;
        QCOMPARE(other.outcome.step, whole.outcome.step);
        QCOMPARE(other.outcome.status, whole.outcome.status);
        QCOMPARE(other.outcome.reason, whole.outcome.reason);
        QCOMPARE(other.outcome.bytesUsed, whole.outcome.bytesUsed);
        if (whole.outcome.step != HeadStep::Done)
            return;
        QCOMPARE(other.head.path, whole.head.path);
        QCOMPARE(other.head.host, whole.head.host);
        QCOMPARE(other.head.query, whole.head.query);
        QCOMPARE(other.head.contentLength, whole.head.contentLength);
        QCOMPARE(other.head.keepAlive, whole.head.keepAlive);
        QVERIFY(sameHeaders(other.head, whole.head));
    }

private Q_SLOTS:
    void everyScannerReadsTheSameAndHoweverTheBytesCome()
    {
        std::mt19937 random(20261126);
        std::array<int, 3> met {}; // of each outcome
        for (int round = 0; round < 20000 && !QTest::currentTestFailed(); ++round) {
            const std::string bytes = mutated(random);
            Read whole;
            read(whole, bytes, bytes.size(), scanners().back());
            ++met[static_cast<size_t>(whole.outcome.step)];
            for (const Scanner &scanner : scanners()) {
                Read other;
                read(other, bytes, bytes.size(), scanner);
                compare(whole, other, false);
                Read pieces;
                read(pieces, bytes, 1 + random() % 50, scanner);
                compare(whole, pieces, true);
            }
        }
        for (const int count : met) // or the mutations test nothing
            QVERIFY(count > 500);
    }
};

QTEST_APPLESS_MAIN(TestHeadMutations)
#include "tst_head_mutations.moc"
