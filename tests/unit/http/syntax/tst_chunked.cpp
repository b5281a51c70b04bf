// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/chunked.h"

#include <QtTest>

#include <string>

using namespace arc;

namespace {

struct Decoded {
    ChunkStep step = ChunkStep::NeedMore;
    std::string body;
    size_t used = 0;
};

/// Feeds the bytes in pieces of one size.
Decoded decodeAll(std::string_view bytes, size_t pieceSize)
{
    ChunkedDecoder decoder;
    Decoded all;
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, pieceSize);
        const ChunkPiece result = decoder.decode(piece);
        all.step = result.step;
        all.used += result.bytesUsed;
        all.body += result.data;
        if (result.step == ChunkStep::Done || result.step == ChunkStep::Refuse)
            return all;
        bytes.remove_prefix(result.bytesUsed);
    }
    return all;
}

} // namespace

class TestChunked : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void refusesWhatHasTwoReadings_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char *name, const QByteArray &bytes) {
            QTest::newRow(name) << bytes;
        };
        row("bare LF after the size", "3\nabc\r\n0\r\n\r\n");
        row("bare LF after the data", "3\r\nabc\n0\r\n\r\n");
        row("bare CR after the size", "3\rabc\r\n0\r\n\r\n");
        row("bare LF after the last size", "0\n\r\n");
        row("bare LF at the end", "0\r\n\n");
        row("bare LF in an extension", "3;a\nabc\r\n0\r\n\r\n");
        row("bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n");
        row("bare LF in a trailer", "0\r\nA: b\n\r\n");
        row("0x", "0x3\r\nabc\r\n0\r\n\r\n");
        row("plus", "+3\r\nabc\r\n0\r\n\r\n");
        row("minus", "-3\r\nabc\r\n0\r\n\r\n");
        row("blank before", " 3\r\nabc\r\n0\r\n\r\n");
        row("blank behind", "3 \r\nabc\r\n0\r\n\r\n");
        row("blank before an extension", "3 ;a\r\nabc\r\n0\r\n\r\n");
        row("no size", "\r\nabc\r\n");
        row("only an extension", ";a\r\nabc\r\n");
        row("not hexadecimal", "g\r\n");
        row("17 digits", "00000000000000003\r\nabc\r\n0\r\n\r\n");
        row("longer than said", "3\r\nabcd\r\n0\r\n\r\n");
        row("shorter than said", "4\r\nabc\r\n0\r\n\r\n");
        row("long extension", "3;" + QByteArray(257, 'a') + "\r\nabc\r\n0\r\n\r\n");
        row("empty extension", "3;\r\nabc\r\n0\r\n\r\n");
        row("extension without a value", "3;a=\r\nabc\r\n0\r\n\r\n");
        row("open quote", "3;a=\"b\r\nabc\r\n0\r\n\r\n");
        row("behind a quote", "3;a=\"b\"c\r\nabc\r\n0\r\n\r\n");
        row("blank in an extension", "3; a\r\nabc\r\n0\r\n\r\n");
        row("extensions together",
            "1;" + QByteArray(200, 'a') + "\r\nx\r\n1;" + QByteArray(57, 'a') + "\r\nx\r\n");
        row("folded trailer", "0\r\nA: b\r\n c\r\n\r\n");
        row("trailer without a colon", "0\r\nAb\r\n\r\n");
        row("trailer without a name", "0\r\n: b\r\n\r\n");
        row("blank before the colon", "0\r\nA : b\r\n\r\n");
        row("long trailers", "0\r\nA: " + QByteArray(8192, 'b') + "\r\n\r\n");
        row("NUL in a trailer", QByteArray("0\r\nA: \0\r\n\r\n", 12));
    }
    void refusesWhatHasTwoReadings()
    {
        QFETCH(QByteArray, bytes);
        const std::string_view all(bytes.data(), size_t(bytes.size()));
        const Decoded whole = decodeAll(all, all.size());
        QCOMPARE(whole.step, ChunkStep::Refuse);
        const Decoded dripped = decodeAll(all, 1);
        QCOMPARE(dripped.step, ChunkStep::Refuse);
        QCOMPARE(dripped.used, whole.used);
        QCOMPARE(dripped.body, whole.body);
    }

    void readsBodies_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("body");
        const auto row = [](const char *name, const QByteArray &bytes, const QByteArray &body) {
            QTest::newRow(name) << bytes << body;
        };
        row("empty", "0\r\n\r\n", "");
        row("two", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde");
        row("leading zeros, capitals", "000A\r\n0123456789\r\n000\r\n\r\n", "0123456789");
        row("extensions", "3;a=\"b;\\\"c\";d=e;f\r\nabc\r\n0;x\r\n\r\n", "abc");
        row("trailers", "1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", "a");
        row("CR LF inside", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n");
    }
    void readsBodies()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, body);
        const std::string all = bytes.toStdString() + "GET /";
        for (size_t piece = 1; piece <= all.size(); ++piece) {
            const Decoded decoded = decodeAll(all, piece);
            QCOMPARE(decoded.step, ChunkStep::Done);
            QCOMPARE(decoded.used, size_t(bytes.size()));
            QCOMPARE(decoded.body, body.toStdString());
        }
        for (qsizetype size = 1; size < bytes.size(); ++size)
            QVERIFY(decodeAll(std::string_view(all).substr(0, size_t(size)), size_t(size)).step
                    < ChunkStep::Done);
    }

    void theLargestSizeDoesNotOverflow()
    {
        ChunkedDecoder decoder;
        QCOMPARE(decoder.decode("ffffffffffffffff\r\n").step, ChunkStep::NeedMore);
        const ChunkPiece piece = decoder.decode("abc");
        QCOMPARE(piece.step, ChunkStep::Data);
        QCOMPARE(piece.data, std::string_view("abc"));
    }

    void staysRefused()
    {
        ChunkedDecoder decoder;
        QCOMPARE(decoder.decode("x").step, ChunkStep::Refuse);
        QCOMPARE(decoder.decode("0\r\n\r\n").step, ChunkStep::Refuse);
    }

    void printsHeaders()
    {
        QCOMPARE(ChunkHeader(1).text(), std::string_view("1\r\n"));
        QCOMPARE(ChunkHeader(0x1a0).text(), std::string_view("1a0\r\n"));
        QCOMPARE(ChunkHeader(UINT64_MAX).text(), std::string_view("ffffffffffffffff\r\n"));
    }
};

QTEST_APPLESS_MAIN(TestChunked)
#include "tst_chunked.moc"
