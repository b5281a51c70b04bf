// SPDX-License-Identifier: Apache-2.0
#include "server/http/websocket/message_reader.h"
#include "tests/support/websocket_bytes.h"

#include <QTest>

#include <algorithm>
#include <array>

using namespace arc;
using Got = WsMessageReader::Got;

namespace {

struct OneInflater final : WsMessageReader::Inflaters {
    std::unique_ptr<WsInflater> takeInflater() override
    {
        ++taken;
        return std::make_unique<WsInflater>();
    }
    void giveInflater(std::unique_ptr<WsInflater>) noexcept override { ++given; }
    int taken = 0;
    int given = 0;
};

/// What a client's bytes came to, as one line: "text(hello) ping(x) close(1000,bye) refused(1002)".
std::string told(std::string_view bytes, size_t step, bool compresses = false,
                 uint64_t most = 1 << 20, size_t room = SIZE_MAX)
{
    OneInflater inflaters;
    WsMessageReader reader({.messageBytesMax = most, .mayCompress = compresses}, inflaters);
    std::array<char, 512> scratch;
    std::string partial;
    std::string message;
    std::string all;
    const auto add = [&all](const std::string &word) {
        all += (all.empty() ? "" : " ") + word;
    };
    for (size_t at = 0; at < bytes.size(); at += step) {
        partial += bytes.substr(at, step);
        for (;;) {
            const auto result = reader.read(partial, scratch, room);
            const std::string data(result.data);
            partial.erase(0, result.bytesUsed);
            if (result.got == Got::NeedBytes)
                break;
            if (result.got == Got::Piece) {
                message += data;
                if (result.isLast)
                    add((result.isText ? "text(" : "bytes(") + std::exchange(message, {}) + ")");
            } else if (result.got == Got::Ping || result.got == Got::Pong) {
                add((result.got == Got::Ping ? "ping(" : "pong(") + data + ")");
            } else if (result.got == Got::Close) {
                add("close(" + std::to_string(result.code) + "," + data + ")");
                return all;
            } else {
                add("refused(" + std::to_string(result.code) + ")");
                return all;
            }
        }
    }
    return all;
}

std::string deflated(std::string_view text)
{
    WsDeflater deflater;
    std::string out;
    deflater.deflate(out, text, true);
    return out;
}

/// What a first fragment comes to before the next one is there.
std::string inflatedAtOnce(std::string_view fragment, size_t room)
{
    OneInflater inflaters;
    WsMessageReader reader({.messageBytesMax = 1 << 20, .mayCompress = true}, inflaters);
    std::array<char, 512> scratch;
    std::string left = clientFrame(0x41, std::string(fragment));
    std::string all;
    for (;;) {
        const auto result = reader.read(left, scratch, room);
        left.erase(0, result.bytesUsed);
        if (result.got == Got::NeedBytes)
            return all;
        all += result.got == Got::Piece ? std::string(result.data) : "refused";
    }
}

std::string bytes(std::initializer_list<int> values)
{
    std::string text;
    for (const int value : values)
        text += static_cast<char>(value);
    return text;
}

} // namespace

class TestWebSocketCodec : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tellsWhatAClientSent_data();
    void tellsWhatAClientSent();
    void closeCodesAreChecked_data();
    void closeCodesAreChecked();
    void textIsUtf8_data();
    void textIsUtf8();
    void longMessagesPassInPieces();
    void aBombCostsWhatItsReaderHasRoomFor();
    void compressedMessagesComeBack_data();
    void compressedMessagesComeBack();
    void aFragmentIsTakenOutWholeHoweverSmallTheRoom();
    void aFinalBlockDoesNotEndTheMessages();
    void behindAFinalBlockTheTextBeforeIsInReach();
    void afterAGoodbyeDataIsPassedOver();
    void contextIsKeptWhereAgreed();
    void withoutRoomNothingIsTaken();
    void serverFramesHaveTheShortestLength();
    void reasonsAreCutAtACharacter();
};

void TestWebSocketCodec::tellsWhatAClientSent_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("expected");
    QTest::addColumn<bool>("compresses");
    const auto row = [](const char *name, const std::string &sent, const std::string &expected,
                        bool compresses = false) {
        QTest::newRow(name) << QByteArray::fromStdString(sent)
                            << QByteArray::fromStdString(expected) << compresses;
    };
    row("text", clientText("hello"), "text(hello)");
    row("bytes", clientFrame(0x82, "hello"), "bytes(hello)");
    row("empty text", clientText(""), "text()");
    row("two", clientText("a") + clientText("b"), "text(a) text(b)");
    row("mask of zero", clientFrame(0x81, "plain", 0), "text(plain)");
    for (const size_t size : {124, 125, 126, 127, 1000}) {
        const std::string text(size, 'x');
        row(("length " + std::to_string(size)).c_str(), clientText(text), "text(" + text + ")");
    }
    row("fragments", clientFrame(0x01, "he") + clientFrame(0x00, "ll") + clientFrame(0x80, "o"),
        "text(hello)");
    row("empty fragments",
        clientFrame(0x01, "") + clientFrame(0x00, "a") + clientFrame(0x00, "")
            + clientFrame(0x80, ""),
        "text(a)");
    row("ping between fragments",
        clientFrame(0x02, "a") + clientFrame(0x89, "p") + clientFrame(0x80, "b"),
        "ping(p) bytes(ab)");
    row("ping", clientFrame(0x89, ""), "ping()");
    row("ping of 125", clientFrame(0x89, std::string(125, 'p')),
        "ping(" + std::string(125, 'p') + ")");
    row("pong unasked", clientFrame(0x8a, "p") + clientText("a"), "pong(p) text(a)");
    row("close without a code", clientFrame(0x88, ""), "close(1005,)");
    row("close with a reason", clientClose(1000, "bye"), "close(1000,bye)");
    row("close between fragments", clientFrame(0x01, "a") + clientClose(1001), "close(1001,)");
    row("close and more", clientClose(1000) + clientText("late"), "close(1000,)");

    row("ping of 126", clientFrame(0x89, std::string(126, 'p')), "refused(1002)");
    row("fragmented ping", clientFrame(0x09, "p"), "refused(1002)");
    row("fragmented close", clientFrame(0x08, ""), "refused(1002)");
    row("close code of one byte", clientFrame(0x88, "x"), "refused(1002)");
    row("close reason not UTF-8", clientClose(1000, "\xff"), "refused(1007)");
    row("close of 126", clientClose(1000, std::string(124, 'x')), "refused(1002)");
    row("continuation of nothing", clientFrame(0x80, "a"), "refused(1002)");
    row("continuation after the end", clientText("a") + clientFrame(0x80, "b"),
        "text(a) refused(1002)");
    row("message in a message", clientFrame(0x01, "a") + clientText("b"), "refused(1002)");
    for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
        row(("opcode " + std::to_string(opcode)).c_str(),
            clientFrame(0x80 | static_cast<unsigned>(opcode), ""), "refused(1002)");
    for (const int bit : {0x40, 0x20, 0x10, 0x70})
        row(("reserved bits " + std::to_string(bit)).c_str(),
            clientFrame(0x81 | static_cast<unsigned>(bit), "a"), "refused(1002)");
    row("not masked", bytes({0x81, 1, 'a'}), "refused(1002)");
    row("16-bit length of 125", bytes({0x82, 0xfe, 0, 125}), "refused(1002)");
    row("64-bit length of 65535", bytes({0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff}),
        "refused(1002)");
    row("length of 2^63", bytes({0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}), "refused(1002)");
    row("too long, told by its head", bytes({0x82, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 1, 2, 3, 4}),
        "refused(1009)");

    row("compressed", clientFrame(0xc1, deflated("hello hello hello")), "text(hello hello hello)",
        true);
    row("compressed and not", clientFrame(0xc1, deflated("aaaa")) + clientText("b"),
        "text(aaaa) text(b)", true);
    row("compressed empty", clientFrame(0xc1, std::string(1, '\0')), "text()", true);
    const std::string two = deflated("fragments of one message");
    row("compressed fragments",
        clientFrame(0x41, two.substr(0, 5)) + clientFrame(0x89, "p")
            + clientFrame(0x00, two.substr(5, 3)) + clientFrame(0x80, two.substr(8)),
        "ping(p) text(fragments of one message)", true);
    row("compressed bit on a continuation", clientFrame(0x41, two) + clientFrame(0xc0, ""),
        "refused(1002)", true);
    row("compressed bit on a ping", clientFrame(0xc9, ""), "refused(1002)", true);
    row("not DEFLATE", clientFrame(0xc1, "\xff\xff\xff\xff"), "refused(1007)", true);
    row("compressed text not UTF-8", clientFrame(0xc1, deflated("\xc3\x28")), "refused(1007)",
        true);
}

void TestWebSocketCodec::tellsWhatAClientSent()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, expected);
    QFETCH(bool, compresses);
    for (const size_t step : {bytes.size(), qsizetype {1}, qsizetype {3}}) {
        const std::string heard = told(bytes.toStdString(), step, compresses);
        QCOMPARE(QByteArray::fromStdString(heard), expected);
        const std::string narrow = told(bytes.toStdString(), step, compresses, 1 << 20, 2);
        QCOMPARE(QByteArray::fromStdString(narrow), expected);
    }
}

void TestWebSocketCodec::closeCodesAreChecked_data()
{
    QTest::addColumn<int>("code");
    QTest::addColumn<bool>("isSound");
    for (const int code :
         {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999})
        QTest::addRow("%d", code) << code << true;
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
        QTest::addRow("%d", code) << code << false;
}

void TestWebSocketCodec::closeCodesAreChecked()
{
    QFETCH(int, code);
    QFETCH(bool, isSound);
    const std::string expected =
        isSound ? "close(" + std::to_string(code) + ",)" : std::string("refused(1002)");
    QCOMPARE(told(clientClose(static_cast<uint16_t>(code)), 64), expected);
}

void TestWebSocketCodec::textIsUtf8_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isSound");
    QTest::newRow("Greek") << QByteArray("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5") << true;
    QTest::newRow("long ASCII, one accent")
        << QByteArray(100, 'x') + "\xc3\xa9" + QByteArray(100, 'y') << true;
    QTest::newRow("last code point") << QByteArray("\xf4\x8f\xbf\xbf") << true;
    QTest::newRow("before the surrogates") << QByteArray("\xed\x9f\xbf") << true;
    QTest::newRow("non-character") << QByteArray("\xef\xbf\xbf") << true;
    QTest::newRow("NUL") << QByteArray("a\0b", 3) << true;
    QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << false;
    QTest::newRow("above the last") << QByteArray("\xf4\x90\x80\x80") << false;
    QTest::newRow("overlong slash") << QByteArray("\xc0\xaf") << false;
    QTest::newRow("overlong of three") << QByteArray("\xe0\x80\xaf") << false;
    QTest::newRow("overlong of four") << QByteArray("\xf0\x80\x80\xaf") << false;
    QTest::newRow("five bytes") << QByteArray("\xf8\x88\x80\x80\x80") << false;
    QTest::newRow("lone continuation") << QByteArray("a\x80") << false;
    QTest::newRow("cut at the end") << QByteArray("\xce\xba\xe1\xbd") << false;
    QTest::newRow("cut in the middle") << QByteArray("\xe1\xbdx") << false;
    QTest::newRow("0xff after ASCII") << QByteArray(40, 'x') + "\xff" << false;
}

void TestWebSocketCodec::textIsUtf8()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isSound);
    const std::string expected = isSound ? "text(" + text.toStdString() + ")" : "refused(1007)";
    const std::string_view sent(text.constData(), static_cast<size_t>(text.size()));
    QCOMPARE(told(clientText(sent), 4096), expected);
    // The character may be split anywhere, over frames too.
    for (size_t cut = 0; cut <= sent.size(); ++cut) {
        const std::string parts =
            clientFrame(0x01, sent.substr(0, cut)) + clientFrame(0x80, sent.substr(cut));
        QCOMPARE(told(parts, 1), expected);
    }
}

void TestWebSocketCodec::longMessagesPassInPieces()
{
    std::string text(100'000, 'z');
    QCOMPARE(told(clientFrame(0x82, text), 1000), "bytes(" + text + ")");
    QCOMPARE(told(clientFrame(0x82, text), 1000, false, 100'000), "bytes(" + text + ")");
    QCOMPARE(told(clientFrame(0x82, text), 1000, false, 99'999), std::string("refused(1009)"));
    const std::string half = text.substr(0, 50'000);
    QCOMPARE(told(clientFrame(0x02, half) + clientFrame(0x80, half), 1000, false, 99'999),
             std::string("refused(1009)"));
}

void TestWebSocketCodec::aBombCostsWhatItsReaderHasRoomFor()
{
    const std::string bomb = deflated(std::string(64 << 20, '\0'));
    QVERIFY(bomb.size() < 1'000'000);
    QCOMPARE(told(clientFrame(0xc2, bomb), bomb.size() + 14, true), std::string("refused(1009)"));
}

void TestWebSocketCodec::compressedMessagesComeBack_data()
{
    QTest::addColumn<int>("size");
    for (const int size : {0, 1, 511, 512, 513, 1024, 4096, 100'000})
        QTest::addRow("%d", size) << size;
}

/// The scratch of told() has 512 bytes: sizes about it end in the middle of what is inflated.
void TestWebSocketCodec::compressedMessagesComeBack()
{
    QFETCH(int, size);
    std::string text;
    for (int i = 0; i < size; ++i)
        text += static_cast<char>('a' + int64_t {i} * i % 23);
    const std::string sent = clientFrame(0xc1, deflated(text)) + clientText("next");
    const std::string expected = "text(" + text + ") text(next)";
    QCOMPARE(told(sent, sent.size(), true), expected);
    QCOMPARE(told(sent, 7, true), expected);
}

/// Nothing of a fragment waits in the inflater for the next one, which may come much later.
void TestWebSocketCodec::aFragmentIsTakenOutWholeHoweverSmallTheRoom()
{
    const std::string packed = deflated("five boxing wizards jump quickly, and quickly again");
    for (size_t size = 1; size <= packed.size(); ++size) {
        const std::string_view fragment = std::string_view(packed).substr(0, size);
        const std::string whole = inflatedAtOnce(fragment, SIZE_MAX);
        for (size_t room = 1; room < 5; ++room)
            QCOMPARE(inflatedAtOnce(fragment, room), whole);
    }
}

void TestWebSocketCodec::aFinalBlockDoesNotEndTheMessages()
{
    // "Hello" in a block with the final bit, then an empty one: the example of RFC 7692 7.2.3.4.
    const std::string hello = bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00});
    QCOMPARE(told(clientFrame(0xc1, hello) + clientFrame(0xc1, hello), 64, true),
             std::string("text(Hello) text(Hello)"));
}

void TestWebSocketCodec::behindAFinalBlockTheTextBeforeIsInReach()
{
    WsDeflater deflater;
    std::string first;
    std::string second;
    const std::string text = "a text that is worth to be referred to, for it is long";
    deflater.deflate(first, text, true);
    deflater.deflate(second, text, true);
    QVERIFY(second.size() < first.size() / 2);                 // it refers back
    std::string all = first + bytes({0x00, 0x00, 0xff, 0xff}); // as it was flushed
    for (int i = 0; i < 1000; ++i)
        all += bytes({0x03, 0x00}); // an empty block with the final bit
    QCOMPARE(told(clientFrame(0xc1, all + second), 1 << 20, true), "text(" + text + text + ")");
    QCOMPARE(told(clientFrame(0xc1, all + second), 3, true), "text(" + text + text + ")");
}

void TestWebSocketCodec::afterAGoodbyeDataIsPassedOver()
{
    OneInflater inflaters;
    WsMessageReader reader({.messageBytesMax = 1 << 20, .mayCompress = true}, inflaters);
    std::array<char, 512> scratch;
    const std::string bomb = deflated(std::string(64 << 20, '\0'));
    const std::string frame = clientFrame(0xc2, bomb);
    const auto begun = reader.read(std::string_view(frame).substr(0, 100), scratch, SIZE_MAX);
    QCOMPARE(begun.got, Got::Piece);
    QVERIFY(reader.holdsInflater());
    reader.discardData();
    QVERIFY(!reader.holdsInflater());
    // The rest of it, one too long, one in fragments; then what is told.
    std::string more = frame.substr(begun.bytesUsed) + clientFrame(0x82, std::string(2 << 20, 'x'))
        + clientFrame(0x01, "frag") + clientFrame(0x00, "") + clientFrame(0x80, "ment");
    const auto skipped = reader.read(more, scratch, 0);
    QCOMPARE(skipped.got, Got::NeedBytes);
    QCOMPARE(skipped.bytesUsed, more.size());
    QVERIFY(!reader.isInMessage());
    QCOMPARE(reader.read(clientFrame(0x89, "p"), scratch, 0).got, Got::Ping);
    QCOMPARE(reader.read(clientFrame(0x88, bytes({0x03, 0xe8})), scratch, 0).code, uint16_t(1000));
    QCOMPARE(inflaters.taken, 1);
    QCOMPARE(inflaters.given, 1);
}

void TestWebSocketCodec::contextIsKeptWhereAgreed()
{
    WsDeflater deflater;
    std::string first;
    std::string second;
    deflater.deflate(first, "a message that comes twice", true);
    deflater.deflate(second, "a message that comes twice", true);
    QVERIFY(second.size() < first.size());
    for (const bool keeps : {true, false}) {
        OneInflater inflaters;
        {
            WsMessageReader reader(
                {.messageBytesMax = 1000, .mayCompress = true, .keepsContext = keeps}, inflaters);
            std::array<char, 512> scratch;
            QCOMPARE(reader.read(clientFrame(0xc1, first), scratch, 1000).got, Got::Piece);
            QCOMPARE(inflaters.given, keeps ? 0 : 1);
            QCOMPARE(reader.read(clientFrame(0xc1, second), scratch, 1000).got,
                     keeps ? Got::Piece : Got::Refused);
        }
        QCOMPARE(inflaters.taken, inflaters.given);
    }
}

void TestWebSocketCodec::withoutRoomNothingIsTaken()
{
    OneInflater inflaters;
    WsMessageReader reader({.messageBytesMax = 1000}, inflaters);
    std::array<char, 512> scratch;
    const std::string sent = clientText("hello") + clientText("");
    auto result = reader.read(sent, scratch, 0);
    QCOMPARE(result.got, Got::NeedRoom);
    size_t at = result.bytesUsed;
    result = reader.read(std::string_view(sent).substr(at), scratch, 3);
    QCOMPARE(std::string(result.data), std::string("hel"));
    QVERIFY(!result.isLast);
    at += result.bytesUsed;
    result = reader.read(std::string_view(sent).substr(at), scratch, 3);
    QCOMPARE(std::string(result.data), std::string("lo"));
    QVERIFY(result.isLast);
    at += result.bytesUsed;
    result = reader.read(std::string_view(sent).substr(at), scratch, 0); // an empty one waits too
    QCOMPARE(result.got, Got::NeedRoom);
}

void TestWebSocketCodec::serverFramesHaveTheShortestLength()
{
    const auto sizeFor = [](uint64_t length) {
        std::string out;
        appendServerFrameHead(out, {.opcode = WsOpcode::Binary, .isFinal = true, .length = length});
        return out.size();
    };
    QCOMPARE(sizeFor(0), size_t {2});
    QCOMPARE(sizeFor(125), size_t {2});
    QCOMPARE(sizeFor(126), size_t {4});
    QCOMPARE(sizeFor(65535), size_t {4});
    QCOMPARE(sizeFor(65536), size_t {10});
    std::string out;
    appendServerFrameHead(
        out, {.opcode = WsOpcode::Text, .isFinal = true, .isCompressed = true, .length = 0x1234});
    QCOMPARE(out, bytes({0xc1, 126, 0x12, 0x34}));
}

void TestWebSocketCodec::reasonsAreCutAtACharacter()
{
    std::string reason(122, 'x');
    reason += "\xc3\xa9";
    QCOMPARE(closePayload(1000, reason).size(), size_t {2 + 122});
    QCOMPARE(closePayload(1000, "a\xff").size(), size_t {3});
    QVERIFY(closePayload(ws_close::kNoCode, "unsaid").empty());
}

QTEST_GUILESS_MAIN(TestWebSocketCodec)
#include "tst_websocket_codec.moc"
