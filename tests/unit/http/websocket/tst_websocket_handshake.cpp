// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/head_parser.h"
#include "server/http/websocket/handshake.h"

#include <QTest>

#include <array>

using namespace arc;

namespace {

struct Parsed {
    explicit Parsed(std::string text) : bytes(std::move(text))
    {
        HeadProgress progress;
        step = parseHead(bytes, {}, progress, {headers, scratch}, head).step;
    }
    std::string bytes;
    std::array<HeaderView, kHeaderCountMax> headers;
    std::string scratch;
    RequestHead head;
    HeadStep step;
};

constexpr const char *kSound = "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string replaced(std::string text, const std::string &what, const std::string &with)
{
    const size_t at = text.find(what);
    return at == text.npos ? std::string() : text.replace(at, what.size(), with);
}

} // namespace

class TestWebSocketHandshake : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void asks_data();
    void asks();
    void theAnswerIsThatOfTheRfc();
    void offersAreMet_data();
    void offersAreMet();
};

void TestWebSocketHandshake::asks_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<int>("status"); // 0: a plain request; 101: sound
    const auto row = [](const char *name, const std::string &line, const std::string &headers,
                        int status) {
        QTest::newRow(name) << QByteArray::fromStdString(line + "\r\n" + headers + "\r\n")
                            << status;
    };
    const std::string sound = kSound;
    const std::string get = "GET / HTTP/1.1";
    row("sound", get, sound, 101);
    row("tokens in lists", get,
        replaced(replaced(sound, "websocket\r", "foo, WebSocket\r"), "n: Upgrade",
                 "n: keep-alive, uPGRADE"),
        101);
    row("subprotocols", get,
        sound + "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n", 101);
    row("no upgrade", get, "Host: a\r\n", 0);
    row("another upgrade", get, replaced(sound, "websocket", "h2c"), 0);
    row("HTTP/1.0", "GET / HTTP/1.0", sound, 0);
    row("not in Connection", get, replaced(sound, "Connection: Upgrade", "Connection: close"), 400);
    row("POST", "POST / HTTP/1.1", sound, 400);
    row("with a body", get, sound + "Content-Length: 1\r\n", 400);
    row("no version", get, replaced(sound, "Sec-WebSocket-Version: 13\r\n", ""), 426);
    row("version 8", get, replaced(sound, ": 13", ": 8"), 426);
    row("two versions", get, sound + "Sec-WebSocket-Version: 13\r\n", 400);
    row("no key", get, replaced(sound, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400);
    row("two keys", get, sound + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400);
    row("short key", get, replaced(sound, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), 400);
    row("key of 17 bytes", get, replaced(sound, "ZQ==", "ZQ1="), 400);
    row("key with bits over", get, replaced(sound, "ZQ==", "ZR=="), 400);
    row("key not base64", get, replaced(sound, "dGhl", "d_hl"), 400);
    row("subprotocol twice", get, sound + "Sec-WebSocket-Protocol: a, a\r\n", 400);
    row("subprotocol not a token", get, sound + "Sec-WebSocket-Protocol: a b\r\n", 400);
    row("empty subprotocol", get, sound + "Sec-WebSocket-Protocol: a,,b\r\n", 400);
}

void TestWebSocketHandshake::asks()
{
    QFETCH(QByteArray, request);
    QFETCH(int, status);
    const Parsed parsed(request.toStdString());
    QCOMPARE(parsed.step, HeadStep::Done);
    const WebSocketAsk ask = webSocketAskOf(parsed.head);
    QCOMPARE(ask.kind == WebSocketAsk::Kind::None, status == 0);
    QCOMPARE(ask.kind == WebSocketAsk::Kind::Sound, status == 101);
    QCOMPARE(ask.status, status);
    QCOMPARE(ask.reason.empty(), status == 0 || status == 101);
}

void TestWebSocketHandshake::theAnswerIsThatOfTheRfc()
{
    std::string request("GET / HTTP/1.1\r\n"); // operator+ makes GCC 12 warn of what is not there
    request.append(kSound).append("\r\n");
    const Parsed parsed(std::move(request));
    QCOMPARE(webSocketKeyLine(parsed.head),
             std::string("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
}

void TestWebSocketHandshake::offersAreMet_data()
{
    QTest::addColumn<QByteArray>("offer");
    QTest::addColumn<bool>("keeps"); // the setting
    QTest::addColumn<QByteArray>("answer");
    const QByteArray plain = "permessage-deflate";
    const QByteArray neither = plain + "; server_no_context_takeover; client_no_context_takeover";
    QTest::newRow("plain") << plain << false << neither;
    QTest::newRow("plain, kept") << plain << true << plain;
    QTest::newRow("browser") << plain + "; client_max_window_bits" << false << neither;
    QTest::newRow("client bits") << plain + "; client_max_window_bits=10" << true << plain;
    QTest::newRow("the client forbids")
        << plain + "; server_no_context_takeover" << true << plain + "; server_no_context_takeover";
    QTest::newRow("small window") << plain + "; server_max_window_bits=10" << false
                                  << neither + "; server_max_window_bits=10";
    QTest::newRow("quoted") << plain + "; server_max_window_bits=\"10\"" << true
                            << plain + "; server_max_window_bits=10";
    QTest::newRow("second offer") << plain + "; server_max_window_bits=8, " + plain << true
                                  << plain;
    QTest::newRow("after another extension") << "foo, " + plain << true << plain;
    QTest::newRow("none") << QByteArray("foo") << true << QByteArray();
    QTest::newRow("unknown parameter") << plain + "; foo" << true << QByteArray();
    QTest::newRow("value where none is")
        << plain + "; server_no_context_takeover=1" << true << QByteArray();
    QTest::newRow("parameter twice")
        << plain + "; client_max_window_bits; client_max_window_bits" << true << QByteArray();
    QTest::newRow("bits of 16") << plain + "; client_max_window_bits=16" << true << QByteArray();
    QTest::newRow("bits of 09") << plain + "; client_max_window_bits=09" << true << QByteArray();
    QTest::newRow("no bits") << plain + "; server_max_window_bits" << true << QByteArray();
}

void TestWebSocketHandshake::offersAreMet()
{
    QFETCH(QByteArray, offer);
    QFETCH(bool, keeps);
    QFETCH(QByteArray, answer);
    const Parsed parsed(std::string("GET / HTTP/1.1\r\n") + kSound
                        + "Sec-WebSocket-Extensions: " + offer.toStdString() + "\r\n\r\n");
    const std::string lines = webSocketExtensionLine(agreeOnDeflate(parsed.head, keeps));
    const std::string mark = "Sec-WebSocket-Extensions: ";
    const size_t at = lines.find(mark);
    QCOMPARE(at == lines.npos, answer.isEmpty());
    if (at != lines.npos)
        QCOMPARE(lines.substr(at + mark.size()), answer.toStdString() + "\r\n");
}

QTEST_GUILESS_MAIN(TestWebSocketHandshake)
#include "tst_websocket_handshake.moc"
