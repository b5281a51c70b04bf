// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"
#include "server/workers/control_group.h"
#include "server/workers/frame.h"
#include "server/workers/output.h"
#include "server/workers/response_head.h"
#include "server/workers/worker_reports.h"

#include <QtTest>

using namespace arc;
using namespace arc::protocol;

namespace {

std::string frameOf(FrameType type, uint32_t stream, std::string_view payload, uint8_t flags = 0)
{
    std::string bytes;
    appendFrame(bytes, {.type = type, .flags = flags, .stream = stream, .payload = payload});
    return bytes;
}

std::string head(unsigned status, std::vector<std::pair<std::string, std::string>> fields)
{
    std::string payload;
    RequestWriter writer(payload);
    writer.u16(status);
    writer.u16(static_cast<unsigned>(fields.size()));
    for (const auto &[name, value] : fields) {
        writer.u8(0);
        writer.text(name);
        writer.text(value);
    }
    return payload;
}

QByteArray bytesOf(const std::string &text)
{
    return QByteArray(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace

class TestWorkerFrames : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPrefixOfAFrameNeedsMore()
    {
        const std::string bytes = frameOf(FrameType::Data, 7, "body", kEnd);
        for (size_t size = 0; size < bytes.size(); ++size)
            QCOMPARE(readWorkerFrame(std::string_view(bytes).substr(0, size)).step, Step::NeedMore);
        const std::string two = bytes + bytes;
        const FrameRead read = readWorkerFrame(two);
        QCOMPARE(read.step, Step::Done);
        QCOMPARE(read.bytesUsed, bytes.size());
        QCOMPARE(read.frame.stream, 7u);
        QCOMPARE(read.frame.flags, kEnd);
        QCOMPARE(read.frame.payload, std::string_view("body"));
    }

    void framesThatWorkersMayNotSendAreRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const std::string head4(4, '\0');
        QTest::newRow("type 0") << bytesOf(frameOf(static_cast<FrameType>(0), 1, ""));
        QTest::newRow("type 19") << bytesOf(frameOf(static_cast<FrameType>(19), 1, ""));
        QTest::newRow("hints on stream 0") << bytesOf(frameOf(FrameType::EarlyHints, 0, head4));
        QTest::newRow("last hints") << bytesOf(frameOf(FrameType::EarlyHints, 1, head4, kEnd));
        QTest::newRow("short hints") << bytesOf(frameOf(FrameType::EarlyHints, 1, "123"));
        QTest::newRow("trailers on stream 0")
            << bytesOf(frameOf(FrameType::Trailers, 0, head4, kEnd));
        QTest::newRow("trailers that end nothing")
            << bytesOf(frameOf(FrameType::Trailers, 1, head4));
        QTest::newRow("trailers aborted")
            << bytesOf(frameOf(FrameType::Trailers, 1, head4, kAbort));
        QTest::newRow("short trailers") << bytesOf(frameOf(FrameType::Trailers, 1, "123", kEnd));
        QTest::newRow("message on stream 0") << bytesOf(frameOf(FrameType::Message, 0, ""));
        QTest::newRow("message aborted") << bytesOf(frameOf(FrameType::Message, 1, "", kAbort));
        QTest::newRow("close on stream 0") << bytesOf(frameOf(FrameType::SocketClose, 0, "12"));
        QTest::newRow("close with flags")
            << bytesOf(frameOf(FrameType::SocketClose, 1, "12", kEnd));
        QTest::newRow("close of one byte") << bytesOf(frameOf(FrameType::SocketClose, 1, "1"));
        for (const FrameType type : {FrameType::Hello, FrameType::Request, FrameType::Body,
                                     FrameType::Cancel, FrameType::Ping, FrameType::Stop})
            QTest::addRow("engine's type %d", static_cast<int>(type))
                << bytesOf(frameOf(type, 1, "12345678"));
        QTest::newRow("answer on stream 0") << bytesOf(frameOf(FrameType::Response, 0, head4));
        QTest::newRow("body on stream 0") << bytesOf(frameOf(FrameType::Data, 0, ""));
        QTest::newRow("window on stream 0") << bytesOf(frameOf(FrameType::Window, 0, head4));
        QTest::newRow("ready on a stream") << bytesOf(frameOf(FrameType::Ready, 1, "{}"));
        QTest::newRow("flags on ready") << bytesOf(frameOf(FrameType::Ready, 0, "{}", kEnd));
        QTest::newRow("flags on window") << bytesOf(frameOf(FrameType::Window, 1, head4, kEnd));
        QTest::newRow("both flags") << bytesOf(frameOf(FrameType::Data, 1, "", kEnd | kAbort));
        QTest::newRow("unknown flag") << bytesOf(frameOf(FrameType::Data, 1, "", 4));
        QTest::newRow("short window") << bytesOf(frameOf(FrameType::Window, 1, "123"));
        QTest::newRow("long window") << bytesOf(frameOf(FrameType::Window, 1, "12345"));
        QTest::newRow("short pong") << bytesOf(frameOf(FrameType::Pong, 0, "1234567"));
        QTest::newRow("empty log") << bytesOf(frameOf(FrameType::Log, 0, ""));
        QTest::newRow("short response") << bytesOf(frameOf(FrameType::Response, 1, "123"));
        std::string reserved = frameOf(FrameType::Data, 1, "");
        reserved[7] = 1;
        QTest::newRow("reserved") << bytesOf(reserved);
        std::string large = frameOf(FrameType::Data, 1, "");
        writeU32(large, 0, kPayloadMax + 1);
        QTest::newRow("too large") << bytesOf(large);
    }
    void framesThatWorkersMayNotSendAreRefused()
    {
        QFETCH(QByteArray, bytes);
        const FrameRead read = readWorkerFrame({bytes.data(), static_cast<size_t>(bytes.size())});
        QCOMPARE(read.step, Step::Refuse);
        QVERIFY(*read.complaint);
    }

    void aHeadCutAnywhereIsUnsound()
    {
        const std::string payload = head(200, {{"x-a", "1"}, {"x-b", ""}});
        for (size_t size = 0; size < payload.size(); ++size)
            QVERIFY(!ResponseReader(std::string_view(payload).substr(0, size)).isSound());
        ResponseReader whole(payload);
        QVERIFY(whole.isSound());
        std::string unknown = payload;
        unknown[4] = static_cast<char>(HeaderId::Count);
        QVERIFY(!ResponseReader(unknown).isSound());
    }

    void headsThatMayNotReachAClientAreRefused_data()
    {
        QTest::addColumn<QByteArray>("payload");
        QTest::newRow("status 0") << bytesOf(head(0, {}));
        QTest::newRow("status 100") << bytesOf(head(100, {}));
        QTest::newRow("status 600") << bytesOf(head(600, {}));
        QTest::newRow("empty name") << bytesOf(head(200, {{"", "1"}}));
        QTest::newRow("name with colon") << bytesOf(head(200, {{"a:", "1"}}));
        QTest::newRow("name with break") << bytesOf(head(200, {{"a\r\nb", "1"}}));
        QTest::newRow("CR") << bytesOf(head(200, {{"a", "1\r2"}}));
        QTest::newRow("LF") << bytesOf(head(200, {{"a", "1\n2"}}));
        QTest::newRow("NUL") << bytesOf(head(200, {{"a", std::string("1\0", 2)}}));
        QTest::newRow("length not a number") << bytesOf(head(200, {{"Content-Length", "1x"}}));
        QTest::newRow("negative length") << bytesOf(head(200, {{"Content-Length", "-1"}}));
        QTest::newRow("length list") << bytesOf(head(200, {{"Content-Length", "1, 1"}}));
        QTest::newRow("two lengths")
            << bytesOf(head(200, {{"Content-Length", "1"}, {"content-length", "2"}}));
    }
    void headsThatMayNotReachAClientAreRefused()
    {
        QFETCH(QByteArray, payload);
        const std::string kept(payload.data(), static_cast<size_t>(payload.size()));
        ResponseReader reader(kept);
        QVERIFY(reader.isSound());
        QVERIFY(!readAppAnswer(reader).has_value());
    }

    void aHeadKeepsWhatIsTheAppsAndDropsWhatIsTheConnections()
    {
        const std::string payload = head(201,
                                         {{"Content-Length", "4"},
                                          {"Connection", "close"},
                                          {"Keep-Alive", "1"},
                                          {"transfer-encoding", "chunked"},
                                          {"Date", "x"},
                                          {"X-A", " 1 "},
                                          {"Set-Cookie", "a"},
                                          {"Set-Cookie", "b"}})
            + "body";
        ResponseReader reader(payload);
        const auto answer = readAppAnswer(reader);
        QVERIFY(answer.has_value());
        QCOMPARE(answer->head.status, 201);
        QCOMPARE(answer->contentLength, std::optional<uint64_t>(4));
        QCOMPARE(answer->head.headers.lines(),
                 std::string_view("X-A: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"));
        QCOMPARE(reader.body(), std::string_view("body"));
    }

    void startReportsAreReadStrictly_data()
    {
        QTest::addColumn<QByteArray>("json");
        for (const char *bad :
             {"", "[]", "{", "{}", "{\"protocol\":1}", "{\"protocol\":1,\"slots\":0}",
              "{\"protocol\":1,\"slots\":65537}", "{\"protocol\":1,\"slots\":1.5}",
              "{\"protocol\":\"1\",\"slots\":1}", "{\"protocol\":2,\"slots\":1}"})
            QTest::newRow(bad) << QByteArray(bad);
    }
    void startReportsAreReadStrictly()
    {
        QFETCH(QByteArray, json);
        QVERIFY(!parseReady(json.toStdString()).has_value());
    }

    void mountsThatAreNotPathsAreLeftOut()
    {
        const auto ready = parseReady(
            R"({"protocol":1,"slots":4,"kind":"Django 3.2","static":[
                {"prefix":"/static/","roots":["/a","b"]},{"prefix":"static/","roots":["/a"]},
                {"prefix":"/","roots":["/etc"]},{"prefix":"/x/","roots":[]},7]})");
        QVERIFY(ready.has_value());
        QCOMPARE(ready->mounts.size(), size_t(1));
        QCOMPARE(ready->mounts[0].roots, std::vector<std::string> {"/a"});
    }

    void linesAreCutAndBounded()
    {
        std::vector<std::string> lines;
        LineCutter cutter;
        const auto keep = [&lines](std::string_view line) {
            lines.emplace_back(line);
        };
        cutter.feed("one\r\ntw", keep);
        cutter.feed("o\n\n" + std::string(LineCutter::kLineMax + 5, 'x'), keep);
        cutter.end(keep);
        QCOMPARE(lines.size(), size_t(5));
        QCOMPARE(lines[0] + "|" + lines[1] + "|" + lines[2], std::string("one|two|"));
        QCOMPARE(lines[3].size(), LineCutter::kLineMax);
        QCOMPARE(lines[4], std::string("xxxxx"));
        OutputRing ring(64);
        for (int i = 0; i < 100; ++i)
            ring.add(12, std::to_string(i));
        QVERIFY(ring.tail(1000).size() <= 64);
        QVERIFY(ring.tail(1000).ends_with("[12] 99\n"));
        QCOMPARE(ring.tail(16), std::string("[12] 98\n[12] 99\n"));
        QCOMPARE(ring.tail(3), std::string());
    }

    void controlGroupQuotasAreCores_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<double>("cores");
        QTest::newRow("none") << QByteArray("max 100000") << 0.0;
        QTest::newRow("version 1 none") << QByteArray("-1 100000") << 0.0;
        QTest::newRow("half") << QByteArray("50000 100000") << 0.5;
        QTest::newRow("three") << QByteArray("300000 100000") << 3.0;
        for (const char *bad : {"", " ", "1", "a b", "1 0", "0 1"})
            QTest::newRow(bad) << QByteArray(bad) << 0.0;
    }
    void controlGroupQuotasAreCores()
    {
        QFETCH(QByteArray, text);
        QFETCH(double, cores);
        QCOMPARE(cpuQuota(text.toStdString()), cores);
    }
};

QTEST_GUILESS_MAIN(TestWorkerFrames)
#include "tst_worker_frames.moc"
