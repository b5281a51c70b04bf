// SPDX-License-Identifier: Apache-2.0
// WebSockets over streams of HTTP/2 (RFC 8441): how they are asked for, carried, held back and
// ended.
#include "server/http/session/http2_connection.h"
#include "server/http/session/simple_handlers.h"
#include "server/http/websocket/deflate.h"
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"
#include "tests/support/websocket_bytes.h"

#include <QtTest>

#include <nghttp2/nghttp2.h>

using namespace arc;
using namespace std::chrono_literals;

namespace {

/// The other side of a socket: keeps its books, and sends back what it hears where it `echoes`.
class Listener final : public WebSocketListener {
public:
    size_t room() const noexcept override { return takes ? 64 * 1024 : 0; }
    void onMessage(std::string_view piece, bool isText, bool isLast) noexcept override
    {
        heardBytes += static_cast<int64_t>(piece.size());
        if (echoes)
            socket->send(piece, isText, isLast);
    }
    void onDrained() noexcept override
    {
        ++drained;
        if (fills)
            fill();
    }
    void onClosed(uint16_t code, std::string_view) noexcept override { closedWith = code; }
    void fill()
    {
        const std::string piece(16 * 1024, 'x');
        while (!socket->isBacklogged()) {
            socket->send(piece, false, true);
            sentBytes += static_cast<int64_t>(piece.size());
        }
    }

    WebSocket *socket = nullptr; // used on the loop only
    std::atomic<bool> takes {true};
    std::atomic<bool> echoes {true};
    std::atomic<bool> fills {false};
    std::atomic<int> drained {0};
    std::atomic<int> closedWith {0};
    std::atomic<int64_t> heardBytes {0};
    std::atomic<int64_t> sentBytes {0};
};

Route socketRoute(Listener &listener)
{
    return makeRoute("/ws", [&listener](Exchange &exchange) {
        HeaderBlock lines;
        lines.add("Sec-WebSocket-Protocol", "chat");
        listener.socket = exchange.acceptWebSocket(lines, listener);
        if (!listener.socket)
            exchange.respondStatus(exchange.webSocketAsk().status);
        else if (listener.fills)
            listener.fill();
    });
}

Http2Peer::Fields ask(std::string_view path = "/ws")
{
    Http2Peer::Fields fields = Http2Peer::head("CONNECT", path);
    fields.emplace_back(":protocol", "websocket");
    fields.emplace_back("sec-websocket-version", "13");
    return fields;
}

struct ServerFrame {
    unsigned first = 0; ///< final bit, reserved bits, opcode
    std::string payload;
};

/// All whole frames of a server.
std::vector<ServerFrame> framesOf(std::string_view bytes)
{
    std::vector<ServerFrame> frames;
    while (bytes.size() >= 2) {
        const auto at = [&](size_t index) {
            return static_cast<unsigned char>(bytes[index]);
        };
        size_t size = at(1);
        size_t head = 2;
        if (size >= 126) {
            const size_t lengthBytes = size == 126 ? 2 : 8;
            if (bytes.size() < head + lengthBytes)
                break;
            size = 0;
            for (size_t i = 0; i < lengthBytes; ++i)
                size = size << 8 | at(head + i);
            head += lengthBytes;
        }
        if (bytes.size() < head + size)
            break;
        frames.push_back({at(0), std::string(bytes.substr(head, size))});
        bytes.remove_prefix(head + size);
    }
    return frames;
}

std::string closeOf(uint16_t code, std::string_view reason = {})
{
    return closePayload(code, reason);
}

} // namespace

class TestHttp2Socket : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void messagesOfEverySizeComeBack();
    void whatComesBeforeTheAnswerIsKept();
    void aCompressedMessageComesBackCompressed();
    void unsoundAsks_data();
    void unsoundAsks();
    void nobodyElseMaySucceed();
    void aClosedSocketEndsItsStream();
    void endsWithoutAGoodbye_data();
    void endsWithoutAGoodbye();
    void theServersGoodbyeIsAnswered();
    void whoDoesNotAnswerAGoodbyeIsReset();
    void whoDoesNotEndItsStreamIsReset();
    void aWrongFrameIsTold();
    void whoAnswersNoPingIsReset();
    void aListenerWithoutRoomHoldsTheClient();
    void aClientWithoutRoomHoldsTheSender();
    void aSocketThatNeverStopsLeavesOthersTheirTurn();
    void aSocketOutlivesTheNoticeThatItsConnectionEnds();
    void aStopIsTold();
    void theBooksAreKept();
};

void TestHttp2Socket::messagesOfEverySizeComeBack()
{
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), "", false);
    Http2Answer &answer = peer.answers[stream];
    QVERIFY(peer.until([&] { return answer.status != 0; }));
    QCOMPARE(answer.status, 200);
    QCOMPARE(peer.settings[NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL], 1u);
    QCOMPARE(answer.headers["sec-websocket-protocol"], std::string("chat"));
    for (const char *of : {"connection", "upgrade", "sec-websocket-accept", "content-length"})
        QVERIFY2(!answer.headers.count(of), of);
    for (const size_t size : {0, 1, 125, 126, 65535, 65536, 300000}) {
        answer.body.clear();
        const std::string text = patternBytes(size, size);
        peer.send(stream, clientFrame(0x82, text), false);
        std::string back;
        QVERIFY(peer.until([&] {
            back.clear();
            const auto frames = framesOf(answer.body);
            for (const ServerFrame &frame : frames)
                back += frame.payload;
            return !frames.empty() && frames.back().first & 0x80;
        }));
        QVERIFY(back == text);
    }
    QCOMPARE(listener.closedWith.load(), 0);
}

void TestHttp2Socket::whatComesBeforeTheAnswerIsKept()
{
    Listener listener;
    Held held;
    HttpUnderTest server({.routes = {holdRoute("/ws", held)}});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), clientText("early"), false);
    const ExchangeId id = held.id.get_future().get();
    QVERIFY(peer.ping()); // the message has been read by now
    server.onLoop(
        [&](HttpLoop &http) { listener.socket = http.find(id)->acceptWebSocket({}, listener); });
    QVERIFY(listener.socket);
    server.onLoop([&](HttpLoop &http) { QVERIFY(!http.find(id)); }); // it is answered
    QVERIFY(peer.until([&] { return !framesOf(peer.answers[stream].body).empty(); }));
    QCOMPARE(framesOf(peer.answers[stream].body)[0].payload, std::string("early"));
}

void TestHttp2Socket::aCompressedMessageComesBackCompressed()
{
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    auto fields = ask();
    fields.emplace_back("sec-websocket-extensions", "permessage-deflate");
    const int32_t stream = peer.ask(fields, "", false);
    const std::string text(20000, 'a');
    std::string deflated;
    WsDeflater().deflate(deflated, text, true);
    peer.send(stream, clientFrame(0xc2, deflated), false);
    Http2Answer &answer = peer.answers[stream];
    QVERIFY(peer.until([&] {
        const auto frames = framesOf(answer.body);
        return !frames.empty() && frames.back().first & 0x80;
    }));
    QCOMPARE(answer.headers["sec-websocket-extensions"],
             std::string("permessage-deflate; server_no_context_takeover; "
                         "client_no_context_takeover"));
    std::string packed;
    for (const ServerFrame &frame : framesOf(answer.body))
        packed += frame.payload;
    QCOMPARE(framesOf(answer.body)[0].first & 0x40, 0x40u);
    QVERIFY(packed.size() < text.size() / 10);
    std::string back(text.size() + 1, '\0');
    packed.append("\0\0\xff\xff", 4);
    WsInflater inflater;
    QCOMPARE(inflater.inflate(packed, back).made, text.size());
    QVERIFY(back.starts_with(text));
}

void TestHttp2Socket::unsoundAsks_data()
{
    QTest::addColumn<QByteArray>("drop");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<bool>("ends");
    QTest::addColumn<int>("status"); // 0: the stream is reset
    const auto row = [](const char *title, const char *drop, const char *name, const char *value,
                        int status, bool ends = false) {
        QTest::newRow(title) << QByteArray(drop) << QByteArray(name) << QByteArray(value) << ends
                             << status;
    };
    row("sound", "", "", "", 200);
    row("protocols", "", "sec-websocket-protocol", "a, b", 200);
    row("no protocol named", ":protocol", "", "", 0); // CONNECT with a path
    row("with GET", ":method", ":method", "GET", 0);
    row("no path", ":path", "", "", 0);
    row("no scheme", ":scheme", "", "", 0);
    row("no authority", ":authority", "", "", 0);
    row("another protocol", ":protocol", ":protocol", "connect-udp", 501);
    row("ended at once", "", "", "", 400, true);
    row("with a length", "", "content-length", "5", 400);
    row("with an expectation", "", "expect", "100-continue", 400);
    row("no version", "sec-websocket-version", "", "", 426);
    row("another version", "sec-websocket-version", "sec-websocket-version", "8", 426);
    row("version twice", "", "sec-websocket-version", "13", 400);
    row("protocol twice", "", "sec-websocket-protocol", "a, a", 400);
    row("another path", ":path", ":path", "/nothing", 404);
}

void TestHttp2Socket::unsoundAsks()
{
    QFETCH(QByteArray, drop);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(bool, ends);
    QFETCH(int, status);
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    Http2Peer::Fields fields;
    const std::pair added {name.toStdString(), value.toStdString()};
    if (name.startsWith(':'))
        fields.push_back(added);
    for (const auto &field : ask()) {
        if (field.first != drop.toStdString())
            fields.push_back(field);
    }
    if (!name.isEmpty() && !name.startsWith(':'))
        fields.push_back(added);
    const int32_t stream =
        peer.ask(fields, ends ? std::nullopt : std::optional<std::string>(""), ends);
    Http2Answer &answer = peer.answers[stream];
    QVERIFY(peer.until([&] { return answer.status || answer.reset; }));
    QCOMPARE(answer.status, status);
    if (status == 200)
        return;
    QVERIFY(peer.untilComplete(stream));
    if (!status)
        QCOMPARE(answer.reset, std::optional<uint32_t>(NGHTTP2_PROTOCOL_ERROR));
    QCOMPARE(listener.socket, static_cast<WebSocket *>(nullptr));
    const int32_t next = peer.get("/nothing"); // the connection goes on
    QVERIFY(peer.untilComplete(next));
    QCOMPARE(peer.answers[next].status, 404);
}

/// A client would take any 2xx for its WebSocket.
void TestHttp2Socket::nobodyElseMaySucceed()
{
    Heard heard;
    RespondRoute gone {.body = "gone"};
    gone.status = 410;
    HttpUnderTest server(
        {.routes = {makeRoute("/whole",
                              std::make_shared<const RespondHandler>(RespondRoute {.body = "x"})),
                    streamRoute("/pieces", {.total = 1000000, .announced = false}, heard),
                    makeRoute("/gone", std::make_shared<const RespondHandler>(gone))}});
    Http2Peer peer(server.port());
    for (const char *path : {"/whole", "/pieces"}) {
        const int32_t stream = peer.ask(ask(path), "", false);
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].status, 404);
        QVERIFY(peer.answers[stream].body.find("no WebSocket") != std::string::npos);
        QVERIFY(peer.answers[stream].body.size() < 1000);
    }
    const int32_t refused = peer.ask(ask("/gone"), "", false);
    QVERIFY(peer.untilComplete(refused));
    QCOMPARE(peer.answers[refused].status, 410);
    QTRY_COMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
}

void TestHttp2Socket::aClosedSocketEndsItsStream()
{
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), "", false);
    peer.send(stream, clientClose(4001, "enough"), false);
    Http2Answer &answer = peer.answers[stream];
    QVERIFY(peer.until([&] { return answer.complete; }));
    QCOMPARE(framesOf(answer.body).back().payload, closeOf(4001));
    QTRY_COMPARE(listener.closedWith.load(), 4001);
    QVERIFY(!answer.reset);
    peer.send(stream, {}, true);
    QVERIFY(peer.ping());
    QVERIFY(!answer.reset);
    QTRY_COMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
}

void TestHttp2Socket::endsWithoutAGoodbye_data()
{
    QTest::addColumn<QByteArray>("how");
    QTest::newRow("END_STREAM") << QByteArray("end");
    QTest::newRow("within a frame") << QByteArray("cut");
    QTest::newRow("RST_STREAM") << QByteArray("reset");
    QTest::newRow("the connection") << QByteArray("connection");
}

void TestHttp2Socket::endsWithoutAGoodbye()
{
    QFETCH(QByteArray, how);
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    auto peer = std::make_unique<Http2Peer>(server.port());
    const int32_t stream = peer->ask(ask(), clientText("x"), false);
    QVERIFY(peer->until([&] { return !framesOf(peer->answers[stream].body).empty(); }));
    if (how == "end")
        peer->send(stream, {}, true);
    else if (how == "cut")
        peer->send(stream, clientText("long").substr(0, 7), true);
    else if (how == "reset")
        peer->reset(stream, NGHTTP2_CANCEL);
    else
        peer.reset();
    QTRY_COMPARE(listener.closedWith.load(), int(ws_close::kLost));
    QTRY_COMPARE(server.siteMetrics().socketsOpen.read(), int64_t(0));
    QTRY_COMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
    if (how == "end" || how == "cut") { // answered in kind
        QVERIFY(peer->untilComplete(stream));
        QVERIFY(peer->answers[stream].complete && !peer->answers[stream].reset);
    }
}

void TestHttp2Socket::theServersGoodbyeIsAnswered()
{
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), clientText("x"), false);
    Http2Answer &answer = peer.answers[stream];
    QVERIFY(peer.until([&] { return !framesOf(answer.body).empty(); }));
    server.onLoop([&](HttpLoop &) { listener.socket->close(4002, "enough"); });
    QVERIFY(peer.until([&] { return framesOf(answer.body).size() == 2; }));
    QCOMPARE(framesOf(answer.body)[1].payload, closeOf(4002, "enough"));
    QVERIFY(peer.ping());
    QVERIFY(!answer.complete); // the client's goodbye is waited for
    peer.send(stream, clientClose(4002), true);
    QVERIFY(peer.untilComplete(stream));
    QVERIFY(answer.complete && !answer.reset);
    QTRY_COMPARE(server.siteMetrics().socketsOpen.read(), int64_t(0));
}

void TestHttp2Socket::whoDoesNotAnswerAGoodbyeIsReset()
{
    Listener listener;
    Settings settings;
    settings.socketClose = 1s;
    HttpUnderTest server({.routes = {socketRoute(listener)}, .settings = settings});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), "", false);
    QVERIFY(peer.until([&] { return peer.answers[stream].status == 200; }));
    server.onLoop([&](HttpLoop &) { listener.socket->close(1000, {}); });
    QVERIFY(peer.untilComplete(stream));
    QCOMPARE(peer.answers[stream].reset, std::optional<uint32_t>(NGHTTP2_CANCEL));
    QVERIFY(peer.ping());
}

void TestHttp2Socket::whoDoesNotEndItsStreamIsReset()
{
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), clientClose(1000), false);
    Http2Answer &answer = peer.answers[stream];
    QVERIFY(peer.until([&] { return answer.complete; }));
    QVERIFY(peer.until([&] { return answer.reset.has_value(); }));
    QCOMPARE(answer.reset, std::optional<uint32_t>(NGHTTP2_NO_ERROR));
    QTRY_COMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
}

void TestHttp2Socket::aWrongFrameIsTold()
{
    Listener listener;
    Settings settings;
    settings.socketMessageKiBMax = 1;
    HttpUnderTest server({.routes = {socketRoute(listener)}, .settings = settings});
    Http2Peer peer(server.port());
    const auto codeAfter = [&](const std::string &bytes) {
        const int32_t stream = peer.ask(ask(), bytes, false);
        if (!peer.until([&] { return peer.answers[stream].complete; }))
            return 0;
        const std::string payload = framesOf(peer.answers[stream].body).back().payload;
        return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    };
    QCOMPARE(codeAfter("\x81\x01x"), int(ws_close::kProtocolError)); // without a mask
    QCOMPARE(codeAfter(clientFrame(0x82, std::string(1025, 'x'))), int(ws_close::kTooBig));
    QCOMPARE(codeAfter(clientText("\xff")), int(ws_close::kBadText));
    QVERIFY(peer.ping());
    QVERIFY(peer.goAways.empty());
}

void TestHttp2Socket::whoAnswersNoPingIsReset()
{
    Listener listener;
    Settings settings;
    settings.socketPing = 1s;
    settings.socketPong = 1s;
    HttpUnderTest server({.routes = {socketRoute(listener)}, .settings = settings});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), "", false);
    QVERIFY(peer.untilComplete(stream));
    const auto frames = framesOf(peer.answers[stream].body);
    QCOMPARE(frames.size(), size_t(1));
    QCOMPARE(frames[0].first, 0x89u);
    QCOMPARE(peer.answers[stream].reset, std::optional<uint32_t>(NGHTTP2_CANCEL));
    QTRY_COMPARE(listener.closedWith.load(), int(ws_close::kLost));
}

void TestHttp2Socket::aListenerWithoutRoomHoldsTheClient()
{
    Listener listener;
    listener.takes = false;
    listener.echoes = false;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    constexpr size_t kSize = 4 * 1024 * 1024;
    const int32_t stream = peer.ask(ask(), clientFrame(0x82, std::string(kSize, 'x')), false);
    QVERIFY(peer.until([&] { return peer.answers[stream].status == 200; }));
    for (int i = 0; i < 3; ++i)
        QVERIFY(peer.ping());
    QVERIFY(peer.bytesSent <= size_t {Http2Connection::kUnreadWindowBytes});
    QCOMPARE(listener.heardBytes.load(), int64_t(0));
    listener.takes = true;
    server.onLoop([&](HttpLoop &) { listener.socket->resume(); });
    QVERIFY(peer.until([&] { return listener.heardBytes == int64_t(kSize); }));
}

void TestHttp2Socket::aClientWithoutRoomHoldsTheSender()
{
    Listener listener;
    listener.fills = true;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port(), {.takesByItself = false});
    const int32_t stream = peer.ask(ask(), "", false);
    Http2Answer &answer = peer.answers[stream];
    QVERIFY(peer.until([&] { return answer.body.size() == 65535; })); // its window
    QVERIFY(peer.ping());
    const int64_t sent = listener.sentBytes;
    QVERIFY(sent <= int64_t(Exchange::kBacklogHigh + 2 * 65536));
    QCOMPARE(listener.drained.load(), 0);
    QVERIFY(server.loopMetrics().bufferBytes.read() >= int64_t(Exchange::kBacklogHigh / 2));
    size_t taken = 0;
    QVERIFY(peer.until([&] {
        peer.take(stream, answer.body.size() - taken);
        taken = answer.body.size();
        return listener.drained > 3;
    }));
    QVERIFY(listener.sentBytes > sent);
}

/// Its urgency is that of every request: it must not be sent to its end first.
void TestHttp2Socket::aSocketThatNeverStopsLeavesOthersTheirTurn()
{
    Heard heard;
    Listener listener;
    listener.fills = true;
    HttpUnderTest server(
        {.routes = {socketRoute(listener), streamRoute("/stream", {.total = 400000}, heard)}});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), "", false);
    QVERIFY(peer.until([&] { return peer.answers[stream].body.size() > 1000000; }));
    const int32_t other = peer.get("/stream");
    QVERIFY(peer.untilComplete(other));
    QCOMPARE(peer.answers[other].body.size(), size_t(400000));
    QVERIFY(!peer.answers[stream].complete);
    listener.fills = false;
}

void TestHttp2Socket::aSocketOutlivesTheNoticeThatItsConnectionEnds()
{
    Listener listener;
    Settings settings;
    settings.requestsPerConnection = 1;
    HttpUnderTest server({.routes = {socketRoute(listener)}, .settings = settings});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), "", false);
    QVERIFY(peer.until([&] { return peer.goAways.size() == 2; }));
    peer.send(stream, clientText("still here"), false);
    QVERIFY(peer.until([&] { return !framesOf(peer.answers[stream].body).empty(); }));
    QCOMPARE(framesOf(peer.answers[stream].body)[0].payload, std::string("still here"));
    peer.send(stream, clientClose(1000), true);
    QVERIFY(peer.untilClosed());
    QVERIFY(peer.answers[stream].complete);
}

void TestHttp2Socket::aStopIsTold()
{
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), "", false);
    QVERIFY(peer.until([&] { return peer.answers[stream].status == 200; }));
    std::atomic<int> drained {0};
    server.onLoop([&](HttpLoop &http) { http.drain(10s, [&] { ++drained; }); });
    QVERIFY(peer.until([&] { return !framesOf(peer.answers[stream].body).empty(); }));
    QCOMPARE(framesOf(peer.answers[stream].body)[0].payload.substr(0, 2),
             closeOf(ws_close::kGoingAway));
    QTRY_COMPARE(listener.closedWith.load(), int(ws_close::kGoingAway));
    peer.send(stream, clientClose(ws_close::kGoingAway), true);
    QVERIFY(peer.untilClosed());
    QTRY_COMPARE(drained.load(), 1);
}

void TestHttp2Socket::theBooksAreKept()
{
    Listener listener;
    HttpUnderTest server({.routes = {socketRoute(listener)}});
    Http2Peer peer(server.port());
    const int32_t stream = peer.ask(ask(), clientText("hello"), false);
    QVERIFY(peer.until([&] { return !framesOf(peer.answers[stream].body).empty(); }));
    QCOMPARE(server.siteMetrics().socketsOpen.read(), int64_t(1));
    peer.send(stream, clientClose(1000), true);
    QVERIFY(peer.untilComplete(stream));
    QTRY_COMPARE(server.siteMetrics().requests.read(), int64_t(1));
    QCOMPARE(server.siteMetrics().socketMessagesIn.read(), int64_t(1));
    QCOMPARE(server.siteMetrics().socketMessagesOut.read(), int64_t(1));
    QCOMPARE(server.siteMetrics().socketCloses1000.read(), int64_t(1));
    const std::string log = server.takeLog();
    for (const char *part : {"CONNECT", "\"status\":200", "\"close\":1000", "HTTP/2"})
        QVERIFY2(log.find(part) != std::string::npos, log.c_str());
}

QTEST_GUILESS_MAIN(TestHttp2Socket)
#include "tst_http2_socket.moc"
