// SPDX-License-Identifier: Apache-2.0
// Requests and answers over HTTP/2, with a client made of nghttp2 and real loops.
#include "server/http/session/simple_handlers.h"
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"

#include <QtTest>

#include <nghttp2/nghttp2.h>

using namespace arc;
using namespace std::chrono_literals;

namespace {

constexpr int32_t kWideWindow = 64 * 1024 * 1024;

Route respond(std::string prefix, std::string body = "hello", int status = 200)
{
    return makeRoute(std::move(prefix),
                     std::make_shared<const RespondHandler>(
                         RespondRoute {.status = status, .body = std::move(body)}));
}

/// Tells what of the head the handler sees.
Route tellRoute(std::string prefix)
{
    return makeRoute(std::move(prefix), [](Exchange &exchange) {
        const RequestHead &head = exchange.request();
        std::string text = std::string(head.methodText) + " " + std::string(head.path) + "?"
            + std::string(head.query) + " " + std::string(head.host) + "\n";
        for (const HeaderView &header : head.headers)
            text += std::string(header.name) + "=" + std::string(header.value) + "\n";
        exchange.respond({.status = 200, .headers = {}}, Chunk::own(std::move(text)));
    });
}

} // namespace

class TestHttp2Exchange : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRequestIsAnswered()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.get("/x", {{"user-agent", "test"}});
        QVERIFY(peer.untilComplete(stream));
        const Http2Answer &answer = peer.answers[stream];
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body, std::string("hello"));
        QCOMPARE(answer.headers.at("content-length"), std::string("5"));
        QVERIFY(answer.headers.contains("date"));
        QVERIFY(!answer.headers.contains("connection"));
        std::string log;
        QTRY_VERIFY(!(log += server.takeLog()).empty());
        QVERIFY2(log.find(R"("protocol":"HTTP/2")") != log.npos, log.c_str());
        QVERIFY2(log.find(R"("target":"/x")") != log.npos, log.c_str());
        QCOMPARE(server.siteMetrics().requests.read(), int64_t(1));
        QCOMPARE(server.loopMetrics().http2Connections.read(), int64_t(1));
    }

    void manyRequestsOfOneTurnAreAnswered()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        Http2Peer peer(server.port());
        std::vector<int32_t> streams;
        for (int i = 0; i < 100; ++i)
            streams.push_back(peer.get("/" + std::to_string(i)));
        for (const int32_t stream : streams) {
            QVERIFY(peer.untilComplete(stream));
            QCOMPARE(peer.answers[stream].body, std::string("hello"));
        }
        QTRY_COMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
        QCOMPARE(server.siteMetrics().requests.read(), int64_t(100));
    }

    /// Those of one turn leave together: none may have what the one before or behind it says.
    void answersThatWaitTogetherKeepTheirOwnFields()
    {
        HttpUnderTest server({.routes = {makeRoute("/", [](Exchange &exchange) {
                                  const std::string own(exchange.request().path);
                                  HeaderBlock hints;
                                  hints.add("Link", "<" + own + ".css>; rel=preload");
                                  exchange.sendEarlyHints(hints);
                                  ResponseHead head {.status = 200, .headers = {}};
                                  head.headers.add("X-Own", own);
                                  exchange.respond(std::move(head), Chunk::own(own));
                              })}});
        Http2Peer peer(server.port());
        std::map<int32_t, std::string> paths;
        for (int i = 0; i < 100; ++i) {
            const std::string path = "/" + std::string(size_t(i), 'p');
            paths[peer.get(path)] = path;
        }
        for (const auto &[stream, path] : paths) {
            QVERIFY(peer.untilComplete(stream));
            const Http2Answer &answer = peer.answers[stream];
            QCOMPARE(answer.status, 200);
            QCOMPARE(answer.interim, std::vector<int> {103});
            QCOMPARE(answer.headers.at("x-own"), path);
            QCOMPARE(answer.headers.at("content-length"), std::to_string(path.size()));
            QCOMPARE(answer.body, path);
        }
    }

    void aSmallAnswerLeavesInOnePiece()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send(http2::hello() + http2::frame(http2::kSettings, http2::kAck, 0));
        while (const auto frame = http2::readFrame(peer)) {
            if (frame->type == http2::kSettings && frame->flags == http2::kAck)
                break;
        }
        peer.send(http2::frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream, 1,
                               http2::getHead()));
        auto head = http2::readFrame(peer);
        while (head && head->type == http2::kWindowUpdate)
            head = http2::readFrame(peer);
        QVERIFY(head);
        QCOMPARE(int(head->type), int(http2::kHeaders));
        QVERIFY(!peer.hasInput(0ms)); // what came, came together
        const auto data = http2::readFrame(peer);
        QVERIFY(data && data->type == http2::kData && data->flags == http2::kEndStream);
        QCOMPARE(data->payload, std::string("hello"));
    }

    void headsWithoutABodyEndTheStream_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("length");
        QTest::newRow("HEAD") << QByteArray("HEAD") << 200 << QByteArray("5");
        QTest::newRow("204") << QByteArray("GET") << 204 << QByteArray();
        QTest::newRow("304") << QByteArray("GET") << 304 << QByteArray("5");
    }
    void headsWithoutABodyEndTheStream()
    {
        QFETCH(QByteArray, method);
        QFETCH(int, status);
        QFETCH(QByteArray, length);
        HttpUnderTest server({.routes = {makeRoute("/", [status](Exchange &exchange) {
                                  exchange.respond({.status = status, .headers = {}},
                                                   Chunk::constant("hello"));
                              })}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.ask(Http2Peer::head(method.toStdString(), "/"));
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].status, status);
        QVERIFY(peer.answers[stream].frames.empty());
        QCOMPARE(peer.answers[stream].headers["content-length"], length.toStdString());
    }

    void headersOfConnectionsAreLeftOut()
    {
        HttpUnderTest server({.routes = {makeRoute("/", [](Exchange &exchange) {
                                  ResponseHead head {.status = 200, .headers = {}};
                                  head.headers.add("Keep-Alive", "timeout=5");
                                  head.headers.add("Upgrade", "h2c");
                                  head.headers.add("Connection", "close");
                                  head.headers.add("Proxy-Connection", "close");
                                  head.headers.add("Transfer-Encoding", "chunked");
                                  head.headers.add("X-Own", "Kept As It Is");
                                  head.headers.add("Variant", "As long as Upgrade");
                                  exchange.respond(std::move(head), {});
                              })}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.get("/");
        QVERIFY(peer.untilComplete(stream));
        const auto &headers = peer.answers[stream].headers;
        for (const char *name :
             {"keep-alive", "upgrade", "connection", "proxy-connection", "transfer-encoding"})
            QVERIFY2(!headers.contains(name), name);
        QCOMPARE(headers.at("variant"), std::string("As long as Upgrade"));
        QCOMPARE(headers.at("x-own"), std::string("Kept As It Is"));
    }

    void largeHeadsOfAnswersArriveOrEndTheirStream()
    {
        HttpUnderTest server({.routes = {makeRoute("/", [](Exchange &exchange) {
                                  const size_t count = exchange.request().query == "all" ? 30 : 3;
                                  ResponseHead head {.status = 200, .headers = {}};
                                  for (size_t i = 0; i < count; ++i)
                                      head.headers.add("X-" + std::to_string(i),
                                                       patternBytes(i, 40'000));
                                  exchange.respond(std::move(head), {});
                              })}});
        Http2Peer peer(server.port());
        const int32_t large = peer.get("/");
        QVERIFY(peer.untilComplete(large));
        QCOMPARE(peer.answers[large].headers.at("x-2"), patternBytes(2, 40'000));
        const int32_t tooLarge = peer.get("/?all");
        QVERIFY(peer.untilComplete(tooLarge));
        QCOMPARE(peer.answers[tooLarge].reset.value_or(0), uint32_t(NGHTTP2_INTERNAL_ERROR));
    }

    void handlersSeeAHeadLikeAnyOther()
    {
        HttpUnderTest server({.routes = {tellRoute("/")}});
        Http2Peer peer(server.port());
        Http2Peer::Fields head = Http2Peer::head("GET", "/a%20b/../c?x=1");
        head[2].second = "Example.ORG:8080";
        head.insert(head.end(),
                    {{"cookie", "a=1"}, {"x-one", "1"}, {"cookie", "b=2"}, {"te", "trailers"}});
        const int32_t stream = peer.ask(head);
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].body,
                 std::string("GET /c?x=1 example.org\nhost=Example.ORG:8080\ncookie=a=1; b=2\n"
                             "x-one=1\nte=trailers\n"));
    }

    void bodiesAreEchoed_data()
    {
        QTest::addColumn<int>("size");
        QTest::addColumn<bool>("announced");
        for (const int size : {0, 1, 16384, 16385, 300'000, 5'000'000}) {
            QTest::addRow("%d announced", size) << size << true;
            QTest::addRow("%d", size) << size << false;
        }
    }
    void bodiesAreEchoed()
    {
        QFETCH(int, size);
        QFETCH(bool, announced);
        Heard heard;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}});
        Http2Peer peer(server.port(), {.windowBytes = kWideWindow});
        Http2Peer::Fields head = Http2Peer::head("POST", "/");
        if (announced)
            head.emplace_back("content-length", std::to_string(size));
        const std::string body = patternBytes(0, static_cast<size_t>(size));
        const int32_t stream = peer.ask(head, body);
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].status, 200);
        QVERIFY(peer.answers[stream].body == body);
        QCOMPARE(heard.bodyEnds.load(), 1);
        QVERIFY(peer.ping());
        QTRY_COMPARE(server.loopMetrics().bufferBytes.read(), int64_t(0));
    }

    void trailersOfClientsAreTakenAndDropped()
    {
        Heard heard;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}});
        Http2Peer peer(server.port());
        const int32_t stream =
            peer.ask(Http2Peer::head("POST", "/"), "body", true, {{"x-checksum", "abc"}});
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].body, std::string("body"));
        QCOMPARE(heard.bodyEnds.load(), 1);
    }

    void aClientThatWaitsForContinueGetsItWhenSomebodyReads()
    {
        Heard heard;
        HttpUnderTest server({.routes = {echoRoute("/echo", heard), respond("/")}});
        Http2Peer peer(server.port());
        Http2Peer::Fields head = Http2Peer::head("POST", "/echo");
        head.emplace_back("expect", "100-continue");
        const int32_t reads = peer.ask(head, "", false);
        QVERIFY(peer.until([&] { return !peer.answers[reads].interim.empty(); }));
        QCOMPARE(peer.answers[reads].interim, std::vector<int> {100});
        peer.send(reads, "now", true);
        QVERIFY(peer.untilComplete(reads));
        QCOMPARE(peer.answers[reads].body, std::string("now"));

        head[3].second = "/";
        const int32_t ignores = peer.ask(head, "", false);
        QVERIFY(peer.untilComplete(ignores));
        QVERIFY(peer.answers[ignores].interim.empty());
        QCOMPARE(peer.answers[ignores].status, 200);
    }

    void anAnswerBeforeTheBodysEndSparesTheRest()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.ask(Http2Peer::head("POST", "/"), patternBytes(0, 1000), false);
        QVERIFY(peer.until([&] { return peer.answers[stream].reset.has_value(); }));
        QVERIFY(peer.answers[stream].complete);
        QCOMPARE(peer.answers[stream].status, 200);
        QCOMPARE(*peer.answers[stream].reset, uint32_t(NGHTTP2_NO_ERROR));
        const int32_t next = peer.get("/");
        QVERIFY(peer.untilComplete(next));
        QCOMPARE(peer.answers[next].status, 200);
    }

    void largeAnswersArriveWhole_data()
    {
        QTest::addColumn<int>("window");
        QTest::addColumn<bool>("announced");
        QTest::newRow("usual window") << 65535 << true;
        QTest::newRow("wide window") << kWideWindow << true;
        QTest::newRow("narrow window") << 1000 << false;
    }
    void largeAnswersArriveWhole()
    {
        QFETCH(int, window);
        QFETCH(bool, announced);
        Heard heard;
        const uint64_t total = window < 10'000 ? 300'000 : 8 * 1024 * 1024;
        HttpUnderTest server(
            {.routes = {streamRoute("/", {.total = total, .announced = announced}, heard)}});
        Http2Peer peer(server.port(), {.windowBytes = window});
        const int32_t stream = peer.get("/");
        QVERIFY(peer.untilComplete(stream));
        QVERIFY(peer.answers[stream].body == patternBytes(0, total));
        QCOMPARE(peer.answers[stream].headers.contains("content-length"), announced);
        QTRY_COMPARE(server.loopMetrics().bufferBytes.read(), int64_t(0));
    }

    void aClientThatTakesNothingHoldsLittle()
    {
        Heard heard;
        HttpUnderTest server({.routes = {streamRoute("/", {.total = 64 * 1024 * 1024}, heard)}});
        Http2Peer peer(server.port(), {.takesByItself = false});
        std::vector<int32_t> streams;
        for (int i = 0; i < 50; ++i)
            streams.push_back(peer.get("/"));
        QVERIFY(peer.until([&] { return peer.answers[streams[0]].body.size() == 65535; }));
        QVERIFY(peer.ping());
        // At most 1 MiB and a share of 64 KiB and a piece for each stream.
        QVERIFY(server.loopMetrics().bufferBytes.read() < 9 * 1024 * 1024);
        for (const int32_t stream : streams)
            peer.reset(stream, NGHTTP2_CANCEL);
        QTRY_COMPARE(heard.gone.load(), 50);
        QTRY_COMPARE(server.loopMetrics().bufferBytes.read(), int64_t(0));
        QCOMPARE(server.siteMetrics().clientsLeft.read(), int64_t(50));
    }

    void aBodyNobodyReadsStaysWithTheClient()
    {
        Held held;
        Settings settings;
        settings.http2WindowKiB = 32;
        HttpUnderTest server({.routes = {holdRoute("/", held)}, .settings = settings});
        Http2Peer peer(server.port());
        QVERIFY(peer.ping()); // the server's settings are known
        const std::string body = patternBytes(0, 1'000'000);
        const int32_t stream = peer.ask(Http2Peer::head("POST", "/"), body);
        const ExchangeId id = held.id.get_future().get();
        QVERIFY(peer.ping());
        QVERIFY(peer.ping());
        QCOMPARE(peer.bytesSent, size_t(32 * 1024));
        QVERIFY(server.loopMetrics().bufferBytes.read() < 64 * 1024);
        QCOMPARE(held.heard.bodyBytes.load(), int64_t(0));

        server.onLoop([&](HttpLoop &http) { http.find(id)->readBody(); });
        QVERIFY(peer.until([&] { return held.heard.bodyEnds == 1; }));
        QCOMPARE(held.heard.bodyBytes.load(), int64_t(body.size()));
        server.onLoop([&](HttpLoop &http) { http.find(id)->pauseBody(); });
        server.onLoop([&](HttpLoop &http) {
            http.find(id)->respond({.status = 200, .headers = {}}, Chunk::constant("done"));
        });
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].body, std::string("done"));
    }

    void aPausedBodyGoesOnWhenAskedTo()
    {
        Held held;
        held.reads = true;
        HttpUnderTest server({.routes = {holdRoute("/", held)}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.ask(Http2Peer::head("POST", "/"), "first", false);
        const ExchangeId id = held.id.get_future().get();
        QTRY_COMPARE(held.heard.bodyBytes.load(), int64_t(5));
        server.onLoop([&](HttpLoop &http) { http.find(id)->pauseBody(); });
        peer.send(stream, "second", true);
        QVERIFY(peer.ping());
        QCOMPARE(held.heard.bodyBytes.load(), int64_t(5));
        server.onLoop([&](HttpLoop &http) { http.find(id)->resumeBody(); });
        QTRY_COMPARE(held.heard.bodyBytes.load(), int64_t(11));
        QTRY_COMPARE(held.heard.bodyEnds.load(), 1);
    }

    void aStreamTakenBackEndsAlone()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/hold", held), respond("/")}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.get("/hold");
        const ExchangeId id = held.id.get_future().get();
        peer.reset(stream, NGHTTP2_CANCEL);
        QTRY_COMPARE(held.heard.gone.load(), 1);
        server.onLoop([&](HttpLoop &http) { QVERIFY(!http.find(id)); });
        const int32_t next = peer.get("/");
        QVERIFY(peer.untilComplete(next));
        QCOMPARE(peer.answers[next].status, 200);
        QTRY_COMPARE(server.siteMetrics().clientsLeft.read(), int64_t(1));
        QTRY_COMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
    }

    void anAnswerCutShortEndsItsStreamAlone_data()
    {
        QTest::addColumn<bool>("aborts");
        QTest::newRow("aborted") << true;
        QTest::newRow("shorter than announced") << false;
    }
    void anAnswerCutShortEndsItsStreamAlone()
    {
        QFETCH(bool, aborts);
        HttpUnderTest server({.routes = {makeRoute("/cut",
                                                   [aborts](Exchange &exchange) {
                                                       exchange.begin(
                                                           {.status = 200, .headers = {}}, 1000);
                                                       exchange.write(Chunk::constant("some"));
                                                       if (aborts)
                                                           exchange.abort();
                                                       else
                                                           exchange.end();
                                                   }),
                                         respond("/")}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.get("/cut");
        QVERIFY(peer.untilComplete(stream));
        QVERIFY(peer.answers[stream].reset);
        QCOMPARE(*peer.answers[stream].reset, uint32_t(NGHTTP2_INTERNAL_ERROR));
        QVERIFY(!peer.answers[stream].complete);
        const int32_t next = peer.get("/");
        QVERIFY(peer.untilComplete(next));
        QTRY_COMPARE(server.siteMetrics().errors.read(), int64_t(1));
    }

    void aFileThatShrinksEndsItsStreamAlone_data()
    {
        QTest::addColumn<int>("window");
        QTest::newRow("while the client gives no room") << 65535;
        QTest::newRow("in frames that are made already") << kWideWindow;
    }
    void aFileThatShrinksEndsItsStreamAlone()
    {
        QFETCH(int, window);
        constexpr uint64_t kAnnounced = 2'000'000; // the rest takes more than one write
        const std::string content = patternBytes(0, 100'000);
        QTemporaryFile file;
        QVERIFY(file.open() && file.write(content.data(), qint64(content.size())) > 0);
        QVERIFY(file.flush());
        Heard heard;
        const auto opened = std::make_shared<const FileDescriptor>(::dup(file.handle()));
        HttpUnderTest server(
            {.routes = {makeRoute("/file",
                                  [&](Exchange &exchange) {
                                      exchange.respond({.status = 200, .headers = {}},
                                                       Chunk::fromFile(opened, 0, kAnnounced));
                                  }),
                        streamRoute("/large", {.total = kAnnounced}, heard), respond("/")}});
        Http2Peer peer(server.port(), {.windowBytes = window});
        const int32_t other = peer.get("/large");
        const int32_t stream = peer.get("/file");
        QVERIFY(peer.untilComplete(stream));
        const Http2Answer &answer = peer.answers[stream];
        QVERIFY(!answer.complete);
        QCOMPARE(answer.reset.value_or(0), uint32_t(NGHTTP2_INTERNAL_ERROR));
        QVERIFY(answer.body.starts_with(content));
        QVERIFY(answer.body.find_first_not_of('\0', content.size()) == std::string::npos);
        QVERIFY(peer.untilComplete(other));
        QVERIFY(peer.answers[other].body == patternBytes(0, kAnnounced));
        const int32_t next = peer.get("/");
        QVERIFY(peer.untilComplete(next));
        QCOMPARE(peer.answers[next].body, std::string("hello"));
        QTRY_COMPARE(server.siteMetrics().errors.read(), int64_t(1));
        QCOMPARE(server.siteMetrics().clientsLeft.read(), int64_t(0));
    }

    void zerosAreNeverTakenForAFile()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        file.write("short");
        file.flush();
        const auto opened = std::make_shared<const FileDescriptor>(::dup(file.handle()));
        HttpUnderTest server({.routes = {makeRoute("/", [&](Exchange &exchange) {
                                  exchange.respond({.status = 200, .headers = {}},
                                                   Chunk::fromFile(opened, 0, 1000));
                              })}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.get("/"); // one frame, the last of its stream
        QVERIFY(peer.untilClosed());
        QVERIFY(!peer.answers[stream].complete);
    }

    void aClientThatGoesTakesItsRequestsAlong()
    {
        Heard heard;
        HttpUnderTest server({.routes = {streamRoute("/", {.total = 64 * 1024 * 1024}, heard)}});
        {
            Http2Peer peer(server.port(), {.takesByItself = false});
            const int32_t first = peer.get("/");
            peer.get("/");
            QVERIFY(peer.until([&] { return !peer.answers[first].body.empty(); }));
        }
        QTRY_COMPARE(heard.gone.load(), 2);
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
        QCOMPARE(server.loopMetrics().bufferBytes.read(), int64_t(0));
    }

    void urgentAnswersComeFirst_data()
    {
        QTest::addColumn<bool>("byFrame");
        QTest::newRow("priority field") << false;
        QTest::newRow("PRIORITY_UPDATE") << true;
    }
    void urgentAnswersComeFirst()
    {
        QFETCH(bool, byFrame);
        // Whole bodies, and windows of streams that never close: only the connection's window and
        // the priorities decide what leaves.
        HttpUnderTest server({.routes = {respond("/late", std::string(2'000'000, 'l')),
                                         respond("/", std::string(300'000, 'u'))}});
        Http2Peer peer(
            server.port(),
            {.windowBytes = 4'000'000, .widensConnection = false, .takesByItself = false});
        const int32_t late = peer.get("/late", {{"priority", "u=6"}});
        QVERIFY(peer.until([&] { return peer.answers[late].body.size() == 65535; }));
        const int32_t urgent = peer.get("/", {{"priority", byFrame ? "u=7" : "u=0"}});
        if (byFrame)
            peer.prioritise(urgent, "u=1");
        QVERIFY(peer.ping());
        const auto takeAll = [&](int32_t stream, size_t &taken) {
            const size_t fresh = peer.answers[stream].body.size() - taken;
            taken += fresh;
            if (fresh)
                peer.take(stream, fresh);
        };
        size_t takenLate = 0;
        size_t takenUrgent = 0;
        QVERIFY(peer.until([&] {
            takeAll(late, takenLate);
            takeAll(urgent, takenUrgent);
            return !peer.completed.empty();
        }));
        QCOMPARE(peer.completed.front(), urgent);
        // Since then it has had only what the urgent one left of the connection's last window.
        QVERIFY2(takenLate < 2 * 65535, std::to_string(takenLate).c_str());
    }

    void incrementalAnswersShareTheConnection()
    {
        Heard heard;
        HttpUnderTest server({.routes = {streamRoute("/", {.total = 1'000'000}, heard)}});
        Http2Peer peer(server.port());
        const int32_t one = peer.get("/", {{"priority", "u=3, i"}});
        const int32_t two = peer.get("/", {{"priority", "u=3, i"}});
        QVERIFY(peer.untilComplete(one) || peer.untilComplete(two));
        // Neither is done long before the other has begun.
        const auto size = [&](int32_t stream) {
            return peer.answers[stream].body.size();
        };
        QVERIFY(std::min(size(one), size(two)) > 500'000);
        QVERIFY(peer.untilComplete(one) && peer.untilComplete(two));
    }

    void tooManyStreamsAreRefused()
    {
        Heard heard;
        Settings settings;
        settings.http2Streams = 4;
        HttpUnderTest server({.routes = {streamRoute("/", {.total = 64 * 1024 * 1024}, heard)},
                              .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send(http2::hello()); // our SETTINGS are not acknowledged: refusal, no error
        for (uint32_t stream = 1; stream <= 11; stream += 2)
            peer.send(http2::frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream, stream,
                                   http2::getHead()));
        std::vector<uint32_t> refused;
        while (refused.size() < 2) {
            const auto frame = http2::readFrame(peer);
            QVERIFY(frame);
            QVERIFY(frame->type != http2::kGoAway);
            if (frame->type == http2::kRstStream) {
                QCOMPARE(frame->payload, http2::number(NGHTTP2_REFUSED_STREAM));
                refused.push_back(frame->stream);
            }
        }
        QCOMPARE(refused, (std::vector<uint32_t> {9, 11}));
    }
};

QTEST_GUILESS_MAIN(TestHttp2Exchange)
#include "tst_http2_exchange.moc"
