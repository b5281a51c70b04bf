// SPDX-License-Identifier: Apache-2.0
#include "server/base/thread.h"
#include "server/http/session/access_log.h"
#include "server/http/session/address_counts.h"
#include "server/http/session/buffer_budget.h"
#include "server/http/session/output_queue.h"
#include "server/http/session/request_body.h"
#include "server/http/session/simple_handlers.h"
#include "server/http/session/trace_id.h"

#include <QtTest>

#include <atomic>
#include <vector>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/socket.h>

using namespace arc;

class TestSessionParts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aBudgetIsSharedInGrants()
    {
        BufferBudget all(3 * BufferBudget::kGrantBytes);
        LoopBudget first(&all);
        LoopBudget second(&all);
        first.charge(2 * BufferBudget::kGrantBytes - 1);
        QVERIFY(!first.isExhausted());
        second.charge(10);
        QVERIFY(!second.isExhausted());
        QCOMPARE(all.granted(), 3 * BufferBudget::kGrantBytes);
        first.charge(2); // passes what is granted, and there is no more
        QVERIFY(first.isExhausted());
        QVERIFY(!second.isExhausted());
        second.charge(-10);
        QVERIFY(!first.isExhausted() || all.granted() == 3 * BufferBudget::kGrantBytes);
        first.charge(-first.used());
        QVERIFY(!first.isExhausted());
    }

    void addressesAreCountedEachForItself()
    {
        AddressCounts counts;
        const auto address = [](int i) {
            return *IpAddress::parse("10." + std::to_string(i / 65536) + '.'
                                     + std::to_string(i / 256 % 256) + '.'
                                     + std::to_string(i % 256));
        };
        constexpr int kAddresses = 20000;
        for (int i = 0; i < kAddresses; ++i)
            QVERIFY(counts.enter(address(i), 1));
        for (int i = 0; i < kAddresses; ++i)
            QVERIFY(!counts.enter(address(i), 1));
        QCOMPARE(counts.addresses(), size_t(kAddresses));
        for (int i = 0; i < kAddresses; ++i)
            counts.leave(address(i));
        QCOMPARE(counts.addresses(), size_t(0)); // nothing is remembered of who is gone
        QVERIFY(counts.enter(address(1), 1));
    }

    void anIpv6NetworkCountsAsOne()
    {
        AddressCounts counts;
        QVERIFY(counts.enter(*IpAddress::parse("2001:db8:0:1::1"), 2));
        QVERIFY(counts.enter(*IpAddress::parse("2001:db8:0:1:ffff:ffff:ffff:ffff"), 2));
        QVERIFY(!counts.enter(*IpAddress::parse("2001:db8:0:1::2"), 2));
        QVERIFY(counts.enter(*IpAddress::parse("2001:db8:0:2::1"), 2));
        QVERIFY(counts.enter(*IpAddress::parse("2001:db8::1"), 2));
        counts.leave(*IpAddress::parse("2001:db8:0:1::7"));
        QVERIFY(counts.enter(*IpAddress::parse("2001:db8:0:1::2"), 2));
        QCOMPARE(counts.addresses(), size_t(3));
    }

    void loopsCountTogether()
    {
        AddressCounts counts;
        const IpAddress one = *IpAddress::parse("192.0.2.1");
        std::atomic<int> inside {0};
        std::atomic<int> most {0};
        std::vector<Thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back("counter", [&] {
                for (int round = 0; round < 20000; ++round) {
                    if (!counts.enter(one, 2))
                        continue;
                    const int now = ++inside;
                    int before = most;
                    while (before < now && !most.compare_exchange_weak(before, now)) { }
                    --inside;
                    counts.leave(one);
                }
            });
        }
        for (Thread &thread : threads)
            thread.join();
        QVERIFY(most > 0 && most <= 2);
        QCOMPARE(counts.addresses(), size_t(0));
    }

    void aLoopGivesBackWhatItDoesNotNeed()
    {
        BufferBudget all(100 * BufferBudget::kGrantBytes);
        {
            LoopBudget loop(&all);
            loop.charge(50 * BufferBudget::kGrantBytes);
            loop.charge(-loop.used());
            QVERIFY(all.granted() <= 2 * BufferBudget::kGrantBytes);
        }
        QCOMPARE(all.granted(), int64_t(0));
    }

    void aBudgetCanShrinkBelowItsUse()
    {
        BufferBudget all(10 * BufferBudget::kGrantBytes);
        LoopBudget loop(&all);
        loop.charge(5 * BufferBudget::kGrantBytes);
        all.setLimit(BufferBudget::kGrantBytes);
        loop.charge(BufferBudget::kGrantBytes);
        QVERIFY(loop.isExhausted());
    }

    void jsonTextIsEscaped_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("escaped");
        QTest::newRow("plain") << QByteArray("abc /?") << QByteArray("abc /?");
        QTest::newRow("quote") << QByteArray("a\"b\\c") << QByteArray("a\\\"b\\\\c");
        QTest::newRow("control") << QByteArray("a\r\n\tb") << QByteArray("a\\u000d\\u000a\\u0009b");
        QTest::newRow("nul") << QByteArray("\0x", 2) << QByteArray("\\u0000x");
        QTest::newRow("not ASCII") << QByteArray("\xff\x7f") << QByteArray("\\u00ff\\u007f");
        QTest::newRow("empty") << QByteArray() << QByteArray();
    }
    void jsonTextIsEscaped()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, escaped);
        std::string out(static_cast<size_t>(text.size()) * kJsonByteMax + 1, '#');
        const char *end = writeJsonText(out.data(), text.toStdString());
        QCOMPARE(std::string(out.c_str(), end), escaped.toStdString());
        QCOMPARE(out.back(), '#');
    }

    void aLogLineIsCutAndDroppedLinesAreCounted()
    {
        LogRing ring(4096);
        LoopMetrics metrics;
        int woken = 0;
        AccessLog log(&ring, metrics, [&] { ++woken; });
        std::string begun;
        const std::string longText(5000, 'a');
        log.begin(
            begun,
            {.unixMs = 1795442587221, .target = longText, .status = 200, .userAgent = longText});
        QVERIFY(begun.starts_with("{\"time\":\"2026-11-23T14:03:07.221Z\",\"status\":200"));
        QVERIFY(begun.size() < AccessLine::kTargetMax + AccessLine::kTextMax + 200);
        log.finish(begun, {.bytes = 7, .took = std::chrono::microseconds(1234567)});
        QCOMPARE(woken, 1);
        log.finish(begun, {});
        QCOMPARE(metrics.logLinesDropped.read(), int64_t(1));
        std::string out;
        ring.drain(out);
        QVERIFY(out.ends_with(",\"bytes\":7,\"ms\":1234.567}\n"));
    }

    void traceIdsComeFromValidTraceparentsOnly_data()
    {
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<bool>("valid");
        const QByteArray trace("0af7651916cd43dd8448eb211c80319c");
        const QByteArray parent("b7ad6b7169203331");
        QTest::newRow("valid") << "00-" + trace + "-" + parent + "-01" << true;
        QTest::newRow("later version") << "01-" + trace + "-" + parent + "-01-more" << true;
        QTest::newRow("empty") << QByteArray() << false;
        QTest::newRow("version ff") << "ff-" + trace + "-" + parent + "-01" << false;
        QTest::newRow("version 0 with more") << "00-" + trace + "-" + parent + "-01-more" << false;
        QTest::newRow("capitals") << "00-" + trace.toUpper() + "-" + parent + "-01" << false;
        QTest::newRow("zero trace") << "00-" + QByteArray(32, '0') + "-" + parent + "-01" << false;
        QTest::newRow("zero parent") << "00-" + trace + "-" + QByteArray(16, '0') + "-01" << false;
        QTest::newRow("short") << "00-" + trace + "-" + parent + "-0" << false;
        QTest::newRow("no dashes") << "00x" + trace + "x" + parent + "x01" << false;
        QTest::newRow("not hex") << "00-" + QByteArray(32, 'g') + "-" + parent + "-01" << false;
    }
    void traceIdsComeFromValidTraceparentsOnly()
    {
        QFETCH(QByteArray, value);
        QFETCH(bool, valid);
        const std::string text = value.toStdString();
        QCOMPARE(traceIdOf(text).size(), size_t(valid ? 32 : 0));
    }

    void aMadeTraceIdIsNeverZero()
    {
        std::array<char, 32> id;
        printTraceId(0x0123456789abcdef, 0xfedcba9876543210, id);
        QCOMPARE(std::string_view(id.data(), id.size()),
                 std::string_view("0123456789abcdeffedcba9876543210"));
        printTraceId(0, 0, id);
        QVERIFY(std::string_view(id.data(), id.size()).find_first_not_of('0')
                != std::string_view::npos);
    }

    void redirectsPutInPathAndQuery_data()
    {
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QByteArray>("prefix");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("query");
        QTest::addColumn<QByteArray>("location");
        const auto row = [](const char *name, const char *to, const char *prefix, const char *path,
                            const char *query, const QByteArray &location) {
            QTest::newRow(name) << QByteArray(to) << QByteArray(prefix) << QByteArray(path)
                                << QByteArray(query) << location;
        };
        row("fixed", "https://x/y", "/", "/a", "b=c", "https://x/y");
        row("path", "https://x/{path}", "/old", "/old/a/b", "", "https://x/a/b");
        row("query", "/new/{path}{query}", "/old", "/old/a", "q=1&r=2", "/new/a?q=1&r=2");
        row("no name of a host goes on", "https://x{path}", "/old", "/old/.evil.example/", "",
            "https://x/.evil.example/");
        row("a path that ends in none", "/new{path}", "/old", "/old/a", "", "/new/a");
        row("a path of its own", "{path}", "/old", "/old/a", "", "/a");
        row("only the prefix", "/new{path}", "/old", "/old", "", "/new");
        row("in the query", "https://x/?at={path}", "/", "/a/b", "", "https://x/?at=a/b");
        row("nothing behind the prefix", "/new/{path}{query}", "/old", "/old", "", "/new/");
        row("root", "https://x/{path}", "/", "/a", "", "https://x/a");
        row("unknown braces are encoded", "/{host}", "/", "/a", "", "/%7Bhost%7D");
        row("no other host", "/{path}", "/", "//evil.example/", "", "/evil.example/");
        row("no other host by backslash", "/{path}", "/", "/\\evil.example/", "", "/evil.example/");
        row("no new header", "/{path}", "/", "/a\r\nSet-Cookie:x", "", "/a%0D%0ASet-Cookie:x");
        row("encoded stays encoded", "/{path}", "/", "/a%2Fb%0d", "", "/a%2Fb%0d");
    }
    void redirectsPutInPathAndQuery()
    {
        QFETCH(QByteArray, to);
        QFETCH(QByteArray, prefix);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, query);
        QFETCH(QByteArray, location);
        const RedirectHandler handler({.to = to.toStdString(), .status = 302},
                                      prefix.toStdString());
        QCOMPARE(handler.locationOf(path.toStdString(), query.toStdString()),
                 location.toStdString());
    }

    void anOutputQueueKeepsOrderThroughAFullSocket()
    {
        int pair[2];
        QVERIFY(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
        const FileDescriptor writer(pair[0]);
        const FileDescriptor reader(pair[1]);
        OutputQueue queue;
        std::string expected;
        for (int i = 0; i < 300; ++i) {
            const std::string text = fmt::format("<{}>", i);
            const std::string body(static_cast<size_t>(i) * 61, static_cast<char>('a' + i % 26));
            queue.addText(text);
            queue.add(Chunk::own(body));
            expected += text + body;
        }
        QCOMPARE(queue.pending(), uint64_t(expected.size()));
        std::string got;
        bool wasBlocked = false;
        while (got.size() < expected.size()) {
            wasBlocked |= queue.flush(writer.get()) == OutputQueue::Flush::Blocked;
            char bytes[10000];
            const ssize_t count = ::recv(reader.get(), bytes, sizeof bytes, 0);
            QVERIFY(count > 0);
            got.append(bytes, static_cast<size_t>(count));
        }
        QVERIFY(wasBlocked);
        QVERIFY(got == expected);
        QCOMPARE(queue.pending(), uint64_t(0));
        QCOMPARE(queue.ownedBytes(), uint64_t(0));
    }

    void anOutputQueueTellsOfAFileThatIsShorterThanAnnounced()
    {
        int pair[2];
        QVERIFY(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
        const FileDescriptor writer(pair[0]);
        const FileDescriptor reader(pair[1]);
        QTemporaryFile file;
        QVERIFY(file.open());
        file.write("short");
        file.flush();
        OutputQueue queue;
        const auto opened = std::make_shared<const FileDescriptor>(::dup(file.handle()));
        for (const uint32_t stream : {1, 3, 1}) {
            queue.addText("|");
            queue.add(Chunk::fromFile(opened, 0, stream == 1 ? 8 : 5), stream);
        }
        QCOMPARE(queue.flush(writer.get()), OutputQueue::Flush::FileEnded);
        QCOMPARE(queue.endedStream(), uint32_t(1));
        queue.zeroFilesOf(1);
        QCOMPARE(queue.ownedBytes(), uint64_t(2 + 3 + 8)); // two marks, and what is filled up
        QCOMPARE(queue.flush(writer.get()), OutputQueue::Flush::Done);
        QCOMPARE(queue.ownedBytes(), uint64_t(0));
        std::string got(64, 'x');
        const ssize_t count = ::recv(reader.get(), got.data(), got.size(), 0);
        got.resize(count > 0 ? static_cast<size_t>(count) : 0);
        const std::string zeros(8, '\0');
        QVERIFY(got == "|short" + zeros.substr(5) + "|short|" + zeros); // others are as they were
    }

    void anUnreadBodyIsSkippedOnlyWhenItsEndIsNear()
    {
        RequestHead head;
        head.contentLength = RequestBody::kSkipMax;
        QVERIFY(RequestBody(head).canSkip());
        head.contentLength = RequestBody::kSkipMax + 1;
        RequestBody body(head);
        QVERIFY(!body.canSkip());
        QCOMPARE(body.take("x").bytesUsed, size_t(1));
        QVERIFY(body.canSkip());
        head.contentLength.reset();
        head.chunked = true;
        QVERIFY(!RequestBody(head).canSkip());
        QVERIFY(RequestBody(RequestHead()).isDone());
    }
};

QTEST_APPLESS_MAIN(TestSessionParts)
#include "tst_session_parts.moc"
