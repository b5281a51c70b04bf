// SPDX-License-Identifier: Apache-2.0
// Who holds what for how long: frames that cannot leave, bodies nobody reads yet, windows that stay
// shut.
#include "server/base/thread.h"
#include "server/http/session/simple_handlers.h"
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"

#include <QtTest>

#include <future>

#include <nghttp2/nghttp2.h>

using namespace arc;
using namespace std::chrono_literals;

namespace {

using namespace arc::http2;

Route respond(std::string prefix, std::string body = "hello")
{
    return makeRoute(
        std::move(prefix),
        std::make_shared<const RespondHandler>(RespondRoute {.body = std::move(body)}));
}

/// As hello(), with windows that never close.
std::string wideHello()
{
    return hello().substr(0, 24) + frame(kSettings, 0, 0, std::string("\0\x04\x7f\xff\xff\xff", 6))
        + frame(kWindowUpdate, 0, 0, number(1 << 30));
}

/// Requests from stream `first` on, which are all refused while the server's limit is not agreed.
std::string refused(uint32_t first, int count)
{
    std::string all;
    for (int i = 0; i < count; ++i)
        all += get(first + 2 * static_cast<uint32_t>(i));
    return all;
}

/// Listeners that read when they are told to, and never answer.
struct Waiting {
    class Listener final : public ExchangeListener {
    public:
        explicit Listener(Heard &heard) : m_heard(heard) { }
        void onBody(std::string_view bytes) noexcept override
        {
            m_heard.bodyBytes += static_cast<int64_t>(bytes.size());
        }
        void onBodyEnd() noexcept override { ++m_heard.bodyEnds; }
        void onDrained() noexcept override { }
        void onGone() noexcept override { ++m_heard.gone; }

    private:
        Heard &m_heard;
    };
    Heard heard;
    Listener listener {heard};
    std::vector<ExchangeId> ids; ///< touched by the loop alone

    Route route(std::string prefix)
    {
        return makeRoute(std::move(prefix), [this](Exchange &exchange) {
            exchange.listen(listener);
            ids.push_back(exchange.id());
        });
    }
    size_t count(HttpUnderTest &server)
    {
        size_t count = 0;
        server.onLoop([&](HttpLoop &) { count = ids.size(); });
        return count;
    }
    void readAll(HttpUnderTest &server)
    {
        server.onLoop([&](HttpLoop &http) {
            for (const ExchangeId &id : ids)
                http.find(id)->readBody();
        });
    }
};

constexpr size_t kUnread = 64 * 1024; // what a stream may send before somebody reads

Settings paced()
{
    Settings settings;
    settings.bodyTimeout = 60s; // no pause is as long
    settings.bodyRate = 1000;
    return settings;
}

void pass(HttpUnderTest &server, std::chrono::milliseconds time)
{
    server.onLoop([time](HttpLoop &http) { http.loop().skipAhead(time); });
}

/// Until every deadline that has passed by now has been heard of.
void waitForTimers(HttpUnderTest &server)
{
    std::promise<void> fired;
    Timer timer([](void *to) noexcept { static_cast<std::promise<void> *>(to)->set_value(); },
                &fired);
    server.onLoop([&timer](HttpLoop &http) { timer.arm(http.loop().timers(), 50ms); });
    fired.get_future().wait();
}

} // namespace

class TestHttp2Flow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // The server's resets cannot leave, because nothing is read, and so they can neither be counted
    // as they leave nor pile up.
    void refusedStreamsCountThoughTheirResetsCannotLeave()
    {
        Settings settings;
        settings.http2Streams = 4;
        HttpUnderTest server(
            {.routes = {respond("/", std::string(16 << 20, 'x'))}, .settings = settings});
        ScriptedPeer peer(server.port(), 4096);
        peer.send(wideHello() + refused(1, 4));
        QTRY_VERIFY(server.loopMetrics().bytesWritten.read() > 0);
        peer.send(refused(9, 200));
        QTRY_COMPARE(server.loopMetrics().http2Calmed.read(), int64_t(1));
    }

    void framesThatCannotLeaveEndTheReading()
    {
        Settings settings;
        settings.http2Streams = 4;
        settings.http2Glitches = 1'000'000;
        settings.writeTimeout = 1s;
        HttpUnderTest server(
            {.routes = {respond("/", std::string(16 << 20, 'x'))}, .settings = settings});
        ScriptedPeer peer(server.port(), 4096);
        peer.send(wideHello() + refused(1, 4));
        QTRY_VERIFY(server.loopMetrics().bytesWritten.read() > 0);
        // More than the kernel holds: the end is the server's, which closes a client that takes
        // nothing.
        Thread sender("sender", [&] {
            for (uint32_t i = 0; i < 2000; ++i)
                peer.send(refused(9 + 2000 * i, 1000));
        });
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
        sender.join();
        QVERIFY2(server.loopMetrics().bytesRead.read() < 1'000'000,
                 std::to_string(server.loopMetrics().bytesRead.read()).c_str());
        QCOMPARE(server.loopMetrics().bufferBytes.read(), int64_t(0));
    }

    void aReaderThatIsLateHasEverythingAnswered()
    {
        Settings settings;
        settings.http2Streams = 4;
        settings.http2Glitches = 1'000'000;
        HttpUnderTest server(
            {.routes = {respond("/", std::string(4 << 20, 'x'))}, .settings = settings});
        ScriptedPeer peer(server.port(), 4096);
        peer.send(wideHello() + refused(1, 4));
        QTRY_VERIFY(server.loopMetrics().bytesWritten.read() > 0);
        constexpr int kRefused = 2000; // more than may wait
        Thread sender("sender", [&] { peer.send(refused(9, kRefused)); });
        int resets = 0;
        while (resets < kRefused) {
            const auto got = readFrame(peer);
            if (!got)
                break;
            resets += got->type == kRstStream;
        }
        sender.join();
        QCOMPARE(resets, kRefused);
    }

    void settingsMustBeAcknowledged()
    {
        Settings settings;
        settings.headTimeout = 1s;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        ScriptedPeer silent(server.port());
        silent.send(hello() + get(1));
        Http2Peer honest(server.port());
        QVERIFY(honest.ping());
        QCOMPARE(goAwayOf(silent).value_or(0), uint32_t(NGHTTP2_SETTINGS_TIMEOUT));
        const int32_t stream = honest.get("/");
        QVERIFY(honest.untilComplete(stream));
        QVERIFY(honest.goAways.empty());
    }

    void uploadsThatWaitLeaveRoomForTheOneThatIsRead()
    {
        Waiting waiting;
        Heard heard;
        HttpUnderTest server({.routes = {waiting.route("/wait"), echoRoute("/echo", heard)}});
        Http2Peer peer(server.port(), {.windowBytes = 16 << 20});
        QVERIFY(peer.ping()); // the server's settings are known
        constexpr size_t kUploads = 40;
        for (size_t i = 0; i < kUploads; ++i)
            peer.ask(Http2Peer::head("POST", "/wait"), patternBytes(0, 1'000'000));
        QVERIFY(peer.until([&] { return peer.bytesSent == kUploads * kUnread; }));
        QVERIFY(peer.ping());
        const std::string body = patternBytes(0, 4'000'000);
        const int32_t read = peer.ask(Http2Peer::head("POST", "/echo"), body);
        QVERIFY(peer.untilComplete(read));
        QVERIFY(peer.answers[read].body == body);
        QCOMPARE(waiting.heard.bodyBytes.load(), int64_t(0));
        const int64_t held = server.loopMetrics().bufferBytes.read();
        QVERIFY2(held < int64_t(3 * kUploads * kUnread), std::to_string(held).c_str());

        waiting.readAll(server);
        QVERIFY(peer.until([&] { return waiting.heard.bodyEnds == int(kUploads); }));
        QCOMPARE(waiting.heard.bodyBytes.load(), int64_t(kUploads * 1'000'000));
        QTRY_VERIFY(server.loopMetrics().bufferBytes.read() < int64_t(kUploads * 8192));
    }

    void aListenerThatReadsOnGetsAWiderWindow()
    {
        Held held;
        held.reads = true;
        HttpUnderTest server({.routes = {holdRoute("/", held)}});
        Http2Peer peer(server.port());
        QVERIFY(peer.ping());
        const int32_t stream =
            peer.ask(Http2Peer::head("POST", "/"), patternBytes(0, 200'000), false);
        const ExchangeId id = held.id.get_future().get();
        QVERIFY(peer.until([&] { return held.heard.bodyBytes == 200'000; }));
        server.onLoop([&](HttpLoop &http) { http.find(id)->pauseBody(); });
        peer.send(stream, patternBytes(0, 1'000'000), true);
        QVERIFY(peer.ping() && peer.ping());
        // Half of the window may not have been told yet.
        QVERIFY2(peer.bytesSent >= 200'000 + 128 * 1024, std::to_string(peer.bytesSent).c_str());
        QVERIFY2(peer.bytesSent <= 200'000 + 256 * 1024, std::to_string(peer.bytesSent).c_str());
        server.onLoop([&](HttpLoop &http) { http.find(id)->resumeBody(); });
        QVERIFY(peer.until([&] { return held.heard.bodyEnds == 1; }));
        QCOMPARE(held.heard.bodyBytes.load(), int64_t(1'200'000));
    }

    void anAnswerBeforeTheBodysEndFreesWhatWaits()
    {
        Waiting waiting;
        HttpUnderTest server({.routes = {waiting.route("/"), respond("/next")}});
        Http2Peer peer(server.port(), {.windowBytes = 1, .takesByItself = false});
        QVERIFY(peer.ping());
        peer.ask(Http2Peer::head("POST", "/"), patternBytes(0, 1'000'000));
        QVERIFY(peer.until([&] { return peer.bytesSent == kUnread; }));
        QTRY_VERIFY(server.loopMetrics().bufferBytes.read() >= int64_t(kUnread));
        server.onLoop([&](HttpLoop &http) { // which then waits for the client's window
            http.find(waiting.ids.at(0))
                ->respond({.status = 200, .headers = {}}, Chunk::constant("done"));
        });
        QTRY_VERIFY(server.loopMetrics().bufferBytes.read() < int64_t(kUnread));
        QVERIFY(peer.ping());
    }

    // What is delivered frees memory, so it may not wait for memory.
    void bodiesAreDeliveredThoughTheBuffersAreFull()
    {
        Waiting waiting;
        HttpUnderTest server(
            {.routes = {waiting.route("/wait"), respond("/")}, .bufferBytes = 1 << 20});
        Http2Peer peer(server.port());
        QVERIFY(peer.ping());
        constexpr int kUploads = 100;
        std::vector<int32_t> streams;
        for (int i = 0; i < kUploads; ++i)
            streams.push_back(peer.ask(Http2Peer::head("POST", "/wait"), "", false));
        QTRY_COMPARE(waiting.count(server), size_t(kUploads));
        for (const int32_t stream : streams)
            peer.send(stream, patternBytes(0, 100'000), true);
        QVERIFY(peer.until([&] { return peer.bytesSent >= 1 << 20; }));
        QVERIFY(peer.ping() && peer.ping());
        // The budget, and what the connection's window had let go before.
        const int64_t held = server.loopMetrics().bufferBytes.read();
        QVERIFY2(held >= 1 << 20 && held < 4 << 20, std::to_string(held).c_str());
        Http2Peer other(server.port());
        const int32_t refused = other.get("/");
        QVERIFY(other.untilComplete(refused));
        QCOMPARE(other.answers[refused].status, 503);

        waiting.readAll(server);
        QVERIFY(peer.until([&] { return waiting.heard.bodyEnds == kUploads; }));
        QCOMPARE(waiting.heard.bodyBytes.load(), int64_t(kUploads * 100'000));
        QTRY_VERIFY(server.loopMetrics().bufferBytes.read() < 1 << 20);
        const int32_t served = other.get("/");
        QVERIFY(other.untilComplete(served));
        QCOMPARE(other.answers[served].status, 200);
    }

    // Even the empty frame that ends a stream is kept by the library while a window is shut.
    void anEndThatWaitsForAWindowHasADeadline_data()
    {
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("total");
        QTest::addColumn<bool>("ofConnection");
        QTest::newRow("a stream without a window") << 0 << 0 << false;
        QTest::newRow("an answer as large as the window") << 2000 << 2000 << false;
        QTest::newRow("an answer as large as the connection's window") << 100'000 << 65535 << true;
    }
    void anEndThatWaitsForAWindowHasADeadline()
    {
        QFETCH(int, window);
        QFETCH(int, total);
        QFETCH(bool, ofConnection);
        Settings settings;
        settings.writeTimeout = 1s;
        std::promise<ExchangeId> begun;
        HttpUnderTest server(
            {.routes = {makeRoute("/",
                                  [&](Exchange &exchange) {
                                      exchange.begin({.status = 200, .headers = {}}, std::nullopt);
                                      exchange.write(
                                          Chunk::own(patternBytes(0, static_cast<size_t>(total))));
                                      begun.set_value(exchange.id());
                                  })},
             .settings = settings});
        Http2Peer peer(server.port(),
                       {.windowBytes = window, .widensConnection = false, .takesByItself = false});
        const int32_t stream = peer.get("/");
        const ExchangeId id = begun.get_future().get();
        QVERIFY(peer.until([&] { return int(peer.answers[stream].body.size()) == total; }));
        QVERIFY(peer.ping());
        server.onLoop([&](HttpLoop &http) { http.find(id)->end(); });
        if (ofConnection) {
            QVERIFY(peer.untilClosed());
        } else {
            QVERIFY(peer.untilComplete(stream));
            QVERIFY(!peer.answers[stream].complete);
            QCOMPARE(peer.answers[stream].reset.value_or(0), uint32_t(NGHTTP2_CANCEL));
            QVERIFY(peer.ping());
        }
        QTRY_COMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
        QCOMPARE(server.siteMetrics().clientsLeft.read(), int64_t(1));
    }

    void anAnswerThatWaitsBehindAnotherIsNotLate()
    {
        Settings settings;
        settings.writeTimeout = settings.bodyTimeout = 1s;
        settings.http2Glitches = 1'000'000; // of the PINGs
        HttpUnderTest server(
            {.routes = {respond("/", std::string(8 << 20, 'x'))}, .settings = settings});
        // Wide windows of streams: else the library would let the second take its turn when that
        // of the first is shut.
        Http2Peer peer(
            server.port(),
            {.windowBytes = 16 << 20, .widensConnection = false, .takesByItself = false});
        const int32_t first = peer.get("/", {{"priority", "u=0"}});
        const int32_t second = peer.get("/", {{"priority", "u=7"}});
        size_t taken = 0;
        const auto begun = std::chrono::steady_clock::now();
        std::chrono::milliseconds passed {0};
        while (passed < 2500ms) { // beyond both deadlines
            QVERIFY(peer.ping());
            passed = std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::steady_clock::now() - begun);
            const size_t wanted = static_cast<size_t>(passed.count()) * 100; // a slow reader
            const size_t fresh = std::min(peer.answers[first].body.size(), wanted) - taken;
            taken += fresh;
            peer.take(first, fresh);
        }
        QVERIFY(taken > 65535);                 // the window was opened again and again
        QVERIFY(!peer.answers[first].complete); // else the second would not wait
        QVERIFY(peer.answers[second].body.empty());
        QVERIFY(!peer.answers[first].reset && !peer.answers[second].reset);
        QVERIFY(peer.goAways.empty());
    }

    void aBodyThatDripsGets408()
    {
        Heard heard;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}, .settings = paced()});
        Http2Peer peer(server.port());
        const int32_t stream = peer.ask(Http2Peer::head("POST", "/"), "x", false);
        QVERIFY(peer.until([&] { return heard.bodyBytes == 1; }));
        pass(server, 2s);                                 // the first five seconds are free
        peer.send(stream, std::string(9999, 'x'), false); // earns ten more
        QVERIFY(peer.until([&] { return heard.bodyBytes == 10000; }));
        pass(server, 10s);
        peer.send(stream, "x", false); // earns a millisecond
        QVERIFY(peer.until([&] { return heard.bodyBytes == 10001; }));
        QVERIFY(peer.ping());
        QCOMPARE(peer.answers[stream].status, 0);
        pass(server, 5s);
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].status, 408);
        QCOMPARE(heard.gone.load(), 1);
        QVERIFY(peer.ping()); // the others go on
    }

    void bodiesOfOneConnectionShareItsPace()
    {
        Heard heard;
        Settings settings = paced();
        settings.bodyTimeout = 10s; // less than the second has to wait
        HttpUnderTest server({.routes = {echoRoute("/", heard)}, .settings = settings});
        Http2Peer peer(server.port());
        const int32_t first = peer.ask(Http2Peer::head("POST", "/"), "x", false);
        const int32_t second = peer.ask(Http2Peer::head("POST", "/"), "x", false);
        QVERIFY(peer.until([&] { return heard.bodyBytes == 2; }));
        int64_t sent = 2;
        const auto go = [&](size_t bytes) {
            pass(server, 3s);
            peer.send(first, std::string(bytes, 'x'), false);
            sent += static_cast<int64_t>(bytes);
            if (!peer.until([&] { return heard.bodyBytes == sent; }))
                return false;
            waitForTimers(server);
            return peer.ping();
        };
        for (int i = 0; i < 5; ++i) // enough for both: the second may wait for its turn
            QVERIFY(go(7000));
        QCOMPARE(peer.answers[first].status, 0);
        QCOMPARE(peer.answers[second].status, 0);
        for (int i = 0; i < 10 && !peer.answers[second].status; ++i) // enough for one
            QVERIFY(go(3500));
        QCOMPARE(peer.answers[second].status, 408);
        QCOMPARE(peer.answers[first].status, 0);
        peer.send(first, {}, true);
        QVERIFY(peer.untilComplete(first));
        QCOMPARE(peer.answers[first].status, 200);
    }

    void timeInWhichNobodyReadsABodyIsNotItsClients()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/", held)}, .settings = paced()});
        Http2Peer peer(server.port());
        const int32_t stream = peer.ask(Http2Peer::head("POST", "/"), "x", false);
        const ExchangeId id = held.id.get_future().get();
        QVERIFY(peer.ping());
        pass(server, 600s);
        QVERIFY(peer.ping());
        QCOMPARE(peer.answers[stream].status, 0);
        server.onLoop([&](HttpLoop &http) { http.find(id)->readBody(); });
        QVERIFY(peer.until([&] { return held.heard.bodyBytes == 1; }));
        pass(server, 4s); // its own five begin now
        QVERIFY(peer.ping());
        QCOMPARE(peer.answers[stream].status, 0);
        pass(server, 2s);
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].status, 408);
    }
};

QTEST_GUILESS_MAIN(TestHttp2Flow)
#include "tst_http2_flow.moc"
